//! What an organization decides about one of its environments.

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tenon_engine::model::{Confirm, ConnectSettings, EnvironmentSettings};

use crate::api::access::Access::Admin;
use crate::api::answer::{Answer, Json};
use crate::api::body::Given;
use crate::api::extract::Managed;
use crate::api::route::{Operation, Route, get, put};
use crate::app::App;

const SETTINGS: &str = "/api/v2/admin/environment";

pub(super) fn routes() -> Vec<Route> {
    let operation = |id, summary| Operation::new(id, summary).managed().gives::<Settings>();
    vec![
        get(
            SETTINGS,
            Admin,
            read,
            operation("adminGetEnvironment", "What is decided about an environment"),
        ),
        put(
            SETTINGS,
            Admin,
            decide,
            operation("adminSetEnvironment", "Decide about an environment")
                .describe("Finished executions older than `retention_days` are removed within the hour, and the journal's chain says so. \
                           What is left out of `connect` is as it was before anybody decided.")
                .takes::<Settings>(),
        ),
    ]
}

/// What is decided about an environment.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "EnvironmentSettings")]
struct Settings {
    /// How many days finished executions are kept; for ever where it is null.
    retention_days: Option<u32>,
    /// How linked accounts connect.
    #[serde(default)]
    connect: Connect,
}

/// How linked accounts connect.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "ConnectSettings")]
struct Connect {
    /// `on`: a connection is made only when the tenant's application confirms, by a credential of the same account, that
    /// it was the account's own user. `off` takes whoever completes the pages for that user.
    #[schemars(with = "String", extend("enum" = ["on", "off"]))]
    confirm: Confirm,
    /// Addresses that browsers may return to, exactly as they stand here.
    redirect_urls: Vec<String>,
    /// Origins whose pages may open the connect pages and confirm, and whose addresses browsers may return to.
    origins: Vec<String>,
    /// How the pages look where a link does not say: `name`, `logo`, `color`, `bgColor`, `button_color`.
    properties: Map<String, Value>,
}

impl From<EnvironmentSettings> for Settings {
    fn from(settings: EnvironmentSettings) -> Self {
        let connect = settings.connect;
        Self {
            retention_days: settings.retention_days,
            connect: Connect {
                confirm: connect.confirm,
                redirect_urls: connect.redirect_urls,
                origins: connect.origins,
                properties: connect.properties,
            },
        }
    }
}

impl From<Settings> for EnvironmentSettings {
    fn from(settings: Settings) -> Self {
        let connect = settings.connect;
        Self {
            retention_days: settings.retention_days,
            connect: ConnectSettings {
                confirm: connect.confirm,
                redirect_urls: connect.redirect_urls,
                origins: connect.origins,
                properties: connect.properties,
            },
        }
    }
}

async fn read(State(app): State<App>, managed: Managed) -> Answer<Settings> {
    let Managed { admin, tenant } = managed;
    let settings = app.engine.environment_settings(admin, &tenant).await?;
    Ok(Json(settings.into()))
}

async fn decide(
    State(app): State<App>,
    managed: Managed,
    Given(body): Given<Settings>,
) -> Answer<Settings> {
    let Managed { admin, tenant } = managed;
    let settings = EnvironmentSettings::from(body);
    app.engine
        .set_environment_settings(admin, &tenant, &settings)
        .await?;
    Ok(Json(settings.into()))
}
