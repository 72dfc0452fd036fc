//! Consent pages and forms: what a person is asked before an attempt begins.

use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tenon_connector::Connector;
use tenon_engine::connect::{Asks, Came, Next, Stopped, Submitted, Visit, WayOffer};
use tenon_engine::error::{Code, Error};
use tenon_engine::model::{ConnectFault, Connection, ConnectionId};

use super::attempts::after;
use super::browser::{Coming, OwnForm, secret};
use super::callback;
use super::pages::{Page, name_of_application, shown_to};
use super::start::public_url;
use super::view::{app_view, fields, frame, name_of, page, pages, problems, stopped, with};
use crate::api::access::Access::Browser;
use crate::api::extract::{Path, Query};
use crate::api::route::{Operation, Route, get, post};
use crate::app::App;

const PATH: &str = "/connect/s/{link}/{slug}";

pub(super) fn routes() -> Vec<Route> {
    let page = |id| Operation::new(id, "A connect page");
    vec![
        get(PATH, Browser, consent, page("connectConsent")),
        post(PATH, Browser, begin, page("connectBegin")),
    ]
}

/// What a consent page is about.
#[derive(Debug, Default, Deserialize, JsonSchema)]
struct About {
    way: Option<String>,
    connection_id: Option<String>,
    another: Option<String>,
}

async fn consent(
    State(app): State<App>,
    Path((link, slug)): Path<(String, String)>,
    Coming(came): Coming,
    headers: HeaderMap,
    Query(about): Query<About>,
) -> Response {
    let visit = match app.engine.visit(&link, secret(&headers).as_ref()).await {
        Ok(visit) => visit,
        Err(problem) => return stopped(&app, problem, None, &came.request),
    };
    let asked = ask(&app, &visit, &slug, &about, None).await;
    let name = name_of_application(&app, &slug);
    shown_to(&app, &came, &visit, &name, asked)
}

/// What was typed, and what is wrong with it.
struct Wrong<'a> {
    typed: &'a Map<String, Value>,
    error: &'a Error,
}

async fn ask(
    app: &App,
    visit: &Visit,
    slug: &str,
    about: &About,
    wrong: Option<Wrong<'_>>,
) -> Page {
    let (connector, offers) = app.engine.offers(visit, slug).await?;
    let chosen = match &about.way {
        Some(way) => offers.iter().find(|offer| offer.name == *way),
        None => offers.first(),
    };
    let chosen = chosen.ok_or(ConnectFault::NotOffered)?;
    let (_, way) = connector
        .way(&chosen.name)
        .ok_or(ConnectFault::NotOffered)?;
    let known: Map<String, Value> = visit.link.wish.facts.iter().map(text_pair).collect();
    let typed = wrong.as_ref().map_or(&known, |wrong| wrong.typed);
    let errors = wrong.as_ref().map_or(&[][..], |wrong| &wrong.error.errors);
    let fields = fields(&connector, way, typed, errors);
    let (listed, title) = match &wrong {
        Some(wrong) => (
            problems(&fields, wrong.error),
            title_of(wrong.error, &connector.name),
        ),
        None => (Vec::new(), String::new()),
    };
    let reconnect = reconnected(app, visit, slug, about).await?;
    let page_address = format!("{}/{slug}", pages(app, &visit.link.id));
    let scopes = match &chosen.asks {
        Asks::Consent(scopes) => scopes.as_slice(),
        Asks::Form => &[],
    };
    let view = with(
        frame(app, visit),
        json!({
            "app": app_view(&connector), "way": chosen.name, "fields": fields, "scopes": scopes,
            "consents": chosen.asks != Asks::Form, "problems": listed, "problems_title": title,
            "ways": ways(&connector, &offers, chosen, &page_address),
            "action": page_address, "connection_id": about.connection_id,
            "another": about.another.is_some(), "reconnect": reconnect.map(|one| name_of(&one)),
            "cancel": cancel(app, visit),
        }),
    );
    let mut response = page("consent.html", &view)?;
    if let Some(wrong) = wrong {
        *response.status_mut() = StatusCode::from_u16(wrong.error.code.entry().status)
            .unwrap_or(StatusCode::BAD_REQUEST);
    }
    Ok(response)
}

fn text_pair((name, value): (&String, &String)) -> (String, Value) {
    (name.clone(), Value::from(value.as_str()))
}

fn title_of(error: &Error, application: &str) -> String {
    match error.code {
        Code::ValidationError => "Check what you entered".to_owned(),
        _ => format!("{application} did not accept it"),
    }
}

/// Where somebody goes who does not want to go on.
fn cancel(app: &App, visit: &Visit) -> Option<String> {
    match visit.link.slug {
        None => Some(pages(app, &visit.link.id)),
        Some(_) => app.engine.way_back(visit).map(String::from),
    }
}

/// The ways to choose among, where there are several.
fn ways(
    connector: &Connector,
    offers: &[WayOffer],
    chosen: &WayOffer,
    address: &str,
) -> Vec<Value> {
    if offers.len() < 2 {
        return Vec::new();
    }
    let view = |offer: &WayOffer| {
        let label = connector
            .ways
            .get(&offer.name)
            .map(|way| way.doc.label.as_str());
        json!({
            "label": label.unwrap_or(&offer.name), "current": offer.name == chosen.name,
            "href": format!("{address}?way={}", offer.name),
        })
    };
    offers.iter().map(view).collect()
}

/// The connection that gets a new credential.
async fn reconnected(
    app: &App,
    visit: &Visit,
    slug: &str,
    about: &About,
) -> Result<Option<Connection>, Stopped> {
    let link = visit.link.wish.replace.as_ref().map(|id| id.as_str());
    let Some(id) = link.or(about.connection_id.as_deref()) else {
        return Ok(None);
    };
    let own = app.engine.connections_of_visit(visit).await?;
    let found = own
        .into_iter()
        .find(|one| one.slug == slug && one.id.as_str() == id);
    match found {
        Some(connection) => Ok(Some(connection)),
        None => Err(ConnectFault::NotOffered.into()),
    }
}

async fn begin(
    State(app): State<App>,
    Path((link, slug)): Path<(String, String)>,
    Coming(came): Coming,
    headers: HeaderMap,
    OwnForm(form): OwnForm,
) -> Response {
    let visit = match app.engine.visit(&link, secret(&headers).as_ref()).await {
        Ok(visit) => visit,
        Err(problem) => return stopped(&app, problem, None, &came.request),
    };
    let begun = Box::pin(begin_for(&app, &visit, &slug, form, &came)).await;
    let name = name_of_application(&app, &slug);
    shown_to(&app, &came, &visit, &name, begun)
}

async fn begin_for(
    app: &App,
    visit: &Visit,
    slug: &str,
    form: Result<Vec<(String, String)>, Stopped>,
    came: &Came,
) -> Page {
    let (submitted, about) = read(form?)?;
    let typed = submitted.fields.clone();
    let callback = callback::address(&public_url(app)?, slug);
    let beginning = app
        .engine
        .begin_connect(visit, slug, submitted, &callback, came);
    match Box::pin(beginning).await {
        Ok(Next::Leave(url)) => {
            let connector = app.engine.registry().connector(slug)?;
            let host = url.host_str().unwrap_or_default().to_owned();
            let more = json!({"app": app_view(&connector), "url": url.as_str(), "host": host});
            Ok(page("leaving.html", &with(frame(app, visit), more))?)
        }
        Ok(Next::Stay(attempt)) => after(app, &visit.link.id, &attempt).await,
        Err(Stopped::Error(error)) if error.code.entry().status == 400 => {
            let wrong = Wrong {
                typed: &typed,
                error: &error,
            };
            ask(app, visit, slug, &about, Some(wrong)).await
        }
        Err(other) => Err(other),
    }
}

/// The inputs of a consent page or a form.
fn read(form: Vec<(String, String)>) -> Result<(Submitted, About), Stopped> {
    let (mut submitted, mut about) = (Submitted::default(), About::default());
    for (name, value) in form {
        match (name.as_str(), name.strip_prefix("field.")) {
            (_, Some(field)) => {
                submitted.fields.insert(field.to_owned(), value.into());
            }
            ("auth_type", _) => {
                submitted.auth = Some(value.clone());
                about.way = Some(value);
            }
            ("connection_id", _) => {
                let id = ConnectionId::parse(&value);
                submitted.replace = Some(id.ok_or(ConnectFault::NotOffered)?);
                about.connection_id = Some(value);
            }
            ("another", _) => {
                submitted.another = true;
                about.another = Some(value);
            }
            _ => {}
        }
    }
    Ok((submitted, about))
}
