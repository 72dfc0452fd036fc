//! The page of an address that names no application or no action, with those that may have been meant.

use http::StatusCode;
use serde_json::{Value, json};
use tenon_connector::Connector;
use tenon_engine::registry::Snapshot;

use super::{Page, line, page};
use crate::api::connect::app_view;
use crate::app::App;
use crate::docs::near;

pub(super) fn application(app: &App, snapshot: &Snapshot, slug: &str) -> Page {
    let slugs = snapshot.connectors().map(|one| one.slug.as_str());
    let alike = near(slug, slugs).into_iter();
    let alike = alike.filter_map(|slug| Some(app_view(snapshot.connector(slug)?)));
    let what = json!({"app": null, "wanted": shown(slug), "alike": alike.collect::<Vec<_>>()});
    page(app, StatusCode::NOT_FOUND, "docs/missing.html", what)
}

pub(super) fn action(app: &App, connector: &Connector, id: &str) -> Page {
    let ids = connector.actions.keys().map(String::as_str);
    let alike = near(id, ids).into_iter();
    let alike = alike.filter_map(|id| Some(line(connector, connector.action(id)?)));
    let alike: Vec<Value> = alike.collect();
    let what = json!({"app": app_view(connector), "wanted": shown(id), "alike": alike});
    page(app, StatusCode::NOT_FOUND, "docs/missing.html", what)
}

/// As much of a name as is worth showing.
fn shown(name: &str) -> String {
    name.chars().take(64).collect()
}
