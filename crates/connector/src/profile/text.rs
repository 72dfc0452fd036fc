//! What a provider's schema cannot say stands in the description.

use serde_json::{Map, Value, json};

use super::{MOST_VALUES, Profile};
use crate::expr::text_of;

/// The description: what the schema says, and what is lost of it.
pub(super) fn describe(schema: &Value, map: &mut Map<String, Value>, profile: Profile) {
    let said = |word: &str| schema.get(word).and_then(Value::as_str);
    if let Some(text) = said("description").or(said("title")) {
        add(map, text);
    }
    if let Some(default) = schema.get("default").filter(|default| !is_empty(default)) {
        add(map, &format!("Default: {}.", text_of(default)));
    }
    if let Some(format) = said("format").filter(|_| map.get("format").is_none()) {
        add(map, &format!("Format: {format}."));
    }
    let length = schema
        .get("maxLength")
        .filter(|_| profile == Profile::OpenAi);
    if let Some(length) = length {
        add(map, &format!("At most {length} characters."));
    }
    let values = schema.get("enum").and_then(Value::as_array);
    if let Some(values) = values.filter(|values| values.len() > MOST_VALUES) {
        let shown: Vec<_> = values.iter().take(MOST_VALUES).map(text_of).collect();
        add(map, &format!("One of: {}, …", shown.join(", ")));
    }
}

/// One more sentence.
pub(super) fn add(map: &mut Map<String, Value>, sentence: &str) {
    let text = match map.get("description").and_then(Value::as_str) {
        Some(before) => format!("{before} {sentence}"),
        None => sentence.to_owned(),
    };
    map.insert("description".to_owned(), json!(text));
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}
