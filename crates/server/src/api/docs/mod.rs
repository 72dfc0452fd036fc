//! The catalogue pages: what applications there are, how they are connected, what their actions take and give, and code
//! that runs them. Made from the registry's present snapshot; they know nothing of any tenant.

mod action;
mod application;
mod index;
mod missing;

use axum::response::Response;
use http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tenon_connector::{Action, Connector, HTTP_REQUEST};

use super::access::Access::Browser;
use super::connect::base;
use super::error::Failure;
use super::route::{Operation, Route, get};
use crate::app::App;
use crate::docs::{SCRIPT, STYLE, Words};
use crate::pages::{html, render, script, style};

/// The routes.
pub(super) fn routes() -> Vec<Route> {
    let page = |id| Operation::new(id, "A page of the catalogue");
    let part = |id| Operation::new(id, "A part of the catalogue pages");
    [
        get("/docs", Browser, index::show, page("docsIndex")),
        get(
            "/docs/{slug}",
            Browser,
            application::show,
            page("docsApplication"),
        ),
        get(
            "/docs/{slug}/{action_id}",
            Browser,
            action::show,
            page("docsAction"),
        ),
        get(
            "/docs/assets/style.css",
            Browser,
            async || -> Response { style(STYLE) },
            part("docsStyle"),
        ),
        get(
            "/docs/assets/page.js",
            Browser,
            async || -> Response { script(SCRIPT) },
            part("docsPageScript"),
        ),
    ]
    .into_iter()
    .map(|route| route.tagged("Catalogue"))
    .collect()
}

/// What is searched for.
#[derive(Debug, Default, Deserialize, JsonSchema)]
struct Asked {
    /// Words with blanks between them.
    #[serde(default)]
    q: String,
}

impl Asked {
    fn words(&self) -> Words {
        Words::of(&self.q)
    }
}

/// A page, or why there is none.
type Page = Result<Response, Failure>;

/// A page of this view, which is given what all pages need.
fn page(app: &App, status: StatusCode, name: &str, mut view: Value) -> Page {
    if let Value::Object(members) = &mut view {
        members.insert("base".to_owned(), base(app).into());
    }
    Ok(html(status, render(name, &view)?))
}

/// An application's own actions: without the one that all have.
fn own_actions(connector: &Connector) -> impl Iterator<Item = &Action> {
    let all = connector.actions.values().map(|action| &**action);
    all.filter(|action| action.id != HTTP_REQUEST)
}

/// An action as a line of a list.
fn line(connector: &Connector, action: &Action) -> Value {
    json!({
        "slug": connector.slug, "id": action.id, "name": action.name, "description": action.description,
        "effect": action.effect(&Map::new()).as_str(),
    })
}
