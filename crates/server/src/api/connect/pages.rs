//! The pages of a link: opening it, its colours, and the applications with their state.

use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tenon_connector::Connector;
use tenon_engine::connect::{Came, Stopped, Visit};
use tenon_engine::model::{Connection, ConnectionStatus};
use tenon_vault::Secret;

use super::browser::{Coming, check_opening, remember, secret};
use super::view::{app_view, frame, name_of, page, pages, see_other, stopped, with};
use crate::api::access::Access::Browser;
use crate::api::extract::Path;
use crate::api::route::{Operation, Route, get};
use crate::app::App;
use crate::connect::Theme;
use crate::pages::style;

pub(super) fn routes() -> Vec<Route> {
    let page = |id| Operation::new(id, "A connect page");
    vec![
        get("/connect/{code}", Browser, open, page("connectOpen")),
        get("/connect/s/{link}", Browser, list, page("connectList")),
        get(
            "/connect/s/{link}/theme.css",
            Browser,
            theme,
            page("connectTheme"),
        ),
    ]
}

/// A page, or why there is none.
pub(super) type Page = Result<Response, Stopped>;

/// The page, or the one that says why there is none.
pub(super) fn shown(app: &App, came: &Came, page: Page) -> Response {
    page.unwrap_or_else(|problem| stopped(app, problem, None, &came.request))
}

/// The same for a visitor, whose tenant has a name.
pub(super) fn shown_to(app: &App, came: &Came, visit: &Visit, name: &str, page: Page) -> Response {
    page.unwrap_or_else(|problem| stopped(app, problem, Some((visit, name)), &came.request))
}

async fn open(
    State(app): State<App>,
    Path(code): Path<String>,
    Coming(came): Coming,
    headers: HeaderMap,
) -> Response {
    let opened = async {
        check_opening(&headers)?;
        let code = Secret::new(code);
        let opened = app
            .engine
            .open_connect_link(&code, secret(&headers))
            .await?;
        let list = pages(&app, &opened.link.id);
        let first = match &opened.link.slug {
            Some(slug) => format!("{list}/{slug}"),
            None => list,
        };
        let mut response = see_other(&first);
        remember(response.headers_mut(), &opened.browser);
        Ok(response)
    };
    shown(&app, &came, opened.await)
}

async fn theme(State(app): State<App>, Path(link): Path<String>, headers: HeaderMap) -> Response {
    match app.engine.visit(&link, secret(&headers).as_ref()).await {
        Ok(visit) => style(Theme::of(&visit).to_css()),
        Err(_stopped) => {
            let mut nothing = style("");
            *nothing.status_mut() = StatusCode::NOT_FOUND;
            nothing
        }
    }
}

async fn list(
    State(app): State<App>,
    Path(link): Path<String>,
    Coming(came): Coming,
    headers: HeaderMap,
) -> Response {
    let listed = async {
        let visit = app.engine.visit(&link, secret(&headers).as_ref()).await?;
        let connections = app.engine.connections_of_visit(&visit).await?;
        let offered = app.engine.offered(&visit).await?;
        let mut applications: Vec<_> = offered
            .iter()
            .map(|connector| application(connector, &connections))
            .collect();
        // Those that somebody may have to do something about come first.
        let rank = |one: &Value| match one["state"].as_str() {
            Some("reconnect") => 0,
            Some("connected") => 1,
            _ => 2,
        };
        applications.sort_by_key(rank);
        let view = with(frame(&app, &visit), json!({"applications": applications}));
        Ok(page("applications.html", &view)?)
    };
    shown(&app, &came, listed.await)
}

fn application(connector: &Connector, connections: &[Connection]) -> Value {
    let own: Vec<_> = connections
        .iter()
        .filter(|one| one.slug == connector.slug)
        .collect();
    let active = |one: &Connection| one.status == ConnectionStatus::Active;
    let state = match own.as_slice() {
        [] => "connect",
        some if some.iter().all(|one| active(one)) => "connected",
        _ => "reconnect",
    };
    let shown: Vec<_> = own
        .iter()
        .map(|one| json!({"id": one.id, "name": name_of(one), "active": active(one)}))
        .collect();
    let mut view = app_view(connector);
    if let Some(members) = view.as_object_mut() {
        members.insert("state".to_owned(), state.into());
        members.insert("connections".to_owned(), shown.into());
    }
    view
}

/// What people call an application; its slug where it is gone.
pub(super) fn name_of_application(app: &App, slug: &str) -> String {
    let connector = app.engine.registry().connector(slug);
    connector.map_or_else(|_gone| slug.to_owned(), |connector| connector.name.clone())
}
