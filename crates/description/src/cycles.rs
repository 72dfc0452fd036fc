//! Schemas that mean themselves without saying anything between: `A` is all of `A`. No value could ever be checked
//! against one, so the reference that closes such a circle is cut.

use std::collections::HashMap;

use serde_json::Value;

use crate::keywords::IN_PLACE;
use crate::reader::Reader;

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    Open,
    Done,
}

/// Cuts every circle.
pub(crate) fn cut(reader: &mut Reader<'_>) {
    let mut edges: HashMap<String, Vec<String>> = HashMap::new();
    for (name, schema) in &reader.defs {
        let mut targets = Vec::new();
        in_place(schema, &mut |target| targets.push(target.to_owned()));
        if !targets.is_empty() {
            edges.insert(name.clone(), targets);
        }
    }
    for (from, to) in circles(&edges) {
        let message =
            format!("the schema `{from}` is a part of itself by `{to}`; taken as any value there");
        reader.note(&format!("/$defs/{from}"), message);
        let closing = format!("#/$defs/{to}");
        if let Some(schema) = reader.defs.get_mut(&from) {
            open(schema, &closing);
        }
    }
}

/// The edges that close a circle. A path that is walked holds its own stack: chains may be long.
fn circles(edges: &HashMap<String, Vec<String>>) -> Vec<(String, String)> {
    let mut marks: HashMap<&str, Mark> = HashMap::new();
    let mut closing = Vec::new();
    let mut starts: Vec<&String> = edges.keys().collect();
    starts.sort();
    for start in starts {
        if marks.contains_key(start.as_str()) {
            continue;
        }
        marks.insert(start, Mark::Open);
        let mut path: Vec<(&str, usize)> = vec![(start, 0)];
        while let Some((name, next)) = path.pop() {
            let target = edges.get(name).and_then(|targets| targets.get(next));
            let Some(target) = target else {
                marks.insert(name, Mark::Done);
                continue;
            };
            path.push((name, next + 1));
            match marks.get(target.as_str()) {
                Some(Mark::Open) => closing.push((name.to_owned(), target.clone())),
                Some(Mark::Done) => {}
                None => {
                    marks.insert(target, Mark::Open);
                    path.push((target, 0));
                }
            }
        }
    }
    closing
}

/// The names of the schemas that a value of this schema is checked against as well.
fn in_place(schema: &Value, see: &mut dyn FnMut(&str)) {
    let Some(map) = schema.as_object() else {
        return;
    };
    let target = map.get("$ref").and_then(Value::as_str);
    if let Some(name) = target.and_then(|target| target.strip_prefix("#/$defs/")) {
        see(name);
    }
    for keyword in IN_PLACE {
        match map.get(keyword) {
            Some(Value::Array(list)) => list.iter().for_each(|one| in_place(one, see)),
            Some(Value::Object(named)) if keyword == "dependentSchemas" => {
                named.values().for_each(|one| in_place(one, see));
            }
            Some(one) => in_place(one, see),
            None => {}
        }
    }
}

fn open(schema: &mut Value, closing: &str) {
    let Some(map) = schema.as_object_mut() else {
        return;
    };
    if map.get("$ref").and_then(Value::as_str) == Some(closing) {
        map.remove("$ref");
    }
    for keyword in IN_PLACE {
        match map.get_mut(keyword) {
            Some(Value::Array(list)) => list.iter_mut().for_each(|one| open(one, closing)),
            Some(Value::Object(named)) if keyword == "dependentSchemas" => {
                named.values_mut().for_each(|one| open(one, closing));
            }
            Some(one) => open(one, closing),
            None => {}
        }
    }
}
