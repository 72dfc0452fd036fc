//! The model's types as JSON Schema. Derived types are alternatives of their bases; what navigation leads to may be anything.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value, json};

use super::{Type, TypeRef};

/// How deep types may derive.
const DEEPEST: usize = 16;

/// A schema for each type, by its name.
pub(super) fn all(
    types: &HashMap<String, Type>,
    enums: &HashMap<String, Vec<String>>,
) -> Map<String, Value> {
    let mut children: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, one) in types {
        if let Some(base) = &one.base {
            children.entry(base).or_default().push(name);
        }
    }
    let mut defs = Map::new();
    for (name, members) in enums {
        let schema = match members.is_empty() {
            true => json!({"type": ["string", "null"]}),
            false => {
                let with_null = members
                    .iter()
                    .map(|member| json!(member))
                    .chain([Value::Null]);
                json!({"enum": with_null.collect::<Vec<_>>()})
            }
        };
        defs.insert(name.clone(), schema);
    }
    for name in types.keys() {
        let mut whole = vec![flat(types, name)];
        derived(types, &children, name, 0, &mut whole);
        let schema = match whole.len() {
            1 => whole.remove(0),
            _ => json!({ "anyOf": whole }),
        };
        defs.insert(name.clone(), schema);
    }
    defs
}

fn derived(
    types: &HashMap<String, Type>,
    children: &BTreeMap<&str, Vec<&str>>,
    name: &str,
    depth: usize,
    whole: &mut Vec<Value>,
) {
    // Of a base of hundreds, the base is enough: which one is meant cannot be known.
    if depth > DEEPEST || whole.len() > 64 {
        return;
    }
    for child in children.get(name).into_iter().flatten() {
        whole.push(flat(types, child));
        derived(types, children, child, depth + 1, whole);
    }
}

/// A type with what it has of its bases.
fn flat(types: &HashMap<String, Type>, name: &str) -> Value {
    let mut properties = Map::new();
    let mut next = Some(name);
    for _ in 0..DEEPEST {
        let Some(one) = next.and_then(|name| types.get(name)) else {
            break;
        };
        for (name, kind) in &one.properties {
            properties.entry(name).or_insert_with(|| of(kind));
        }
        for name in one.navigation.keys() {
            properties.entry(name).or_insert_with(|| json!({}));
        }
        next = one.base.as_deref();
    }
    let mut schema = Map::new();
    schema.insert("type".to_owned(), json!(["object", "null"]));
    schema.insert("properties".to_owned(), Value::Object(properties));
    Value::Object(schema)
}

/// A type in a place.
pub(super) fn of(kind: &TypeRef) -> Value {
    let one = match kind.name.as_str() {
        "Edm.Boolean" => json!({"type": ["boolean", "null"]}),
        "Edm.Byte" | "Edm.SByte" | "Edm.Int16" | "Edm.Int32" | "Edm.Int64" => {
            json!({"type": ["integer", "null"]})
        }
        "Edm.Single" | "Edm.Double" | "Edm.Decimal" => {
            json!({"type": ["number", "string", "null"]})
        }
        "Edm.Untyped" => json!({}),
        name if name.starts_with("Edm.") => json!({"type": ["string", "null"]}),
        name => json!({"$ref": format!("#/$defs/{name}")}),
    };
    match kind.collection {
        true => json!({"type": "array", "items": one}),
        false => one,
    }
}
