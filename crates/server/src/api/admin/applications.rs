//! What a tenant decides about applications.

use std::collections::BTreeMap;

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenon_engine::model::ApplicationSettings;

use crate::api::access::Access::Admin;
use crate::api::answer::{Answer, Json};
use crate::api::body::Given;
use crate::api::extract::{Managed, Path};
use crate::api::route::{Operation, Route, get, post, put};
use crate::app::App;

pub(super) fn routes() -> Vec<Route> {
    let operation = |id, summary| Operation::new(id, summary).managed();
    vec![
        get(
            "/api/v2/admin/applications",
            Admin,
            list,
            operation("adminListApplications", "What is decided about every application")
                .gives::<BTreeMap<String, Settings>>(),
        ),
        put(
            "/api/v2/admin/applications/{slug}",
            Admin,
            decide,
            operation("adminSetApplication", "Switch an application on or off")
                .takes::<Settings>()
                .gives::<Settings>(),
        ),
        post(
            "/api/v2/admin/applications/{slug}/approve",
            Admin,
            approve,
            operation("adminApproveConnector", "Let credentials go where the connector now sends them")
                .describe("Seals the environment's credentials at the application anew. Needed where a connector's hosts or the credential's place changed.")
                .gives::<Approved>(),
        ),
    ]
}

/// What is decided about one application.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ApplicationSettings")]
struct Settings {
    /// Whether the environment's accounts see and use it.
    enabled: bool,
}

/// Connections were approved.
#[derive(Debug, Serialize, JsonSchema)]
struct Approved {
    /// How many connections were sealed anew.
    approved: u64,
}

async fn list(State(app): State<App>, managed: Managed) -> Answer<BTreeMap<String, Settings>> {
    let decided = app.engine.application_settings(&managed.tenant).await?;
    let show = |(slug, settings): (String, ApplicationSettings)| {
        let enabled = settings.enabled;
        (slug, Settings { enabled })
    };
    Ok(Json(decided.into_iter().map(show).collect()))
}

async fn decide(
    State(app): State<App>,
    managed: Managed,
    Path(slug): Path<String>,
    Given(body): Given<Settings>,
) -> Answer<Settings> {
    let settings = ApplicationSettings {
        enabled: body.enabled,
    };
    app.engine
        .set_application_settings(managed.admin, &managed.tenant, &slug, &settings)
        .await?;
    Ok(Json(body))
}

async fn approve(
    State(app): State<App>,
    managed: Managed,
    Path(slug): Path<String>,
) -> Answer<Approved> {
    let approved = app.engine.approve_connector(&managed.tenant, &slug).await?;
    Ok(Json(Approved { approved }))
}
