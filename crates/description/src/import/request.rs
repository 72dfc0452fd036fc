//! The request of an action: path, query, headers.

use serde_json::{Map, Value, json};
use tenon_connector::document::{ParamDoc, ParamType};

use super::bounded::{self, Direction};
use super::draft::Draft;
use super::{body, sample};
use crate::shape::{Description, Encoding, Operation, Parameter, Place};

/// Headers that are the gateway's own business.
const NOT_OURS: [&str; 7] = [
    "authorization",
    "cookie",
    "host",
    "content-length",
    "connection",
    "transfer-encoding",
    "user-agent",
];
/// The most nodes of a parameter outside of the body.
const NODES: usize = 60;

/// A reference to a parameter.
pub(crate) fn reference(name: &str) -> Value {
    Value::String(format!("{{{{ {name} }}}}"))
}

/// Fills the draft's parameters and request.
pub(crate) fn fill(
    description: &Description,
    operation: &Operation,
    path: &str,
    draft: &mut Draft,
) -> Result<(), String> {
    let line = line(description, operation, path, draft)?;
    let method = match operation.method.as_str() {
        method @ ("GET" | "POST" | "PUT" | "PATCH" | "DELETE") => method.to_ascii_lowercase(),
        method => return Err(format!("{method} is not a method of actions")),
    };
    draft.request.insert(method, Value::String(line));
    let own = |place: Place| {
        let of_place = move |param: &&Parameter| param.place == place && !param.common;
        operation.params.iter().filter(of_place)
    };
    let mut query = Map::new();
    for param in own(Place::Query) {
        add_query(description, param, draft, &mut query);
    }
    if !query.is_empty() {
        draft
            .request
            .insert("query".to_owned(), Value::Object(query));
    }
    let mut headers = Map::new();
    for param in own(Place::Header) {
        let lower = param.name.to_ascii_lowercase();
        if !NOT_OURS.contains(&lower.as_str()) {
            let value = value(description, param, draft);
            headers.insert(param.name.clone(), value);
        }
    }
    body::fill(description, operation, draft, &mut headers)?;
    if !headers.is_empty() {
        draft
            .request
            .insert("headers".to_owned(), Value::Object(headers));
    }
    Ok(())
}

/// The path with references in the place of its variables.
fn line(
    description: &Description,
    operation: &Operation,
    path: &str,
    draft: &mut Draft,
) -> Result<String, String> {
    let mut line = String::new();
    let mut names: Vec<(&str, String)> = Vec::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        line.push_str(&encoded(before));
        let (variable, behind) = after
            .split_once('}')
            .ok_or("the path's braces do not fit")?;
        rest = behind;
        if let Some((_, known)) = names.iter().find(|(name, _)| *name == variable) {
            line.push_str(known);
            continue;
        }
        let mine = |param: &&Parameter| param.place == Place::Path && param.name == variable;
        let param = operation.params.iter().find(mine);
        let param = param.ok_or_else(|| format!("`{{{variable}}}` is not described"))?;
        let text = match value(description, param, draft) {
            Value::String(text) if text.contains("{{") => text,
            Value::String(text) => encoded(&text).replace('/', "%2F"),
            other => other.to_string(),
        };
        line.push_str(&text);
        names.push((variable, text));
    }
    line.push_str(&encoded(rest));
    Ok(line)
}

/// What cannot stand in a path as it is, percent-encoded.
fn encoded(text: &str) -> String {
    use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
    const UNFIT: &AsciiSet = &CONTROLS
        .add(b' ')
        .add(b'"')
        .add(b'#')
        .add(b'<')
        .add(b'>')
        .add(b'?')
        .add(b'[')
        .add(b']')
        .add(b'\\')
        .add(b'^')
        .add(b'`')
        .add(b'{')
        .add(b'|')
        .add(b'}');
    utf8_percent_encode(text, UNFIT).to_string()
}

/// The parameter as the description has it, without what does not go to the wire.
fn made(description: &Description, param: &Parameter) -> ParamDoc {
    let mut made = bounded::param(&description.defs, &param.schema, Direction::Sent, NODES);
    made.required = param.required;
    let own = param.description.as_deref();
    let own = own.and_then(|text| super::texts::short(text, 300));
    made.description = own.or(made.description);
    if made.kind.is_none() && made.any_of.is_empty() && param.place != Place::Query {
        made.kind = Some(ParamType::String);
    }
    // What is not sent at all says null better than a text `null`.
    made.nullable = false;
    made.choices.retain(|choice| !choice.is_null());
    if param.place != Place::Header {
        said_default(&mut made);
    }
    made
}

/// The vendor's default is the vendor's to fill in: sent along, it would change what a call without it means. It is told.
pub(crate) fn said_default(param: &mut ParamDoc) {
    let Some(default) = param.default.take() else {
        return;
    };
    let plain = !default.is_object() && !default.is_array() && default != json!("");
    if plain && default.to_string().len() < 60 {
        let about = param.description.take().map(|text| text + " ");
        param.description = Some(format!("{}Default: {default}.", about.unwrap_or_default()));
    }
    param
        .properties
        .values_mut()
        .for_each(|member| member.default = None);
}

/// What stands for a parameter in the request: a reference to it, or the only value that it may have.
fn value(description: &Description, param: &Parameter, draft: &mut Draft) -> Value {
    let mut made = made(description, param);
    let name = param.name.to_lowercase().replace('-', "_");
    if matches!(name.as_str(), "idempotency_key" | "x_idempotency_key") {
        draft.idempotent = Some(true);
        return reference("idempotency_key");
    }
    if let Some(only) = the_only(&made) {
        return only;
    }
    let example = param.example.iter().chain(made.examples.first());
    let example = example
        .into_iter()
        .find(|value| sample::is_handy(value))
        .cloned();
    made.examples.clear();
    let filter = filter(&made, &param.encoding);
    let name = draft.add(&param.name, param.place.as_str(), made);
    if let Some(example) = example {
        draft.input.insert(name.clone(), example);
    }
    match filter {
        Some(filter) if param.required => json!(format!("{{{{ {name} | {filter} }}}}")),
        Some(filter) => json!(format!("{{{{ {name} | {filter} if {name} is defined }}}}")),
        None => reference(&name),
    }
}

/// The only value that a required parameter may have, where it can stand in a text.
pub(crate) fn the_only(param: &ParamDoc) -> Option<Value> {
    let [only] = param.choices.as_slice() else {
        return None;
    };
    let plain = match only {
        Value::String(text) => !text.is_empty() && !text.contains("{{") && !text.contains("{%"),
        Value::Number(_) | Value::Bool(_) => true,
        _ => false,
    };
    (param.required && plain).then(|| only.clone())
}

/// How a list or an object becomes the text that the vendor expects.
fn filter(param: &ParamDoc, encoding: &Encoding) -> Option<&'static str> {
    if encoding
        .content_type
        .as_deref()
        .is_some_and(|media| media.contains("json"))
    {
        return Some("tojson");
    }
    if param.kind != Some(ParamType::Array) {
        return None;
    }
    match (encoding.style.as_str(), encoding.explode) {
        ("spaceDelimited", _) => Some("join(' ')"),
        ("pipeDelimited", _) => Some("join('|')"),
        ("tabDelimited", _) => Some("join('\t')"),
        (_, Some(false)) => Some("csv"),
        ("simple", _) => Some("csv"),
        _ => None,
    }
}

fn add_query(
    description: &Description,
    param: &Parameter,
    draft: &mut Draft,
    query: &mut Map<String, Value>,
) {
    let value = value(description, param, draft);
    if let Some(name) = referred(&value).filter(|name| draft.params.contains_key(*name)) {
        draft.query.insert(param.name.clone(), name.to_owned());
    }
    // A list whose name says so already (`ids[]`) is repeated like any other.
    let object = referred(&value).is_some_and(|name| is_object(draft, name));
    let spread = object
        && matches!(param.encoding.style.as_str(), "" | "form")
        && param.encoding.explode != Some(false)
        && param.encoding.content_type.is_none()
        && !query.contains_key("...");
    let key = if spread { "..." } else { param.name.as_str() };
    query.insert(key.to_owned(), value);
}

/// The parameter that a value is nothing but a reference to.
fn referred(value: &Value) -> Option<&str> {
    let name = value.as_str()?.strip_prefix("{{ ")?.strip_suffix(" }}")?;
    (!name.contains(' ')).then_some(name)
}

fn is_object(draft: &Draft, name: &str) -> bool {
    let param = draft.params.get(name);
    param.is_some_and(|param| param.kind == Some(ParamType::Object))
}
