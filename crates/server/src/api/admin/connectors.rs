//! The connectors at hand, what is wrong with their files, and reading the files again.

use axum::extract::State;
use tenon_engine::error::{Code, Error};
use tenon_engine::registry::Snapshot;

use crate::api::access::Access::Admin;
use crate::api::answer::{Answer, Json};
use crate::api::extract::Path;
use crate::api::route::{Operation, Route, get, post};
use crate::api::shape::ConnectorBody;
use crate::app::App;

pub(super) fn routes() -> Vec<Route> {
    let listing = |id, summary| Operation::new(id, summary).gives::<Vec<ConnectorBody>>();
    vec![
        get(
            "/api/v2/admin/connectors",
            Admin,
            list,
            listing("adminListConnectors", "List connectors"),
        ),
        post(
            "/api/v2/admin/connectors/reload",
            Admin,
            reload,
            listing("adminReloadConnectors", "Read the connectors' files again"),
        ),
        get(
            "/api/v2/admin/connectors/{slug}",
            Admin,
            one,
            Operation::new("adminGetConnector", "Read a connector").gives::<ConnectorBody>(),
        ),
    ]
}

fn all(snapshot: &Snapshot) -> Vec<ConnectorBody> {
    let serving = snapshot.connectors().map(|one| one.slug.as_str());
    let mut slugs: Vec<_> = serving
        .chain(snapshot.problems().keys().map(String::as_str))
        .collect();
    slugs.sort_unstable();
    slugs.dedup();
    slugs.into_iter().map(|slug| show(snapshot, slug)).collect()
}

fn show(snapshot: &Snapshot, slug: &str) -> ConnectorBody {
    let connector = snapshot.connectors().find(|one| one.slug == slug);
    let problems = snapshot.problems().get(slug).map(Vec::as_slice);
    ConnectorBody::new(
        slug,
        connector.map(AsRef::as_ref),
        problems.unwrap_or_default(),
    )
}

async fn list(State(app): State<App>) -> Json<Vec<ConnectorBody>> {
    Json(all(&app.engine.registry().snapshot()))
}

async fn reload(State(app): State<App>) -> Answer<Vec<ConnectorBody>> {
    // Reading and compiling is work for a thread of its own.
    let reading =
        tokio::task::spawn_blocking(move || all(&app.catalogue.reload(app.engine.registry())));
    Ok(Json(reading.await.map_err(Error::internal)?))
}

async fn one(State(app): State<App>, Path(slug): Path<String>) -> Answer<ConnectorBody> {
    let snapshot = app.engine.registry().snapshot();
    let found = all(&snapshot).into_iter().find(|one| one.slug() == slug);
    let unknown = || Error::of(Code::ApplicationNotFound);
    Ok(Json(found.ok_or_else(unknown)?))
}
