//! Credentials that an account gives the tenant for calls of the tenant's own application.

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tenon_engine::error::Error;
use tenon_vault::Secret;

use super::access::Access;
use super::answer::{Answer, Json};
use super::body::Given;
use super::extract::{ByAccount, Left, Path};
use super::route::{Operation, Route, delete, put};
use crate::app::App;

const ONE: &str = "/api/v2/public/linked-account/default-app/auth-credentials/{key}";

/// The routes.
pub(super) fn routes() -> Vec<Route> {
    [
        put(
            ONE,
            Access::KeyedAccount,
            set,
            Operation::new(
                "setAppCredential",
                "Keep a credential for your own application",
            )
            .describe("Sealed, and never shown again.")
            .takes::<SetBody>()
            .gives::<Set>(),
        ),
        delete(
            ONE,
            Access::KeyedAccount,
            remove,
            Operation::new(
                "deleteAppCredential",
                "Remove a credential for your own application",
            )
            .gives::<Gone>(),
        ),
    ]
    .into_iter()
    .map(|route| route.tagged("Credentials"))
    .collect()
}

/// A credential to keep.
#[derive(Deserialize, JsonSchema)]
struct SetBody {
    /// Its value; what is no text is kept as its JSON.
    #[schemars(required)]
    value: Option<Value>,
}

/// A credential is kept.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AppCredentialKept")]
struct Set {
    success: bool,
    message: String,
    /// `added` or `updated`
    action: &'static str,
}

/// A credential is gone.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AppCredentialGone")]
struct Gone {
    success: bool,
    message: String,
}

async fn set(
    State(app): State<App>,
    Left(caller): ByAccount,
    Path(key): Path<String>,
    Given(body): Given<SetBody>,
) -> Answer<Set> {
    let value = match body.value {
        Some(Value::String(text)) => Secret::new(text),
        Some(Value::Null) | None => {
            let message = "Required parameter 'value' is missing";
            return Err(Error::invalid("value", "required", message).into());
        }
        Some(other) => Secret::new(other.to_string()),
    };
    let added = app.engine.set_app_credential(&caller, &key, &value).await?;
    Ok(Json(Set {
        success: true,
        message: format!("Auth credential '{key}' added successfully"),
        action: if added { "added" } else { "updated" },
    }))
}

async fn remove(
    State(app): State<App>,
    Left(caller): ByAccount,
    Path(key): Path<String>,
) -> Answer<Gone> {
    app.engine.delete_app_credential(&caller, &key).await?;
    Ok(Json(Gone {
        success: true,
        message: format!("Auth credential '{key}' deleted successfully"),
    }))
}
