//! What a request carries, against what the operation takes.

use serde_json::{Map, Value, json};
use tenon_connector::{Body, Content, Part, Plan};

use super::Look;
use super::address::Match;
use super::filled::ANY;
use super::knows::{Member, Shape, Told, walk};
use super::values::{Strictness, misfits, typed};
use crate::shape::{Content as Described, RequestBody};

/// Names and values.
pub(super) fn check(look: &mut Look<'_>, plan: &Plan, matched: &Match<'_>) {
    let Some((content, value)) = prepared(look, plan, matched) else {
        return;
    };
    names(look, matched, content, &value, false);
    let strictness = Strictness::Whole;
    for (at, message) in misfits(matched.defs, &content.schema, &value, strictness) {
        look.find(format!("body{at}"), message);
    }
}

/// Names alone: those that are unknown, and required ones that no parameter gives.
pub(super) fn check_names(look: &mut Look<'_>, plan: &Plan, matched: &Match<'_>) {
    if let Some((content, value)) = prepared(look, plan, matched) {
        names(look, matched, content, &value, true);
    }
}

fn names(look: &mut Look<'_>, matched: &Match<'_>, content: &Described, value: &Value, full: bool) {
    let shape = Shape::new(matched.defs, &content.schema);
    walk(&shape, value, "body", &mut |at, told| match told {
        Told::Unknown if at.ends_with(ANY) => {}
        Told::Unknown => look.find(at, "the vendor does not know it"),
        // An object that takes whatever the caller adds can be given what is required.
        Told::Missing(object) if full && !object.contains_key(ANY) => {
            look.find(at, "the vendor requires it, and no parameter gives it");
        }
        Told::Missing(_) => {}
    });
}

/// The body as JSON and what the vendor says of that format; findings where there is no such thing.
fn prepared<'a>(
    look: &mut Look<'_>,
    plan: &Plan,
    matched: &'a Match<'_>,
) -> Option<(&'a Described, Value)> {
    let takes = matched.operation.body.as_ref();
    let Some(wanted) = takes.filter(|body| !body.contents.is_empty()) else {
        if plan.body != Body::Empty && takes.is_none() && matched.operation.media.is_none() {
            look.find("body", "the operation takes no body");
        }
        return None;
    };
    let kind = match &plan.body {
        Body::Empty => {
            if wanted.required {
                look.find("body", "the vendor requires a body");
            }
            return None;
        }
        Body::Json(_) | Body::Related { .. } => "application/json".to_owned(),
        Body::Form(_) => "application/x-www-form-urlencoded".to_owned(),
        Body::Multipart(_) => "multipart/form-data".to_owned(),
        Body::Raw { content_type, .. } => bare(content_type).to_owned(),
    };
    let Some(content) = content_of(wanted, &kind) else {
        let taken: Vec<_> = wanted.contents.keys().map(String::as_str).collect();
        let message = format!("the vendor takes {}, not {kind}", taken.join(", "));
        look.find("body", message);
        return None;
    };
    let value = match &plan.body {
        Body::Json(value) | Body::Related { json: value, .. } => value.clone(),
        Body::Form(pairs) => form(matched, &content.schema, pairs),
        Body::Multipart(parts) => multipart(matched, &content.schema, parts),
        // What the bytes of a file mean is beyond a schema.
        Body::Raw { .. } | Body::Empty => return None,
    };
    Some((content, value))
}

fn bare(media_type: &str) -> &str {
    media_type.split(';').next().unwrap_or_default().trim()
}

/// The content of a media type, also where the vendor names a variant or a range of it.
fn content_of<'a>(body: &'a RequestBody, kind: &str) -> Option<&'a Described> {
    let fits = |offered: &str| {
        let offered = bare(offered);
        let range = offered.strip_suffix("/*");
        offered.eq_ignore_ascii_case(kind)
            || offered == "*/*"
            || range.is_some_and(|range| kind.starts_with(range))
            || (kind == "application/json"
                && (offered.ends_with("+json") || offered.ends_with("/json")))
    };
    let found = body.contents.iter().find(|(offered, _)| fits(offered));
    found.map(|(_, content)| content)
}

/// A form's `a[b][0]=x` as nested JSON, typed by the schema.
fn form(matched: &Match<'_>, schema: &Value, pairs: &[(String, String)]) -> Value {
    let mut root = json!({});
    for (name, text) in pairs {
        let path: Vec<&str> = name
            .split('[')
            .map(|part| part.trim_end_matches(']'))
            .collect();
        put(&mut root, &path, Value::String(text.clone()));
    }
    let shape = Shape::new(matched.defs, schema);
    retype(matched, &shape, lists(root))
}

fn put(value: &mut Value, path: &[&str], leaf: Value) {
    let Some((first, rest)) = path.split_first() else {
        *value = leaf;
        return;
    };
    if !value.is_object() {
        *value = json!({});
    }
    if let Value::Object(map) = value {
        // `a[]=x` has no index: the next one is the number of those before.
        let key = match first.is_empty() {
            true => map.len().to_string(),
            false => (*first).to_owned(),
        };
        put(map.entry(key).or_insert(Value::Null), rest, leaf);
    }
}

/// Objects with the keys 0, 1, 2 … are lists.
fn lists(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let counted = !map.is_empty()
                && map
                    .keys()
                    .enumerate()
                    .all(|(index, key)| *key == index.to_string());
            if counted {
                return Value::Array(map.into_iter().map(|(_, value)| lists(value)).collect());
            }
            let inner = map.into_iter().map(|(key, value)| (key, lists(value)));
            Value::Object(inner.collect::<Map<_, _>>())
        }
        other => other,
    }
}

fn retype(matched: &Match<'_>, shape: &Shape<'_>, value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let member = |(key, value): (String, Value)| {
                let value = match shape.member(&key) {
                    Member::Known(shape) => retype(matched, &shape, value),
                    _ => value,
                };
                (key, value)
            };
            Value::Object(map.into_iter().map(member).collect())
        }
        Value::Array(items) => {
            let shape = shape.items();
            let retyped = items.into_iter().map(|item| retype(matched, &shape, item));
            Value::Array(retyped.collect())
        }
        Value::String(text) => shape.typed(|schema| typed(matched.defs, schema, &text)),
        other => other,
    }
}

/// A multipart body as the object that descriptions make of it: files are texts.
fn multipart(matched: &Match<'_>, schema: &Value, parts: &[Part]) -> Value {
    let shape = Shape::new(matched.defs, schema);
    let mut map = Map::new();
    for part in parts {
        let text = part_text(part);
        let value = match shape.member(&part.name) {
            Member::Known(shape) if !text.is_empty() => {
                shape.typed(|schema| typed(matched.defs, schema, &text))
            }
            _ => Value::String(text),
        };
        map.insert(part.name.clone(), value);
    }
    Value::Object(map)
}

fn part_text(part: &Part) -> String {
    match part.filename {
        Some(_) => "file".to_owned(),
        None => match &part.content {
            Content::Inline(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Content::Stored(_) => "file".to_owned(),
        },
    }
}
