//! What the templates are given.

use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use serde_json::{Map, Value, json};
use tenon_connector::document::FieldDoc;
use tenon_connector::{Connector, FieldError, Way};
use tenon_engine::connect::{Stopped, Visit, asked_facts, asked_fields};
use tenon_engine::error::{Code, Error, Outcomes};
use tenon_engine::model::{ConnectFault, ConnectProblem, Connection, RequestId};

use crate::api::error::Failure;
use crate::app::App;
use crate::connect::{Explained, Theme, explain};
use crate::pages::{html, render};

/// Where nobody knows yet whose page it is.
const NOBODY: &str = "the website that you came from";

/// The address that the pages of an installation begin with, without scheme and host.
pub(in crate::api) fn base(app: &App) -> String {
    let url = app.settings.public_url();
    let url = url.and_then(|url| url::Url::parse(&url).ok());
    url.map(|url| url.path().trim_end_matches('/').to_owned())
        .unwrap_or_default()
}

/// The pages of a link.
pub(super) fn pages(app: &App, link: &impl std::fmt::Display) -> String {
    format!("{}/connect/s/{link}", base(app))
}

/// To another page, which a browser asks for by `GET`.
pub(super) fn see_other(address: &str) -> Response {
    let mut response = Redirect::to(address).into_response();
    let headers = response.headers_mut();
    let policy = http::HeaderValue::from_static("no-referrer");
    headers.insert(http::header::REFERRER_POLICY, policy);
    response
}

/// What every page is given.
pub(super) fn frame(app: &App, visit: &Visit) -> Map<String, Value> {
    let theme = Theme::of(visit);
    let page = pages(app, &visit.link.id);
    let way_back = app.engine.way_back(visit).map(String::from);
    members(json!({
        "base": base(app),
        "pages": page,
        "brand": {"name": theme.name, "logo": theme.logo, "letter": letter(&theme.name)},
        "account": visit.account.name,
        "account_id": visit.account.account_id,
        "way_back": way_back,
        "all": visit.link.slug.is_none().then_some(page),
    }))
}

/// The frame with what is particular to a page.
pub(super) fn with(mut frame: Map<String, Value>, more: Value) -> Map<String, Value> {
    frame.extend(members(more));
    frame
}

fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// A page.
pub(super) fn page(name: &str, view: &Map<String, Value>) -> Outcomes<Response> {
    Ok(html(StatusCode::OK, render(name, view)?))
}

/// An application as the templates know it.
pub(in crate::api) fn app_view(connector: &Connector) -> Value {
    let icon = connector.icon.as_deref();
    let icon = icon.filter(|icon| icon.starts_with("https://") || icon.starts_with("data:image/"));
    json!({
        "slug": connector.slug, "name": connector.name, "description": connector.description,
        "icon": icon, "letter": letter(&connector.name),
    })
}

fn letter(name: &str) -> String {
    let first = name.chars().find(|c| c.is_alphanumeric());
    first.map(String::from).unwrap_or_default()
}

/// What people call a connection.
pub(super) fn name_of(connection: &Connection) -> String {
    let names = [
        connection.account_name.as_ref(),
        connection.label.as_ref(),
        connection.identifier.as_ref(),
    ];
    let known = names.into_iter().flatten().next();
    known.cloned().unwrap_or_else(|| "Account".to_owned())
}

/// The inputs of a way, with what was typed and what is wrong with it. A secret is never shown again.
pub(super) fn fields(
    connector: &Connector,
    way: &Way,
    typed: &Map<String, Value>,
    errors: &[FieldError],
) -> Vec<Value> {
    let error = |name: &str, label: &str| {
        let found = errors.iter().find(|error| error.param == name);
        found.map(|error| said_of(error, label))
    };
    let secrets = asked_fields(way).map(|(name, doc): (&String, &FieldDoc)| {
        let error = error(name, &doc.label);
        json!({
            "name": name, "label": doc.label, "help": doc.help, "required": !doc.optional,
            "placeholder": doc.placeholder.as_deref().unwrap_or_default(), "kind": "password",
            "value": "", "choices": [], "described": described(name, doc.help.is_some(), error.is_some()),
            "error": error,
        })
    });
    let facts = asked_facts(connector, way).map(|(name, doc)| {
        let error = error(name, &doc.label);
        let value = typed.get(name).and_then(Value::as_str);
        json!({
            "name": name, "label": doc.label, "help": doc.help,
            "required": !doc.optional && doc.default.is_none(),
            "placeholder": doc.example, "kind": "text",
            "value": value.or(doc.default.as_deref()).unwrap_or_default(),
            "choices": doc.choices, "described": described(name, doc.help.is_some(), error.is_some()),
            "error": error,
        })
    });
    match way.grant.as_ref() {
        Some(grant) if grant.flow().needs_browser() => facts.collect(),
        _ => secrets.chain(facts).collect(),
    }
}

fn described(name: &str, help: bool, error: bool) -> String {
    let ids = [(help, "help"), (error, "error")];
    let ids = ids.iter().filter(|(there, _)| *there);
    ids.map(|(_, kind)| format!("{kind}-{name}"))
        .collect::<Vec<_>>()
        .join(" ")
}

/// What is wrong with an input, with its label instead of its name.
fn said_of(error: &FieldError, label: &str) -> String {
    if error.code == "required" {
        return format!("{label} is missing");
    }
    let name = &error.param;
    let quoted = [format!("`{name}`"), format!("'{name}'")];
    quoted.iter().fold(error.message.clone(), |text, quoted| {
        text.replace(quoted, label)
    })
}

/// The lines above a form whose inputs were wrong.
pub(super) fn problems(fields: &[Value], error: &Error) -> Vec<Value> {
    let wrong = fields.iter().filter(|field| !field["error"].is_null());
    let mut lines: Vec<_> = wrong
        .map(|field| json!({"name": field["name"], "message": field["error"]}))
        .collect();
    if lines.is_empty() {
        // The page says already that it was refused, and by whom.
        let message = error
            .message
            .trim_start_matches("Failed to verify credentials: ");
        lines.push(json!({"name": null, "message": message}));
    }
    lines
}

/// The page of somebody who cannot go on.
pub(super) fn stopped(
    app: &App,
    stopped: Stopped,
    names: Option<(&Visit, &str)>,
    request: &RequestId,
) -> Response {
    let tenant = names.map(|(visit, _)| Theme::of(visit).name);
    let tenant = tenant.as_deref().unwrap_or(NOBODY);
    let told = match stopped {
        Stopped::Problem(problem) => {
            let name = names.map(|(_, name)| name).filter(|name| !name.is_empty());
            explain(&problem, name.unwrap_or("the application"), tenant)
        }
        Stopped::Error(error) => unexpected(error, request),
    };
    let mut view = match names {
        Some((visit, _)) => frame(app, visit),
        None => members(json!({
            "base": base(app), "pages": null, "all": null,
            "brand": {"name": "Connect", "logo": null, "letter": "C"},
        })),
    };
    view.extend(members(
        json!({"problem": told, "request": request.as_str()}),
    ));
    match render("stopped.html", &view) {
        Ok(page) => html(told.status, page),
        Err(error) => Failure::from(error).into_response(),
    }
}

/// An error that is nobody's at the page.
fn unexpected(error: Error, request: &RequestId) -> Explained {
    let entry = error.code.entry();
    if entry.status >= 500 {
        tracing::error!(%request, error = &error as &dyn std::error::Error, "a connect page failed");
    }
    let status = StatusCode::from_u16(entry.status);
    Explained {
        status: status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        title: "This does not work at the moment".to_owned(),
        what: match error.code {
            Code::Internal => "Something failed on our side.".to_owned(),
            _ => error.message,
        },
        advice: "Try again in a minute.".to_owned(),
        said: None,
        code: entry.word,
    }
}

/// A problem as the attempt's page shows it.
pub(super) fn problem_of(problem: Option<&ConnectProblem>, app: &str, tenant: &str) -> Explained {
    let usual = ConnectProblem::from(ConnectFault::AttemptOver);
    explain(problem.unwrap_or(&usual), app, tenant)
}
