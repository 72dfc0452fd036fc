//! Projection: the parts of the data that a caller asked for. Pure.

use serde_json::{Map, Value};

/// Keeps what the dotted paths name. A list is looked through: `results.id` keeps the `id` of every result.
pub(super) fn project(data: Value, fields: &[String]) -> Value {
    if fields.is_empty() {
        return data;
    }
    let paths: Vec<Vec<&str>> = fields
        .iter()
        .map(|field| field.split('.').collect())
        .collect();
    keep(&data, &paths)
}

fn keep(value: &Value, paths: &[Vec<&str>]) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(|item| keep(item, paths)).collect()),
        Value::Object(map) => Value::Object(keep_members(map, paths)),
        scalar => scalar.clone(),
    }
}

fn keep_members(map: &Map<String, Value>, paths: &[Vec<&str>]) -> Map<String, Value> {
    let mut kept = Map::new();
    for (name, value) in map {
        let below: Vec<Vec<&str>> = paths
            .iter()
            .filter_map(|path| path.split_first())
            .filter(|(first, _)| *first == name)
            .map(|(_, rest)| rest.to_vec())
            .collect();
        if below.iter().any(Vec::is_empty) {
            kept.insert(name.clone(), value.clone());
        } else if !below.is_empty() {
            kept.insert(name.clone(), keep(value, &below));
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_keep_what_they_name_and_look_through_lists() {
        let data = json!({"results": [{"id": 1, "x": {"y": 2, "z": 3}}, {"id": 4}], "total": 2});
        let fields = ["results.id".to_owned(), "results.x.y".to_owned()];
        assert_eq!(
            project(data.clone(), &fields),
            json!({"results": [{"id": 1, "x": {"y": 2}}, {"id": 4}]})
        );
        assert_eq!(project(data.clone(), &[]), data);
        assert_eq!(project(data, &["absent".to_owned()]), json!({}));
    }
}
