//! Whether values fit the vendor's schemas.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use tenon_connector::schema;

/// How strictly a value is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Strictness {
    /// Of a request: everything that the schema says.
    Whole,
    /// Of an answer, which an example may abbreviate: what is there must fit, and nothing has to be there.
    Abbreviated,
}

/// What does not fit, with the place within the value.
pub(super) fn misfits(
    defs: &Map<String, Value>,
    schema: &Value,
    value: &Value,
    strictness: Strictness,
) -> Vec<(String, String)> {
    let mut schema = schema.clone();
    let mut reached = reachable(defs, &schema);
    soften(&mut schema, strictness);
    reached.values_mut().for_each(|one| soften(one, strictness));
    let whole = match schema {
        Value::Object(mut map) => {
            map.insert("$defs".to_owned(), Value::Object(reached));
            Value::Object(map)
        }
        other => other,
    };
    match schema::unbounded_validator(&whole) {
        Ok(validator) => validator
            .iter_errors(value)
            .map(|error| {
                let at = error.instance_path().as_str().to_owned();
                (at, error.masked_with("the value").to_string())
            })
            .collect(),
        // A schema that is none says nothing of a value.
        Err(_) => Vec::new(),
    }
}

/// The named schemas that a schema leads to.
fn reachable(defs: &Map<String, Value>, schema: &Value) -> Map<String, Value> {
    let (mut found, mut waiting) = (Map::new(), BTreeSet::new());
    references(schema, &mut waiting);
    while let Some(name) = waiting.pop_first() {
        if found.contains_key(&name) {
            continue;
        }
        if let Some(schema) = defs.get(&name) {
            references(schema, &mut waiting);
            found.insert(name, schema.clone());
        }
    }
    found
}

fn references(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            if let Some(name) = map
                .get("$ref")
                .and_then(Value::as_str)
                .and_then(|text| text.strip_prefix("#/$defs/"))
            {
                let name = percent_encoding::percent_decode_str(name).decode_utf8_lossy();
                into.insert(name.replace("~1", "/").replace("~0", "~"));
            }
            map.values().for_each(|value| references(value, into));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, into)),
        _ => {}
    }
}

/// Leaves out what descriptions say and vendors do not hold to.
fn soften(schema: &mut Value, strictness: Strictness) {
    match schema {
        Value::Object(map) => {
            // `oneOf` in descriptions means `anyOf`: the alternatives are seldom made to exclude each other.
            if let Some(one) = map.get("oneOf").cloned()
                && one.is_array()
            {
                map.remove("oneOf");
                map.entry("anyOf").or_insert(one);
            }
            // Formats that are not JSON Schema's, and patterns with look-around, are beyond this check.
            map.retain(|key, value| !(key == "format" && value.is_string()));
            map.retain(|key, value| !(key == "pattern" && value.is_string()));
            if strictness == Strictness::Abbreviated {
                map.retain(|key, value| !(key == "required" && value.is_array()));
                map.retain(|key, value| !(key == "minProperties" && value.is_number()));
                map.retain(|key, value| !(key == "minItems" && value.is_number()));
            } else {
                drop_read_only(map);
            }
            map.values_mut().for_each(|value| soften(value, strictness));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| soften(item, strictness)),
        _ => {}
    }
}

/// What only answers have is not demanded of requests.
fn drop_read_only(map: &mut Map<String, Value>) {
    let properties = map.get("properties").and_then(Value::as_object);
    let read_only: Vec<String> = properties
        .into_iter()
        .flatten()
        .filter(|(_, property)| property.get("readOnly") == Some(&json!(true)))
        .map(|(name, _)| name.clone())
        .collect();
    if let Some(Value::Array(required)) = map.get_mut("required") {
        required.retain(|name| !read_only.iter().any(|other| name == other));
    }
}

/// A text of an address or a form as the JSON that the schema means by it.
pub(super) fn typed(defs: &Map<String, Value>, schema: &Value, text: &str) -> Value {
    let plain = || Value::String(text.to_owned());
    for word in types(defs, schema, 0) {
        let read = match word.as_str() {
            "integer" | "number" => text.parse::<serde_json::Number>().ok().map(Value::Number),
            "boolean" => text.parse::<bool>().ok().map(Value::Bool),
            "object" | "array" => serde_json::from_str(text).ok(),
            _ => None,
        };
        if let Some(value) = read {
            return value;
        }
    }
    plain()
}

/// The types that a schema names, through references and alternatives. A text comes last, for everything is one.
fn types(defs: &Map<String, Value>, schema: &Value, depth: usize) -> Vec<String> {
    if depth > 6 {
        return Vec::new();
    }
    let mut found: Vec<String> = match schema.get("type") {
        Some(Value::String(word)) => vec![word.clone()],
        Some(Value::Array(words)) => words
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        _ => Vec::new(),
    };
    let name = schema.get("$ref").and_then(Value::as_str);
    if let Some(target) = name
        .and_then(|name| name.strip_prefix("#/$defs/"))
        .and_then(|name| defs.get(name))
    {
        found.extend(types(defs, target, depth + 1));
    }
    for word in ["allOf", "anyOf", "oneOf"] {
        let branches = schema.get(word).and_then(Value::as_array);
        for branch in branches.into_iter().flatten() {
            found.extend(types(defs, branch, depth + 1));
        }
    }
    found
}
