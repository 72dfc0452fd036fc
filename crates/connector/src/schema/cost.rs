//! What a schema costs at most: its size with every `$ref` put in place, counted without putting them there.
//!
//! Two references in each of thirty schemas make a billion nodes of a page of text, and a reference into itself makes
//! them without end. Both are refused by the count; no instance is ever needed to find out.

use std::collections::HashMap;

use serde_json::Value;

/// The most nodes that a schema may unfold to.
pub(super) const MOST_NODES: u64 = 50_000;

/// Keywords that would let one place mean another in ways that are not counted here.
const UNCOUNTED: [&str; 6] = [
    "$dynamicRef",
    "$recursiveRef",
    "$id",
    "$anchor",
    "$dynamicAnchor",
    "$vocabulary",
];
/// Keywords whose values are data and no schemas.
const DATA: [&str; 5] = ["enum", "const", "default", "example", "examples"];
/// Keywords whose values are schemas by name: there, a name is no keyword.
const NAMED: [&str; 4] = [
    "properties",
    "patternProperties",
    "$defs",
    "dependentSchemas",
];

/// Refuses a schema that unfolds to too much.
pub(super) fn check(schema: &Value) -> Result<(), String> {
    let mut count = Count {
        root: schema,
        known: HashMap::new(),
    };
    match count.of_schema(schema)? {
        ..=MOST_NODES => Ok(()),
        _ => Err(format!(
            "the schema unfolds to more than {MOST_NODES} nodes: let fewer `$ref`s lead to each other"
        )),
    }
}

/// What is known of the places that references name. A place that is being counted has no number yet.
struct Count<'a> {
    root: &'a Value,
    known: HashMap<&'a str, Option<u64>>,
}

impl<'a> Count<'a> {
    fn of_schema(&mut self, schema: &'a Value) -> Result<u64, String> {
        let Value::Object(map) = schema else {
            return self.of_list(schema);
        };
        let mut nodes = 1_u64;
        for (keyword, value) in map {
            let more = match keyword.as_str() {
                "$ref" => self.of_reference(value)?,
                // Counted where something refers to them.
                "$defs" => 0,
                word if UNCOUNTED.contains(&word) => {
                    return Err(format!(
                        "`{word}` cannot stand in a schema here; use `$ref: '#/$defs/…'`"
                    ));
                }
                word if DATA.contains(&word) => size(value),
                word if NAMED.contains(&word) => self.of_members(value)?,
                _ => self.of_schema(value)?,
            };
            nodes = nodes.saturating_add(more);
        }
        Ok(nodes)
    }

    fn of_list(&mut self, value: &'a Value) -> Result<u64, String> {
        let Value::Array(items) = value else {
            return Ok(1);
        };
        items.iter().try_fold(1_u64, |nodes, item| {
            Ok(nodes.saturating_add(self.of_schema(item)?))
        })
    }

    fn of_members(&mut self, value: &'a Value) -> Result<u64, String> {
        let members = value.as_object().into_iter().flatten();
        members
            .map(|(_, member)| member)
            .try_fold(1_u64, |nodes, member| {
                Ok(nodes.saturating_add(self.of_schema(member)?))
            })
    }

    fn of_reference(&mut self, reference: &'a Value) -> Result<u64, String> {
        let text = reference.as_str().unwrap_or_default();
        let place = text
            .strip_prefix('#')
            .and_then(|pointer| self.root.pointer(pointer));
        let Some(place) = place else {
            return Err(format!(
                "`$ref: {text}` does not lead to a place in this document, such as `#/$defs/name`"
            ));
        };
        match self.known.get(text) {
            Some(Some(nodes)) => return Ok(*nodes),
            Some(None) => {
                return Err(format!(
                    "`$ref: {text}` leads back to itself; let the inner one take anything"
                ));
            }
            None => {}
        }
        self.known.insert(text, None);
        let nodes = self.of_schema(place)?;
        self.known.insert(text, Some(nodes));
        Ok(nodes)
    }
}

fn size(value: &Value) -> u64 {
    match value {
        Value::Array(items) => items.iter().map(size).fold(1, u64::saturating_add),
        Value::Object(map) => map.values().map(size).fold(1, u64::saturating_add),
        _ => 1,
    }
}
