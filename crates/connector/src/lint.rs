//! Advice to authors: what is not wrong, but not good enough for the catalogue.

use crate::action::Action;
use crate::auth::Slot;
use crate::connector::{Connector, HTTP_REQUEST};
use crate::document::ParamType;
use crate::profile;

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
    let strange = action.params.keys().filter(|name| !profile::is_name(name));
    advice.extend(strange.map(|name| {
        format!("{file}: params.{name}: model providers take names of letters, digits and `_`, at most 64")
    }));
    advice.extend(action.params.iter().filter_map(|(name, param)| {
        let bare = param.kind == Some(ParamType::Array) && param.items.is_none();
        bare.then(|| format!("{file}: params.{name} does not say what its items are (`items`)"))
    }));
    advice
}
