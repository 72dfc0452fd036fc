//! What a schema says of a value itself, as a parameter says it.

use std::collections::HashSet;

use indexmap::IndexMap;
use serde_json::Value;
use tenon_connector::document::{ParamDoc, ParamType};

use super::texts;

/// The most choices that are kept; a longer list is no help to anybody.
const MOST_CHOICES: usize = 200;

/// What is said of a value itself, without its parts.
pub(super) fn plain(keywords: &IndexMap<&str, &Value>, longest: usize) -> ParamDoc {
    let get = |word: &str| keywords.get(word).copied();
    let text = |word: &str| get(word).and_then(Value::as_str).map(str::to_owned);
    let number = |word: &str| get(word).and_then(Value::as_f64);
    let count = |word: &str| get(word).and_then(Value::as_u64);
    let mut param = ParamDoc::default();
    types(get("type"), &mut param);
    param.description = text("description").and_then(|text| texts::short(&text, longest));
    param.choices = match (get("enum"), get("const")) {
        (Some(Value::Array(list)), _) if list.len() <= MOST_CHOICES => list.clone(),
        (None, Some(only)) => vec![only.clone()],
        _ => Vec::new(),
    };
    param.default = get("default").filter(|value| !value.is_null()).cloned();
    param.format = text("format");
    param.pattern = text("pattern");
    param.minimum = number("minimum");
    param.maximum = number("maximum");
    let (least, most) = match param.kind {
        Some(ParamType::Array) => ("minItems", "maxItems"),
        _ => ("minLength", "maxLength"),
    };
    (param.min_length, param.max_length) = (count(least), count(most));
    let named = get("discriminator").and_then(|one| one.get("propertyName")?.as_str());
    param.discriminator = named.map(str::to_owned);
    let examples = get("examples").and_then(Value::as_array);
    param.examples = examples.into_iter().flatten().take(1).cloned().collect();
    param
}

fn types(words: Option<&Value>, param: &mut ParamDoc) {
    let list = match words {
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(word)) => vec![word.as_str()],
        _ => Vec::new(),
    };
    param.nullable = list.contains(&"null");
    let kinds: Vec<ParamType> = list.iter().filter_map(|word| kind(word)).collect();
    match kinds.as_slice() {
        [] => {}
        [only] => param.kind = Some(*only),
        [ParamType::Integer, ParamType::Number] => param.kind = Some(ParamType::Number),
        several => {
            let one = |kind: &ParamType| ParamDoc {
                kind: Some(*kind),
                ..ParamDoc::default()
            };
            param.any_of = several.iter().map(one).collect();
        }
    }
}

fn kind(word: &str) -> Option<ParamType> {
    Some(match word {
        "string" => ParamType::String,
        "integer" => ParamType::Integer,
        "number" => ParamType::Number,
        "boolean" => ParamType::Boolean,
        "object" => ParamType::Object,
        "array" => ParamType::Array,
        _ => return None,
    })
}

/// Whether it takes anything.
pub(crate) fn is_open(param: &ParamDoc) -> bool {
    param.kind.is_none() && param.any_of.is_empty() && param.choices.is_empty()
}

fn is_scalar(param: &ParamDoc) -> bool {
    !matches!(
        param.kind,
        None | Some(ParamType::Object | ParamType::Array)
    )
}

/// Several alternatives: words of one kind become one list of words, values of one kind that kind, anything else stays several.
pub(super) fn alternatives_of(mut alternatives: Vec<ParamDoc>, param: &mut ParamDoc) {
    param.nullable |= alternatives.iter().any(|one| one.nullable);
    let first = alternatives.first().and_then(|one| one.kind);
    let same = alternatives
        .iter()
        .all(|one| one.kind == first && is_scalar(one));
    if same && param.kind.is_none_or(|kind| Some(kind) == first) {
        param.kind = first;
        let words = alternatives.iter().all(|one| !one.choices.is_empty());
        if words && param.choices.is_empty() {
            let mut seen = HashSet::new();
            let all = alternatives.iter().flat_map(|one| &one.choices);
            let distinct = all.filter(|choice| seen.insert(choice.to_string()));
            param.choices = distinct.cloned().collect();
        }
        return;
    }
    // One that takes anything makes the others pointless.
    let restricted = param.kind.is_some() && alternatives.iter().any(|one| one.kind != param.kind);
    if alternatives.iter().any(is_open) || restricted {
        return;
    }
    alternatives.iter_mut().for_each(|one| one.nullable = false);
    alternatives.dedup_by_key(|one| serde_json::to_string(one).unwrap_or_default());
    if alternatives.len() > 1 {
        param.kind = None;
        param.any_of = alternatives;
    }
}

/// What does not go together is made to: a default that is no choice, a pattern of a number.
pub(super) fn settle(param: &mut ParamDoc) {
    if param.kind.is_none() && !param.choices.is_empty() && param.any_of.is_empty() {
        param.kind = kind_of_choices(&param.choices);
    }
    let choices = std::mem::take(&mut param.choices);
    param.choices = choices
        .into_iter()
        .filter(|choice| is_of(choice, param.kind))
        .collect();
    if param.nullable && !param.choices.is_empty() {
        param.choices.push(Value::Null);
    }
    let text = param.kind == Some(ParamType::String);
    let number = matches!(param.kind, Some(ParamType::Integer | ParamType::Number));
    if !text || !param.choices.is_empty() {
        (param.pattern, param.format) = (None, None);
    }
    if !number {
        (param.minimum, param.maximum) = (None, None);
    }
    if !text && param.kind != Some(ParamType::Array) {
        (param.min_length, param.max_length) = (None, None);
    }
    let default = param.default.take();
    param.default = default.filter(|value| {
        is_of(value, param.kind) && (param.choices.is_empty() || param.choices.contains(value))
    });
    param.any_of.iter_mut().for_each(|one| one.default = None);
}

fn kind_of_choices(choices: &[Value]) -> Option<ParamType> {
    let kinds = [
        ParamType::String,
        ParamType::Boolean,
        ParamType::Integer,
        ParamType::Number,
    ];
    let all = |kind: &ParamType| {
        choices
            .iter()
            .filter(|choice| !choice.is_null())
            .all(|choice| is_of(choice, Some(*kind)))
    };
    kinds.into_iter().find(all)
}

/// Whether a value is of a kind.
pub(crate) fn is_of(value: &Value, kind: Option<ParamType>) -> bool {
    match kind {
        None => true,
        Some(ParamType::String) => value.is_string(),
        Some(ParamType::Integer) => value.is_i64() || value.is_u64(),
        Some(ParamType::Number) => value.is_number(),
        Some(ParamType::Boolean) => value.is_boolean(),
        Some(ParamType::Object | ParamType::File) => value.is_object(),
        Some(ParamType::Array) => value.is_array(),
    }
}
