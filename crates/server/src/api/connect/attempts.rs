//! What became of an attempt: waiting, a choice between two accounts, success, or why not.

use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tenon_engine::connect::{Decision, Stopped, Visit};
use tenon_engine::model::{AttemptState, ConnectAttempt, ConnectFault, ConnectLinkId};

use super::browser::{Coming, OwnForm, secret};
use super::pages::{Page, name_of_application, shown};
use super::view::{frame, name_of, page, pages, problem_of, see_other, with};
use crate::api::access::Access::Browser;
use crate::api::answer::json as json_answer;
use crate::api::extract::Path;
use crate::api::route::{Operation, Route, get, post};
use crate::app::App;
use crate::connect::Theme;

const PATH: &str = "/connect/s/{link}/a/{attempt}";

pub(super) fn routes() -> Vec<Route> {
    let page = |id| Operation::new(id, "A connect page");
    vec![
        get(PATH, Browser, attempt, page("connectAttempt")),
        post(PATH, Browser, decide, page("connectDecide")),
        get(
            "/connect/s/{link}/a/{attempt}/state",
            Browser,
            state,
            page("connectState"),
        ),
    ]
}

/// Where a browser goes after a step: to the tenant's page that confirms, or to the page of the attempt.
pub(super) async fn after(app: &App, link: &ConnectLinkId, attempt: &ConnectAttempt) -> Page {
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
    let state = state_of(app, attempt);
    let title = match state {
        "waiting" => "Finishing…".to_owned(),
        "choosing" => format!("Another {name} account"),
        "connected" => format!("{name} is connected"),
        _ if attempt.state != AttemptState::Failed => "That took too long".to_owned(),
        _ => format!("{name} is not connected"),
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

/// How far an attempt is, in the word of the pages. One whose next step comes too late has failed.
fn state_of(app: &App, attempt: &ConnectAttempt) -> &'static str {
    match attempt.state {
        _ if attempt.is_late(app.engine.clock().now()) => "failed",
        AttemptState::Begun | AttemptState::Parked | AttemptState::Redeeming => "waiting",
        AttemptState::Choosing => "choosing",
        AttemptState::Connected => "connected",
        AttemptState::Failed => "failed",
    }
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
        Ok::<_, Stopped>(state_of(&app, &attempt))
    };
    let (status, state) = match looked.await {
        Ok(state) => (StatusCode::OK, state),
        Err(_stopped) => (StatusCode::NOT_FOUND, "gone"),
    };
    json_answer(status, &json!({"state": state}))
}
