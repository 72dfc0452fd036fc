//! All applications by their first tag, or those that fit what is searched for.

use std::collections::BTreeMap;

use axum::extract::State;
use http::StatusCode;
use serde_json::{Value, json};
use tenon_connector::Connector;
use tenon_engine::registry::Snapshot;

use super::{Asked, Page, line, own_actions, page};
use crate::api::connect::app_view;
use crate::api::extract::Query;
use crate::app::App;
use crate::docs::{Found, Words, find};

/// The group of applications that have no tag.
const UNTAGGED: &str = "other";
/// The most actions that are shown of an application that was found.
const MOST_ACTIONS: usize = 8;

pub(super) async fn show(State(app): State<App>, Query(asked): Query<Asked>) -> Page {
    let snapshot = app.engine.registry().snapshot();
    let words = asked.words();
    let (groups, found) = match words.is_empty() {
        true => (groups(&snapshot), Value::Null),
        false => (json!([]), found(&snapshot, &words, &asked.q)),
    };
    let actions = snapshot.connectors().map(|one| own_actions(one).count());
    let view = json!({
        "q": asked.q, "applications": snapshot.connectors().count(), "actions": actions.sum::<usize>(),
        "groups": groups, "found": found,
    });
    page(&app, StatusCode::OK, "docs/index.html", view)
}

fn groups(snapshot: &Snapshot) -> Value {
    let mut groups: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for connector in snapshot.connectors() {
        let tag = connector.tags.first().map_or(UNTAGGED, String::as_str);
        groups.entry(tag).or_default().push(card(connector));
    }
    let group = |(tag, applications)| json!({"tag": tag, "applications": applications});
    groups.into_iter().map(group).collect()
}

/// An application in a list.
fn card(connector: &Connector) -> Value {
    let mut card = app_view(connector);
    card["tags"] = json!(connector.tags);
    card["actions"] = own_actions(connector).count().into();
    card
}

fn found(snapshot: &Snapshot, words: &Words, q: &str) -> Value {
    let result = |Found { connector, actions }: Found<'_>| {
        let mut card = card(connector);
        let shown = actions.iter().take(MOST_ACTIONS);
        let lines: Vec<_> = shown.map(|action| line(connector, action)).collect();
        card["more"] = actions.len().saturating_sub(MOST_ACTIONS).into();
        card["found"] = lines.into();
        card["q"] = q.into();
        card
    };
    let found = find(snapshot.connectors(), words);
    found.into_iter().map(result).collect()
}
