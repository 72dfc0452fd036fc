//! What a request says outside of its body: path variables, query and headers.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use tenon_connector::Plan;
use tenon_connector::auth::Slot;

use super::Look;
use super::address::Match;
use super::filled::ANY;
use super::knows::{Shape, is_annotation};
use super::values::{Strictness, misfits, typed};
use crate::shape::{Operation, Parameter, Place};

/// Headers of HTTP itself, which descriptions need not name, and the one that guards against repetition.
const COMMON_HEADERS: &[&str] = &[
    "accept",
    "accept-language",
    "content-type",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "prefer",
    "user-agent",
];

/// Names and values.
pub(super) fn check(look: &mut Look<'_>, plan: &Plan, matched: &Match<'_>) {
    check_names(look, plan, matched);
    missing(look, plan, &matched.operation);
    for (name, text) in &matched.segments {
        let param = named(&matched.operation, Place::Path, name);
        if let Some(param) = param {
            fits(look, matched, param, std::slice::from_ref(text));
        }
    }
    for (name, texts) in grouped(plan) {
        if let Some(param) = query_param(&matched.operation, &name)
            && param.name == base_name(&name)
        {
            fits(look, matched, param, &texts);
        }
    }
}

/// Names alone.
pub(super) fn check_names(look: &mut Look<'_>, plan: &Plan, matched: &Match<'_>) {
    for (name, _) in plan.url.query_pairs() {
        let noted = name == ANY || is_annotation(&name);
        if !noted && query_param(&matched.operation, &name).is_none() {
            look.find(format!("query/{name}"), "the vendor does not know it");
        }
    }
    for (name, _) in &plan.headers {
        let known = COMMON_HEADERS.contains(&name.as_str())
            || named(&matched.operation, Place::Header, name).is_some();
        if !known && name != ANY {
            look.find(format!("header/{name}"), "the vendor does not know it");
        }
    }
}

/// Required values that are neither there nor brought by the credential.
fn missing(look: &mut Look<'_>, plan: &Plan, operation: &Operation) {
    for param in operation.params.iter().filter(|param| param.required) {
        let there = match param.place {
            Place::Query => plan
                .url
                .query_pairs()
                .any(|(name, _)| base_name(&name) == param.name || name == param.name.as_str()),
            Place::Header => {
                let mut names = plan.headers.iter().map(|(name, _)| name.as_str());
                names.any(|name| name.eq_ignore_ascii_case(&param.name))
                    || COMMON_HEADERS.contains(&param.name.to_ascii_lowercase().as_str())
            }
            Place::Path | Place::Cookie => true,
        };
        if !there && !brought(plan, param) {
            let place = param.place.as_str();
            look.find(format!("{place}/{}", param.name), "the vendor requires it");
        }
    }
}

/// Whether the credential goes there.
fn brought(plan: &Plan, param: &Parameter) -> bool {
    let lower = param.name.to_ascii_lowercase();
    plan.placement.slots.iter().any(|slot| match slot {
        Slot::Header(name, _) => name.eq_ignore_ascii_case(&param.name),
        Slot::Query(name, _) => *name == param.name,
        _ => lower == "authorization" && param.place == Place::Header,
    })
}

fn named<'a>(operation: &'a Operation, place: Place, name: &str) -> Option<&'a Parameter> {
    let same = |param: &&Parameter| {
        param.place == place
            && match place {
                Place::Header => param.name.eq_ignore_ascii_case(name),
                _ => param.name == name,
            }
    };
    operation.params.iter().find(same)
}

/// The parameter behind a name of the query: itself, a list's `name[]`, or a member of an object's `name[member]`.
fn query_param<'a>(operation: &'a Operation, name: &str) -> Option<&'a Parameter> {
    named(operation, Place::Query, name)
        .or_else(|| named(operation, Place::Query, base_name(name)))
        .or_else(|| named(operation, Place::Query, &format!("{}[]", base_name(name))))
}

fn base_name(name: &str) -> &str {
    name.split_once('[').map_or(name, |(base, _)| base)
}

/// The query's values by their names; a list's values stand together.
fn grouped(plan: &Plan) -> BTreeMap<String, Vec<String>> {
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in plan.url.query_pairs() {
        let name = name.strip_suffix("[]").unwrap_or(&name).to_owned();
        groups.entry(name).or_default().push(value.into_owned());
    }
    groups
}

fn fits(look: &mut Look<'_>, matched: &Match<'_>, param: &Parameter, texts: &[String]) {
    let defs = matched.defs;
    let value = match (items(defs, &param.schema), texts) {
        (Some(item), texts) => {
            let joined = texts.iter().flat_map(|text| match param.encoding.explode {
                Some(true) => vec![text.as_str()],
                _ => text.split(',').collect(),
            });
            Value::Array(joined.map(|text| typed(defs, item, text)).collect())
        }
        (None, [text]) => typed(defs, &param.schema, text),
        (None, _) => {
            let message = "the vendor takes one value, not several";
            return look.find(format!("{}/{}", param.place.as_str(), param.name), message);
        }
    };
    for (_, message) in misfits(defs, &param.schema, &value, Strictness::Whole) {
        look.find(format!("{}/{}", param.place.as_str(), param.name), message);
    }
}

/// What a list's items are, where the parameter is a list: also by reference.
fn items<'a>(defs: &'a Map<String, Value>, schema: &'a Value) -> Option<&'a Value> {
    static ANYTHING: Value = Value::Bool(true);
    Shape::new(defs, schema).find(|schema| {
        let list = schema.get("type").and_then(Value::as_str) == Some("array");
        list.then(|| schema.get("items").unwrap_or(&ANYTHING))
    })
}
