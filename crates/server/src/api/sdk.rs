//! Routes that the unmodified SDKs call and that mean nothing here: the emptiest answers that they can work with.

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use tenon_engine::connections::Choice;

use super::access::Access;
use super::answer::{Answer, Json};
use super::body::Given;
use super::extract::{ByAccount, Left, Path, Query};
use super::route::{Operation, Route, delete, get, post, put};
use crate::app::App;

const CONFIG: &str = "/api/v2/f-sdk/slug/{slug}/config";
const CONFIG_BY_ID: &str = "/api/v2/f-sdk/slug/{slug}/config/{config_id}";

/// The routes.
pub(super) fn routes() -> Vec<Route> {
    let operation = |id, summary| {
        let operation = Operation::new(id, summary).gives::<Config>();
        operation.recorded_elsewhere()
    };
    let gone = |id| {
        let operation = Operation::new(id, "Delete a configuration; there is none");
        operation.gives::<Value>().recorded_elsewhere()
    };
    [
        get(
            "/api/v3/org/basics",
            Access::Session,
            basics,
            Operation::new("sdkGetBasics", "Read the organization and the account")
                .gives::<Value>(),
        ),
        post(
            "/api/v2/f-sdk/config",
            Access::Session,
            by_body,
            operation("sdkCreateConfig", "An empty configuration"),
        ),
        put(
            "/api/v2/f-sdk/config",
            Access::Session,
            by_body,
            operation("sdkUpdateConfig", "An empty configuration"),
        ),
        get(
            CONFIG,
            Access::Session,
            by_slug,
            operation("sdkGetConfig", "An empty configuration"),
        ),
        get(
            CONFIG_BY_ID,
            Access::Session,
            by_id,
            operation("sdkGetConfigById", "An empty configuration"),
        ),
        delete(CONFIG, Access::Session, nothing, gone("sdkDeleteConfig")),
        delete(
            CONFIG_BY_ID,
            Access::Session,
            nothing,
            gone("sdkDeleteConfigById"),
        ),
        delete(
            "/api/v1/linked-acc/integration/{slug}",
            Access::Session,
            disconnect,
            Operation::new("sdkDisconnect", "Disconnect an application")
                .describe("Where the account has several connections to it, one has to be chosen.")
                .query::<Disconnect>()
                .gives::<Disconnected>(),
        ),
        get(
            "/api/v2/public/slug/{slug}/configs",
            Access::Account,
            none,
            Operation::new("listConfigs", "List configurations; there are none")
                .gives::<Vec<Value>>(),
        ),
    ]
    .into_iter()
    .map(|route| route.tagged("For SDKs"))
    .collect()
}

/// A configuration without anything to configure.
#[derive(Debug, Serialize, JsonSchema)]
struct Config {
    slug: String,
    config_id: String,
    fields: [(); 0],
    workflows: [(); 0],
    field_errors: [(); 0],
}

/// Which connection.
#[derive(Debug, Deserialize, JsonSchema)]
struct Disconnect {
    /// Of this way to authenticate, or of this family.
    auth_type: Option<String>,
    /// This one.
    connection_id: Option<String>,
}

/// What was removed.
#[derive(Debug, Serialize, JsonSchema)]
struct Disconnected {
    success: bool,
    /// How many connections: one, or none where there was none.
    removed: usize,
}

/// What SDKs send.
#[derive(Debug, Deserialize)]
struct ConfigBody {
    #[serde(default)]
    slug: String,
    config_id: Option<String>,
}

fn config(slug: String, config_id: String) -> Json<Config> {
    Json(Config {
        slug,
        config_id,
        fields: [],
        workflows: [],
        field_errors: [],
    })
}

async fn basics(State(app): State<App>, Left(caller): ByAccount) -> Json<Value> {
    let (tenant, account) = (caller.tenant(), caller.account());
    Json(json!({
        "org_id": tenant.org, "environment": tenant.environment, "public_url": app.settings.public_url,
        "linked_account_id": account.account_id, "name": account.name,
    }))
}

async fn by_body(Left(caller): ByAccount, Given(body): Given<ConfigBody>) -> Answer<Config> {
    let own = || caller.account().account_id.to_string();
    Ok(config(body.slug, body.config_id.unwrap_or_else(own)))
}

async fn by_slug(Left(caller): ByAccount, Path(slug): Path<String>) -> Json<Config> {
    config(slug, caller.account().account_id.to_string())
}

async fn by_id(Path((slug, id)): Path<(String, String)>) -> Json<Config> {
    config(slug, id)
}

async fn disconnect(
    State(app): State<App>,
    Left(caller): ByAccount,
    Path(slug): Path<String>,
    Query(query): Query<Disconnect>,
) -> Answer<Disconnected> {
    caller.check_connecting(Some(&slug))?;
    let choice = Choice {
        connection: query.connection_id,
        auth: query.auth_type,
    };
    let (tenant, account) = (caller.tenant(), &caller.account().account_id);
    let removing = app.engine.disconnect(tenant, account, &slug, &choice);
    Ok(Json(Disconnected {
        success: true,
        removed: removing.await?.len(),
    }))
}

async fn nothing() -> Json<Value> {
    Json(json!({"message": "There is no configuration to delete"}))
}

async fn none() -> Json<[(); 0]> {
    Json([])
}
