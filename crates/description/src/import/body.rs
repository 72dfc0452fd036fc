//! The body of an action's request: one parameter for each member of the object that it is, or one for all of it.

use serde_json::{Map, Value, json};
use tenon_connector::document::{ParamDoc, ParamType};

use super::bounded::{self, Direction};
use super::draft::Draft;
use super::request::{reference, said_default, the_only};
use super::{sample, value};
use crate::shape::{Content, Description, Operation, RequestBody};

/// The most nodes of a body.
const NODES: usize = 250;

/// How a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    Form,
    Multipart,
    Raw,
}

impl Format {
    fn of(media: &str) -> Self {
        let media = media.split(';').next().unwrap_or_default().trim();
        if media.ends_with("json") || media == "*/*" {
            Self::Json
        } else if media == "application/x-www-form-urlencoded" {
            Self::Form
        } else if media.starts_with("multipart/") {
            Self::Multipart
        } else {
            Self::Raw
        }
    }
}

/// Fills the draft's body.
pub(crate) fn fill(
    description: &Description,
    operation: &Operation,
    draft: &mut Draft,
    headers: &mut Map<String, Value>,
) -> Result<(), String> {
    let Some(body) = &operation.body else {
        return Ok(());
    };
    let optional = !body.required && matches!(operation.method.as_str(), "GET" | "DELETE");
    let Some((format, media, content)) = chosen(body).filter(|_| !optional) else {
        return Ok(());
    };
    let whole = bounded::param(&description.defs, &content.schema, Direction::Sent, NODES);
    match format {
        Format::Raw => raw(media, body, draft),
        Format::Json => {
            if media != "application/json" && media != "*/*" {
                headers.insert("Content-Type".to_owned(), json!(media));
            }
            let value = json_body(whole, body, content, draft);
            draft.request.insert("json".to_owned(), value);
        }
        Format::Form => {
            let whole = whole_object(whole)?;
            if repeats(&whole, content) {
                draft
                    .request
                    .insert("form_lists".to_owned(), json!("repeat"));
            }
            let members = members(whole, content, draft, false);
            draft
                .request
                .insert("form".to_owned(), Value::Object(members));
        }
        Format::Multipart => {
            let whole = whole_object(whole).unwrap_or_else(|_a_file| lone_file());
            let members = members(whole, content, draft, true);
            draft
                .request
                .insert("multipart".to_owned(), Value::Object(members));
        }
    }
    Ok(())
}

/// The media type that is taken: JSON before forms before anything else.
fn chosen(body: &RequestBody) -> Option<(Format, &str, &Content)> {
    let formats = [Format::Json, Format::Form, Format::Multipart, Format::Raw];
    let of = |wanted: Format| {
        let mut contents = body.contents.iter();
        contents.find(|(media, _)| Format::of(media) == wanted)
    };
    formats.into_iter().find_map(|format| {
        let (media, content) = of(format)?;
        Some((format, media.as_str(), content))
    })
}

fn whole_object(param: ParamDoc) -> Result<ParamDoc, String> {
    let whole = united(param);
    let open = value::is_open(&whole) || whole.kind == Some(ParamType::Object);
    if open {
        return Ok(whole);
    }
    Err("a form must be an object".to_owned())
}

/// Lists repeat their name unless the description says that brackets are used (OpenAPI, Encoding Object).
fn repeats(whole: &ParamDoc, content: &Content) -> bool {
    let deep = content
        .encoding
        .values()
        .any(|one| one.style == "deepObject");
    let list = |param: &ParamDoc| param.kind == Some(ParamType::Array);
    !deep && whole.properties.values().any(list)
}

fn json_body(whole: ParamDoc, body: &RequestBody, content: &Content, draft: &mut Draft) -> Value {
    let whole = united(whole);
    if whole.kind == Some(ParamType::Object) && !whole.properties.is_empty() {
        return Value::Object(members(whole, content, draft, false));
    }
    let mut param = whole;
    param.required = body.required;
    param.examples.clear();
    if param.description.is_none() {
        let described = body.description.as_deref();
        let described = described.and_then(|text| super::texts::short(text, 300));
        param.description = described.or_else(|| Some("The whole body of the request.".to_owned()));
    }
    let name = draft.add("body", "json", param);
    if let Some(example) = content.example.clone().filter(sample::is_handy) {
        draft.input.insert(name.clone(), example);
    }
    reference(&name)
}

/// Alternatives that are all objects become one object: all members of any, required where all require them. The member
/// that tells them apart keeps every word that it may be.
fn united(param: ParamDoc) -> ParamDoc {
    let is_object =
        |one: &ParamDoc| one.kind == Some(ParamType::Object) && !one.properties.is_empty();
    if param.any_of.is_empty() || !param.any_of.iter().all(is_object) {
        return param;
    }
    let required = |name: &str| {
        let mut all = param.any_of.iter();
        all.all(|one| {
            one.properties
                .get(name)
                .is_some_and(|member| member.required)
        })
    };
    let mut union = ParamDoc {
        kind: Some(ParamType::Object),
        description: param.description.clone(),
        ..ParamDoc::default()
    };
    for (name, member) in param.any_of.iter().flat_map(|one| &one.properties) {
        match union.properties.get_mut(name) {
            None => {
                let member = ParamDoc {
                    required: required(name),
                    ..member.clone()
                };
                union.properties.insert(name.clone(), member);
            }
            Some(known) if known.kind != member.kind => {
                (known.kind, known.choices) = (None, Vec::new());
                (known.properties, known.items) = (Default::default(), None);
            }
            Some(known) if member.choices.is_empty() => known.choices.clear(),
            Some(known) if !known.choices.is_empty() => {
                let new = member
                    .choices
                    .iter()
                    .filter(|choice| !known.choices.contains(choice));
                let new: Vec<Value> = new.cloned().collect();
                known.choices.extend(new);
            }
            Some(_) => {}
        }
    }
    union
}

/// One parameter for each member.
fn members(
    whole: ParamDoc,
    content: &Content,
    draft: &mut Draft,
    files: bool,
) -> Map<String, Value> {
    let mut made = Map::new();
    let open = whole.additional.is_some() || whole.properties.is_empty();
    for (wire, mut member) in whole.properties {
        if matches!(wire.as_str(), "idempotency_key" | "idempotencyKey") {
            draft.idempotent = Some(true);
            made.insert(wire, reference("idempotency_key"));
            continue;
        }
        if let Some(only) = the_only(&member) {
            made.insert(wire, only);
            continue;
        }
        if files && let Some(file) = file(&member) {
            member = file;
        }
        let own = content
            .example
            .as_ref()
            .and_then(|example| example.get(&wire));
        let example = own
            .or(member.examples.first())
            .filter(|value| sample::is_handy(value));
        let example = example.cloned();
        member.examples.clear();
        said_default(&mut member);
        let name = draft.add(&wire, "body", member);
        if let Some(example) = example {
            draft.input.insert(name.clone(), example);
        }
        made.insert(wire, reference(&name));
    }
    if open {
        let more = ParamDoc {
            kind: Some(ParamType::Object),
            additional: whole.additional,
            description: Some("Further members, by the vendor's names.".to_owned()),
            ..ParamDoc::default()
        };
        let name = draft.add("additional_fields", "body", more);
        made.insert("...".to_owned(), reference(&name));
    }
    made
}

/// A form that is a file, by a vendor who did not name its field.
fn lone_file() -> ParamDoc {
    let file = ParamDoc {
        kind: Some(ParamType::String),
        format: Some("binary".to_owned()),
        required: true,
        ..ParamDoc::default()
    };
    ParamDoc {
        kind: Some(ParamType::Object),
        properties: [("file".to_owned(), file)].into(),
        ..ParamDoc::default()
    }
}

/// A file of a form, or several.
fn file(member: &ParamDoc) -> Option<ParamDoc> {
    let binary = |param: &ParamDoc| matches!(param.format.as_deref(), Some("binary" | "base64"));
    let listed = member.items.as_deref().is_some_and(binary);
    if !binary(member) && !listed {
        return None;
    }
    let whole = ParamDoc {
        kind: Some(ParamType::File),
        required: member.required,
        description: member.description.clone(),
        ..ParamDoc::default()
    };
    if !listed {
        return Some(whole);
    }
    let item = ParamDoc {
        kind: Some(ParamType::File),
        ..ParamDoc::default()
    };
    Some(ParamDoc {
        kind: Some(ParamType::Array),
        items: Some(Box::new(item)),
        ..whole
    })
}

/// A body in a format of its own: a text where people could read it, else a file.
fn raw(media: &str, body: &RequestBody, draft: &mut Draft) {
    let text = media.starts_with("text/") || media.ends_with("xml") || media.ends_with("jsonl");
    let content = ParamDoc {
        kind: Some(if text {
            ParamType::String
        } else {
            ParamType::File
        }),
        required: body.required,
        description: Some(format!("The whole body, as {media}.")),
        ..ParamDoc::default()
    };
    let (name, key) = match text {
        true => (draft.add("content", "body", content), "text"),
        false => (draft.add("file", "body", content), "file"),
    };
    let mut raw = json!({ key: reference(&name) });
    if let Some(raw) = raw.as_object_mut()
        && !media.contains('*')
    {
        raw.insert("content_type".to_owned(), json!(media));
    }
    draft.request.insert("raw".to_owned(), raw);
}
