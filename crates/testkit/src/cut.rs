//! Makes of a vendor's OpenAPI description one that Prism can serve: the operations that are asked for, and what they refer to.
//!
//! Large descriptions do not start within minutes, answers that refer to themselves hang Prism, and some spellings make
//! it drop a check without a word. What requests must look like stays as the vendor says it.

use serde_json::{Map, Value, json};

/// The description of these requests, each a method and a path, alone. A request that no operation describes is left out.
pub fn cut(description: &Value, requests: &[(String, String)]) -> Value {
    let mut paths = Map::new();
    for (method, path) in requests {
        let method = method.to_ascii_lowercase();
        if let Some((template, item)) = find(description, &method, path) {
            let kept = paths.entry(template.clone()).or_insert_with(|| json!({}));
            if let Some(shared) = item.get("parameters") {
                kept["parameters"] = shared.clone();
            }
            kept[&method] = request_of(&item[&method]);
        }
    }
    let schemes = &description["components"]["securitySchemes"];
    let mut cut = json!({
        "openapi": description["openapi"], "info": {"title": "cut", "version": "1"},
        "paths": paths, "components": {"securitySchemes": schemes},
    });
    if let Some(security) = description.get("security") {
        cut["security"] = security.clone();
    }
    bring_references(description, &mut cut);
    settle_parameters(&mut cut);
    mend(&mut cut);
    cut
}

/// Whether an operation describes this request.
pub fn covers(description: &Value, (method, path): &(String, String)) -> bool {
    find(description, &method.to_ascii_lowercase(), path).is_some()
}

/// The operation that describes a request best: of all whose template fits, the one with the most words in common.
fn find<'a>(description: &'a Value, method: &str, path: &str) -> Option<(&'a String, &'a Value)> {
    let paths = description["paths"].as_object()?;
    let fitting = paths.iter().filter_map(|(template, item)| {
        item.get(method)?;
        literal_segments(template, path).map(|count| (count, (template, item)))
    });
    let best = fitting.max_by_key(|(count, _)| *count);
    best.map(|(_, found)| found)
}

/// How many segments of a path are as its template spells them; nothing where the path does not fit.
fn literal_segments(template: &str, path: &str) -> Option<usize> {
    let (template, path) = (template.trim_matches('/'), path.trim_matches('/'));
    let (names, values): (Vec<_>, Vec<_>) =
        (template.split('/').collect(), path.split('/').collect());
    if names.len() != values.len() {
        return None;
    }
    let mut count = 0;
    for (name, value) in names.iter().zip(values) {
        match (name.split_once('{'), name.rsplit_once('}')) {
            (Some((before, _)), Some((_, after))) => {
                value.strip_prefix(before)?.strip_suffix(after)?;
            }
            _ if *name == value => count += 1,
            _ => return None,
        }
    }
    Some(count)
}

/// An operation whose answer is empty: this is about requests, and some ask for a type of answer that is not described.
fn request_of(operation: &Value) -> Value {
    let mut kept = operation.clone();
    kept["responses"] = json!({"200": {"description": "ok"}});
    if let Some(kept) = kept.as_object_mut() {
        kept.remove("callbacks");
        kept.remove("servers");
    }
    kept
}

/// Copies everything that is referred to, until nothing is missing.
fn bring_references(description: &Value, cut: &mut Value) {
    let mut waiting = references(&cut["paths"]);
    while let Some(pointer) = waiting.pop() {
        let Some([group, name]) = component(&pointer) else {
            continue;
        };
        if cut["components"][&group].get(&name).is_some() {
            continue;
        }
        let part = description["components"][&group][&name].clone();
        waiting.extend(references(&part));
        cut["components"][group][name] = part;
    }
}

/// Puts shared parameters where they are referred to, so that those that do not count can be taken away.
fn settle_parameters(cut: &mut Value) {
    let shared = cut["components"]
        .get("parameters")
        .cloned()
        .unwrap_or_default();
    let items = cut["paths"]
        .as_object_mut()
        .into_iter()
        .flat_map(Map::values_mut);
    for item in items.filter_map(Value::as_object_mut) {
        let own = item
            .values_mut()
            .filter_map(|operation| operation.get_mut("parameters"));
        for parameter in own.filter_map(Value::as_array_mut).flatten() {
            if let Some([_, name]) = parameter["$ref"].as_str().and_then(component) {
                *parameter = shared[name].clone();
            }
        }
    }
}

/// The group and the name in `#/components/GROUP/NAME`.
fn component(pointer: &str) -> Option<[String; 2]> {
    let (group, name) = pointer.strip_prefix("#/components/")?.split_once('/')?;
    let name = name
        .split('/')
        .next()?
        .replace("~1", "/")
        .replace("~0", "~");
    Some([group.to_owned(), name])
}

fn references(value: &Value) -> Vec<String> {
    match value {
        Value::Object(map) => map
            .iter()
            .flat_map(|(key, value)| match value.as_str() {
                Some(pointer) if key == "$ref" => vec![pointer.to_owned()],
                _ => references(value),
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

/// Takes away what Prism stumbles over: examples of null, `nullable` where its compiler knows no type for it, and the
/// parameters that OpenAPI says to ignore.
fn mend(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if let Some(Value::Array(parameters)) = map.get_mut("parameters") {
                parameters.retain(|parameter| !is_ignored(parameter));
            }
            if map.get("example").is_some_and(Value::is_null) {
                map.remove("example");
            }
            if map.get("nullable") == Some(&json!(true)) && !map.contains_key("type") {
                map.remove("nullable");
            }
            if map.get("nullable") == Some(&json!(true))
                && let Some(Value::Array(values)) = map.get_mut("enum")
            {
                values.retain(|value| !value.is_null());
            }
            map.values_mut().for_each(mend);
        }
        Value::Array(items) => items.iter_mut().for_each(mend),
        _ => {}
    }
}

/// "If `in` is `header` and the `name` field is Accept, Content-Type or Authorization, the parameter definition SHALL be ignored."
fn is_ignored(parameter: &Value) -> bool {
    let named = |name: &str| {
        let given = parameter["name"].as_str().unwrap_or_default();
        given.eq_ignore_ascii_case(name)
    };
    parameter["in"] == "header"
        && ["accept", "content-type", "authorization"]
            .into_iter()
            .any(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requests(list: &[(&str, &str)]) -> Vec<(String, String)> {
        let owned = |(method, path): &(&str, &str)| ((*method).to_owned(), (*path).to_owned());
        list.iter().map(owned).collect()
    }

    #[test]
    fn the_operation_with_the_most_words_in_common_is_kept_with_what_it_refers_to() {
        let description = json!({"openapi": "3.0.3", "paths": {
            "/things/{id}": {"get": {"operationId": "one"}, "put": {}},
            "/things/mine": {"get": {"operationId": "mine", "parameters": [{"$ref": "#/components/parameters/page"}]}},
            "/things/{id}.json": {"get": {"operationId": "file"}},
        }, "components": {
            "parameters": {"page": {"schema": {"$ref": "#/components/schemas/page"}}, "other": {}},
            "schemas": {"page": {"type": "integer", "example": null}},
        }});
        let kept = cut(
            &description,
            &requests(&[("GET", "/things/mine"), ("GET", "/nothing/like/it")]),
        );
        assert_eq!(kept["paths"].as_object().map(Map::len), Some(1));
        assert_eq!(kept["paths"]["/things/mine"]["get"]["operationId"], "mine");
        assert_eq!(
            kept["components"]["schemas"]["page"],
            json!({"type": "integer"})
        );
        assert!(kept["components"]["parameters"].get("other").is_none());
        let kept = cut(
            &description,
            &requests(&[("GET", "/things/7"), ("GET", "/things/7.json")]),
        );
        assert_eq!(kept["paths"].as_object().map(Map::len), Some(2), "{kept}");
    }
}
