//! All applications by tag, or those that fit what is searched for.

use std::collections::{BTreeMap, HashMap};

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
        false => (json!([]), found(&snapshot, &words)),
    };
    let actions = snapshot.connectors().map(|one| own_actions(one).count());
    let view = json!({
        "q": asked.q, "applications": snapshot.connectors().count(), "actions": actions.sum::<usize>(),
        "groups": groups, "found": found,
    });
    page(&app, StatusCode::OK, "docs/index.html", view)
}

/// Each application stands once, under that of its tags which most applications have: few groups, and none of it alone
/// that has company.
fn groups(snapshot: &Snapshot) -> Value {
    let mut sizes: HashMap<&str, usize> = HashMap::new();
    for tag in snapshot.connectors().flat_map(|connector| &connector.tags) {
        *sizes.entry(tag).or_default() += 1;
    }
    let size = |tag: &&String| sizes.get(tag.as_str()).copied();
    let mut groups: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for connector in snapshot.connectors() {
        // Of several greatest the last one would be taken; the first one is what its author thinks of first.
        let tag = connector.tags.iter().rev().max_by_key(size);
        let tag = tag.map_or(UNTAGGED, String::as_str);
        groups.entry(tag).or_default().push(card(connector));
    }
    let group = |(tag, applications)| json!({"tag": tag, "applications": applications});
    groups.into_iter().map(group).collect()
}

/// An application in a list.
fn card(connector: &Connector) -> Value {
    json!({"app": app_view(connector), "actions": own_actions(connector).count()})
}

fn found(snapshot: &Snapshot, words: &Words) -> Value {
    let result = |Found { connector, actions }: Found<'_>| {
        let shown = actions.iter().take(MOST_ACTIONS);
        let lines: Vec<_> = shown.map(|action| line(connector, action)).collect();
        let more = actions.len().saturating_sub(MOST_ACTIONS);
        json!({"app": app_view(connector), "lines": lines, "more": more})
    };
    let found = find(snapshot.connectors(), words);
    found.into_iter().map(result).collect()
}
