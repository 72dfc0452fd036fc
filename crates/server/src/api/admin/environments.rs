//! What an organization decides about one of its environments.

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenon_engine::model::EnvironmentSettings;

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
                .describe("Finished executions older than `retention_days` are removed within the hour, and the journal's chain says so.")
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
}

async fn read(State(app): State<App>, managed: Managed) -> Answer<Settings> {
    let Managed { admin, tenant } = managed;
    let settings = app.engine.environment_settings(admin, &tenant).await?;
    Ok(Json(Settings {
        retention_days: settings.retention_days,
    }))
}

async fn decide(
    State(app): State<App>,
    managed: Managed,
    Given(body): Given<Settings>,
) -> Answer<Settings> {
    let Managed { admin, tenant } = managed;
    let settings = EnvironmentSettings {
        retention_days: body.retention_days,
    };
    app.engine
        .set_environment_settings(admin, &tenant, &settings)
        .await?;
    Ok(Json(body))
}
