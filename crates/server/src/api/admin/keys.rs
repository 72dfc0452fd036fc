//! API keys of an environment. A key is shown once, when it is made.

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenon_engine::error::{Code, Error};
use tenon_engine::model::{ApiKey, ApiKeyId};

use crate::api::access::Access::Admin;
use crate::api::answer::{Answer, Json};
use crate::api::body::Given;
use crate::api::extract::{Managed, Path};
use crate::api::route::{Operation, Route, delete, get, post};
use crate::app::App;

const LIST: &str = "/api/v2/admin/api-keys";
const ONE: &str = "/api/v2/admin/api-keys/{api_key_id}";

pub(super) fn routes() -> Vec<Route> {
    let operation = |id, summary| Operation::new(id, summary).managed();
    vec![
        get(
            LIST,
            Admin,
            list,
            operation("adminListApiKeys", "List API keys").gives::<Vec<KeyBody>>(),
        ),
        post(
            LIST,
            Admin,
            create,
            operation("adminCreateApiKey", "Create an API key")
                .describe("`api_key` is shown this once.")
                .takes::<NewKey>()
                .gives::<MadeKey>(),
        ),
        delete(
            ONE,
            Admin,
            revoke,
            operation("adminRevokeApiKey", "Revoke an API key, at once").gives::<Revoked>(),
        ),
    ]
}

/// A key to make.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewKey {
    /// What its owner calls it.
    #[serde(default = "usual_name")]
    name: String,
}

fn usual_name() -> String {
    "API key".to_owned()
}

/// An API key, without the key.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ApiKey")]
struct KeyBody {
    api_key_id: String,
    environment: &'static str,
    name: String,
    /// Its first characters.
    hint: String,
    created_at: String,
    revoked_at: Option<String>,
}

/// A key that was just made.
#[derive(Debug, Serialize, JsonSchema)]
struct MadeKey {
    #[serde(flatten)]
    record: KeyBody,
    /// The key itself. It cannot be read again.
    api_key: String,
}

/// A key is no longer good.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "RevokedApiKey")]
struct Revoked {
    success: bool,
}

impl From<ApiKey> for KeyBody {
    fn from(key: ApiKey) -> Self {
        Self {
            api_key_id: key.id.to_string(),
            environment: key.tenant.environment.as_str(),
            name: key.name,
            hint: key.hint,
            created_at: key.created_at.to_iso(),
            revoked_at: key.revoked_at.map(|time| time.to_iso()),
        }
    }
}

async fn list(State(app): State<App>, managed: Managed) -> Answer<Vec<KeyBody>> {
    let keys = app.engine.api_keys(managed.admin, &managed.tenant).await?;
    Ok(Json(keys.into_iter().map(KeyBody::from).collect()))
}

async fn create(
    State(app): State<App>,
    managed: Managed,
    Given(body): Given<NewKey>,
) -> Answer<MadeKey> {
    let (key, secret) = app
        .engine
        .create_api_key(managed.admin, &managed.tenant, body.name)
        .await?;
    Ok(Json(MadeKey {
        record: key.into(),
        api_key: secret.expose().to_owned(),
    }))
}

async fn revoke(
    State(app): State<App>,
    managed: Managed,
    Path(id): Path<String>,
) -> Answer<Revoked> {
    let unknown = || Error::new(Code::ResourceNotFound, "There is no such API key");
    let id = ApiKeyId::parse(&id).ok_or_else(unknown)?;
    app.engine
        .revoke_api_key(managed.admin, &managed.tenant, &id)
        .await?;
    Ok(Json(Revoked { success: true }))
}
