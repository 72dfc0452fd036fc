//! One application: what it is, how it is connected, what an operator sets up, and what it can do.

use axum::extract::State;
use http::StatusCode;
use serde_json::{Value, json};
use tenon_connector::{Action, Connector, HTTP_REQUEST, Way};

use super::{Asked, Page, line, missing, own_actions, page};
use crate::api::connect::{app_view, callback_address};
use crate::api::extract::{Path, Query};
use crate::app::App;
use crate::docs::{Words, readme};

pub(super) async fn show(
    State(app): State<App>,
    Path(slug): Path<String>,
    Query(asked): Query<Asked>,
) -> Page {
    let snapshot = app.engine.registry().snapshot();
    let Some(connector) = snapshot.connector(&slug) else {
        return missing::application(&app, &snapshot, &slug);
    };
    let ways = connector.ways.iter();
    let actions = actions(connector, &asked.words());
    let view = json!({
        "app": app_view(connector), "tags": connector.tags, "q": asked.q,
        "ways": ways.map(|(name, way)| way_view(name, way)).collect::<Vec<_>>(),
        "callback": callback_address(&app.settings.public_url().unwrap_or_default(), &slug),
        "registers": connector.ways.values().any(|way| way.grant.is_some()),
        "facts": facts(connector), "readme": snapshot.readme(&slug).map(readme),
        "actions": actions.iter().map(|action| line(connector, action)).collect::<Vec<_>>(),
        "count": own_actions(connector).count(), "any": HTTP_REQUEST,
    });
    page(&app, StatusCode::OK, "docs/application.html", view)
}

/// The actions that fit, the best first; all of them where nothing is searched for.
fn actions<'a>(connector: &'a Connector, words: &Words) -> Vec<&'a Action> {
    if words.is_empty() {
        return own_actions(connector).collect();
    }
    let ranked = own_actions(connector).filter_map(|one| Some((words.rank(one)?, one)));
    let mut ranked: Vec<_> = ranked.collect();
    ranked.sort_by_key(|(rank, _)| std::cmp::Reverse(*rank));
    ranked.into_iter().map(|(_, action)| action).collect()
}

fn way_view(name: &str, way: &Way) -> Value {
    let fields = way.doc.fields.iter();
    let fields = fields.map(|(name, field)| {
        json!({"name": name, "label": field.label, "help": field.help, "required": !field.optional})
    });
    let grant = way.doc.grant.as_ref().map(|grant| {
        json!({
            "flow": grant.flow.as_str(), "authorize_url": grant.authorize_url, "token_url": grant.token_url,
            "scopes": grant.scopes, "asks": grant.flow.needs_browser(),
        })
    });
    json!({
        "name": name, "label": way.doc.label, "kind": way.kind().as_str(),
        "fields": fields.collect::<Vec<_>>(), "grant": grant,
    })
}

fn facts(connector: &Connector) -> Vec<Value> {
    let fact = |(name, fact): (&String, &tenon_connector::document::FactDoc)| {
        json!({
            "name": name, "label": fact.label, "help": fact.help, "example": fact.example,
            "choices": fact.choices, "default": fact.default,
            "required": !fact.optional && fact.default.is_none(),
        })
    };
    connector.facts.iter().map(fact).collect()
}
