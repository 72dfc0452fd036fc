//! Advice to authors: what is not wrong, but not good enough for the catalogue.

use crate::action::Action;
use crate::auth::Slot;
use crate::connector::{Connector, HTTP_REQUEST};

/// Looks at a connector and says what could be better. Empty: nothing.
pub fn lint(connector: &Connector) -> Vec<String> {
    let own = connector
        .actions
        .values()
        .filter(|action| action.id != HTTP_REQUEST);
    let mut advice: Vec<String> = own.flat_map(|action| lint_action(action)).collect();
    advice.extend(connector.ways.iter().filter(|(_, way)| in_query(&way.placement.slots)).map(|(name, _)| {
        format!("connector.yaml: auth.{name}: a credential in the query ends up in logs; prefer a header if the application takes one")
    }));
    if connector.identity.is_none() {
        advice.push(
            "connector.yaml: without `identity` a refused credential is never confirmed as dead"
                .to_owned(),
        );
    }
    advice
}

fn in_query(slots: &[Slot]) -> bool {
    slots.iter().any(|slot| matches!(slot, Slot::Query(..)))
}

fn lint_action(action: &Action) -> Vec<String> {
    let file = format!("actions/{}.yaml", action.id);
    let mut advice = Vec::new();
    if action.examples.is_empty() {
        advice.push(format!("{file}: has no example, so nothing tests it"));
    }
    if action.output_schema.is_none() {
        advice.push(format!(
            "{file}: does not say what its data looks like (`output`)"
        ));
    }
    let bare = action
        .params
        .iter()
        .filter(|(_, param)| param.label.is_none());
    advice.extend(bare.map(|(name, _)| format!("{file}: params.{name} has no label")));
    advice
}
