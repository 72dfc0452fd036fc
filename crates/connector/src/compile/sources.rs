//! Listing actions behind parameters: there, harmless, and able to say what is asked of them.

use serde_json::Map;

use super::of_action;
use crate::action::Action;
use crate::document::Effect;
use crate::listing::Source;
use crate::problem::Problem;

/// Checks the sources of an action's parameters against the connector's actions.
pub(super) fn check(actions: &[Action], action: &Action, problems: &mut Vec<Problem>) {
    let options = action.options.iter().map(|named| (named, "options"));
    let fields = action.member_sources.iter().map(|named| (named, "fields"));
    for ((name, source), word) in options.chain(fields) {
        if let Err(message) = check_source(actions, source, word) {
            let message = format!("params.{name}.{word}: {message}");
            problems.push(of_action(action, message));
        }
    }
}

fn check_source(actions: &[Action], source: &Source, word: &str) -> Result<(), String> {
    let id = &source.action;
    let listing = actions.iter().find(|other| other.id == *id);
    let listing = listing.ok_or_else(|| format!("there is no action `{id}`"))?;
    let (says, keyword) = match word {
        "options" => (listing.choices.is_some(), "choices"),
        _ => (listing.listed_fields.is_some(), "fields"),
    };
    if !says {
        return Err(format!("`{id}` does not say how it reads (`{keyword}`)"));
    }
    if listing.step_count() != 1 || listing.effect(&Map::new()) != Effect::Read {
        return Err(format!("`{id}` must read, by one request"));
    }
    match source
        .names()
        .find(|name| !listing.params.contains_key(*name))
    {
        Some(name) => Err(format!("`{id}` has no parameter `{name}`")),
        None => Ok(()),
    }
}
