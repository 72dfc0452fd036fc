//! The pages: applications and their state, consent, forms, and what became of an attempt.

use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tenon_connector::Connector;
use tenon_engine::connect::{Asks, Came, Decision, Next, Stopped, Submitted, Visit, WayOffer};
use tenon_engine::error::{Code, Error};
use tenon_engine::model::{
    AttemptState, ConnectAttempt, ConnectFault, Connection, ConnectionId, ConnectionStatus,
};
use tenon_vault::Secret;

use super::browser::{Coming, OwnForm, check_opening, remember, secret};
use super::view::{
    app_view, fields, frame, name_of, page, pages, problem_of, problems, see_other, stopped, with,
};
use super::{callback, start::public_url};
use crate::api::access::Access::Browser;
use crate::api::answer::json as json_answer;
use crate::api::extract::{Path, Query};
use crate::api::route::{Operation, Route, get, post};
use crate::app::App;
use crate::connect::{Theme, style};

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
        get(
            "/connect/s/{link}/{slug}",
            Browser,
            consent,
            page("connectConsent"),
        ),
        post(
            "/connect/s/{link}/{slug}",
            Browser,
            begin,
            page("connectBegin"),
        ),
        get(
            "/connect/s/{link}/a/{attempt}",
            Browser,
            attempt,
            page("connectAttempt"),
        ),
        post(
            "/connect/s/{link}/a/{attempt}",
            Browser,
            decide,
            page("connectDecide"),
        ),
        get(
            "/connect/s/{link}/a/{attempt}/state",
            Browser,
            state,
            page("connectState"),
        ),
    ]
}

/// The page, or why there is none.
type Page = Result<Response, Stopped>;

fn shown(app: &App, came: &Came, page: Page) -> Response {
    page.unwrap_or_else(|problem| stopped(app, problem, None, &came.request))
}

/// The same for a visitor, whose tenant has a name.
fn shown_to(app: &App, came: &Came, visit: &Visit, name: &str, page: Page) -> Response {
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
        let settings = app.engine.application_settings(&visit.link.tenant).await?;
        let snapshot = app.engine.registry().snapshot();
        let offered = snapshot.connectors().filter(|connector| {
            let enabled = settings.get(&connector.slug).is_none_or(|one| one.enabled);
            enabled && visit.covers(&connector.slug)
        });
        let mut applications: Vec<_> = offered
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
        Some(wrong) => (problems(&fields, wrong.error), title_of(wrong.error)),
        None => (Vec::new(), ""),
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

fn title_of(error: &Error) -> &'static str {
    match error.code {
        Code::ValidationError => "Check what you entered",
        _ => "The application did not accept it",
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

/// Where a browser goes after a step: to the tenant's page that confirms, or to the page of the attempt.
pub(super) async fn after(
    app: &App,
    link: &tenon_engine::model::ConnectLinkId,
    attempt: &ConnectAttempt,
) -> Page {
    if let Some(url) = app.engine.onward(attempt).await? {
        return Ok(see_other(url.as_str()));
    }
    Ok(see_other(&format!("{}/a/{}", pages(app, link), attempt.id)))
}

async fn attempt(
    State(app): State<App>,
    Path((link, id)): Path<(String, String)>,
    Coming(came): Coming,
    headers: HeaderMap,
) -> Response {
    let told = async {
        let visit = app.engine.visit(&link, secret(&headers).as_ref()).await?;
        let attempt = app.engine.attempt_of_visit(&visit, &id).await?;
        tell(&app, &visit, &attempt).await
    };
    shown(&app, &came, told.await)
}

/// The page of an attempt, as it is now.
async fn tell(app: &App, visit: &Visit, attempt: &ConnectAttempt) -> Page {
    let name = name_of_application(app, &attempt.slug);
    let brand = Theme::of(visit).name;
    let handover = app.engine.handover(attempt).await?;
    let late = attempt.is_late(app.engine.clock().now());
    let (state, title) = match attempt.state {
        _ if late => ("failed", "That took too long".to_owned()),
        AttemptState::Begun | AttemptState::Parked | AttemptState::Redeeming => {
            ("waiting", "Finishing…".to_owned())
        }
        AttemptState::Choosing => ("choosing", format!("Another {name} account")),
        AttemptState::Connected => ("connected", format!("{name} is connected")),
        AttemptState::Failed => ("failed", format!("{name} is not connected")),
    };
    let address = format!("{}/a/{}", pages(app, &visit.link.id), attempt.id);
    let mut view = with(
        frame(app, visit),
        json!({
            "attempt": attempt.id, "state": state, "title": title,
            "app": {"slug": attempt.slug, "name": name},
            "watch": if state == "waiting" { format!("{address}/state") } else { String::new() },
            "confirm": "", "redirect": "", "origins": visit.settings.origins.join(" "),
            "action": address, "old": "", "new": "", "name": null,
            "again": format!("{}/{}", pages(app, &visit.link.id), attempt.slug),
            "problem": problem_of(attempt.problem.as_ref(), &name, &brand),
        }),
    );
    if let Some(handover) = handover {
        let redirect = handover.redirect.map(String::from).unwrap_or_default();
        let more = json!({"confirm": handover.confirm.expose(), "redirect": redirect});
        view = with(view, more);
    }
    if state == "choosing" {
        view = with(view, accounts(app, attempt).await?);
    }
    if state == "connected" {
        let own = app.engine.connections_of_visit(visit).await?;
        let found = own
            .iter()
            .find(|one| Some(&one.id) == attempt.connection.as_ref());
        let known = found.filter(|one| one.account_name.is_some() || one.identifier.is_some());
        view = with(view, json!({"name": known.map(name_of)}));
    }
    Ok(page("attempt.html", &view)?)
}

/// The two accounts that somebody has to choose between.
async fn accounts(app: &App, attempt: &ConnectAttempt) -> Result<Value, Stopped> {
    let parked = app.engine.accounts_to_choose(attempt).await?;
    let (old, new) = parked.ok_or(ConnectFault::AttemptOver)?;
    let old = old.map_or_else(|| "another account".to_owned(), |one| name_of(&one));
    let new = new.name.or(new.identifier).unwrap_or_default();
    Ok(json!({"old": old, "new": new}))
}

async fn decide(
    State(app): State<App>,
    Path((link, id)): Path<(String, String)>,
    Coming(came): Coming,
    headers: HeaderMap,
    OwnForm(form): OwnForm,
) -> Response {
    let decided = async {
        let visit = app.engine.visit(&link, secret(&headers).as_ref()).await?;
        let form = form?;
        let said = form.iter().find(|(name, _)| name == "decision");
        let decision = match said.map(|(_, value)| value.as_str()) {
            Some("replace") => Decision::Replace,
            Some("both") => Decision::KeepBoth,
            _ => Decision::Cancel,
        };
        let deciding = app.engine.decide_connect(&visit, &id, decision, &came);
        let attempt = Box::pin(deciding).await?;
        after(&app, &visit.link.id, &attempt).await
    };
    shown(&app, &came, decided.await)
}

/// How far an attempt is, for the script that waits for its end.
async fn state(
    State(app): State<App>,
    Path((link, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let looked = async {
        let visit = app.engine.visit(&link, secret(&headers).as_ref()).await?;
        let attempt = app.engine.attempt_of_visit(&visit, &id).await?;
        let late = attempt.is_late(app.engine.clock().now());
        Ok::<_, Stopped>(match attempt.state {
            AttemptState::Begun | AttemptState::Parked | AttemptState::Redeeming if !late => {
                "waiting"
            }
            AttemptState::Choosing if !late => "choosing",
            AttemptState::Connected => "connected",
            _ => "failed",
        })
    };
    let (status, state) = match looked.await {
        Ok(state) => (StatusCode::OK, state),
        Err(_stopped) => (StatusCode::NOT_FOUND, "gone"),
    };
    json_answer(status, &json!({"state": state}))
}

/// What people call an application; its slug where it is gone.
pub(super) fn name_of_application(app: &App, slug: &str) -> String {
    let connector = app.engine.registry().connector(slug);
    connector.map_or_else(|_gone| slug.to_owned(), |connector| connector.name.clone())
}
