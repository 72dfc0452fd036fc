//! Files as values: what a caller gives as one, and what a request carries of it.
//!
//! A file is an object with either its content as `base64` or, as `file`, the id of one that was stored before. Once it is
//! admitted it has `filename`, `content_type` and `size` too: an inline file at once, a stored one as soon as whoever
//! keeps files has told them. Nothing here reads a stored file.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use crate::document::{ParamDoc, ParamType};
use crate::input::FieldError;
use crate::plan::{Content, Part};
use crate::request::PlanError;

/// What a file is called that nobody named.
const UNNAMED: &str = "file";
/// What a file is of that nobody said anything of.
pub(crate) const UNTYPED: &str = "application/octet-stream";

/// What is known of a stored file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// Its name.
    pub filename: String,
    /// Its media type.
    pub content_type: String,
    /// Its length in bytes.
    pub size: u64,
}

/// The schema of a file. That it has exactly one of `base64` and `file` is checked by [`check`]: not every model reads `oneOf`.
pub(crate) fn schema() -> Map<String, Value> {
    let text = |description: &str| json!({"type": "string", "description": description});
    let members = json!({
        "file": text("The id of a file that was uploaded to Tenon or came from another action. Give this or `base64`."),
        "base64": text("The file's content in base64, for small files. Give this or `file`."),
        "filename": text("The file's name with its ending, such as `report.pdf`. Left out with `file`, its own."),
        "content_type": text("The file's media type, such as `application/pdf`. Left out with `file`, its own."),
    });
    let mut schema = Map::new();
    schema.insert("type".into(), json!("object"));
    schema.insert("properties".into(), members);
    schema.insert("additionalProperties".into(), json!(false));
    schema
}

/// Checks the files among parameters that fit their schema, and completes those that are inline.
pub(crate) fn check(
    params: &IndexMap<String, ParamDoc>,
    given: &mut Map<String, Value>,
) -> Vec<FieldError> {
    let mut errors = Vec::new();
    each(params, given, "", &mut |place, file| {
        let inline = file.get("base64").and_then(Value::as_str);
        match (inline, file.contains_key("file")) {
            (Some(encoded), false) => match BASE64.decode(encoded) {
                Ok(bytes) => complete(file, UNNAMED, UNTYPED, bytes.len() as u64),
                Err(_not_base64) => {
                    let message = format!("Parameter '{place}/base64' must be base64");
                    errors.push(FieldError::new(
                        format!("{place}/base64"),
                        "base64",
                        message,
                    ));
                }
            },
            (None, true) => {}
            _ => {
                let message = format!(
                    "Parameter '{place}' is a file: give either its content as `base64` or the id of a stored one as `file`"
                );
                errors.push(FieldError::new(place, "file", message));
            }
        }
    });
    errors
}

/// The ids of the stored files among admitted parameters.
pub(crate) fn stored(
    params: &IndexMap<String, ParamDoc>,
    given: &Map<String, Value>,
) -> Vec<String> {
    let mut found = Vec::new();
    if params.values().any(holds_files) {
        each(params, &mut given.clone(), "", &mut |_, file| {
            let id = file.get("file").and_then(Value::as_str);
            found.extend(id.map(str::to_owned));
        });
    }
    found
}

/// Completes the stored files among parameters by what is known of them.
pub(crate) fn describe(
    params: &IndexMap<String, ParamDoc>,
    given: &mut Map<String, Value>,
    known: &HashMap<String, StoredFile>,
) {
    each(params, given, "", &mut |_, file| {
        let id = file.get("file").and_then(Value::as_str);
        if let Some(known) = id.and_then(|id| known.get(id)) {
            complete(file, &known.filename, &known.content_type, known.size);
        }
    });
}

fn holds_files(param: &ParamDoc) -> bool {
    param.kind == Some(ParamType::File)
        || param.items.as_deref().is_some_and(holds_files)
        || param.properties.values().any(holds_files)
}

fn complete(file: &mut Map<String, Value>, filename: &str, content_type: &str, size: u64) {
    let mut or = |key: &str, value: &str| {
        let given = file.entry(key).or_insert_with(|| value.into());
        if given.as_str().is_none_or(str::is_empty) {
            *given = value.into();
        }
    };
    or("filename", filename);
    or("content_type", content_type);
    file.insert("size".to_owned(), size.into());
}

/// Visits the files of an object's members, with their places.
fn each(
    params: &IndexMap<String, ParamDoc>,
    given: &mut Map<String, Value>,
    place: &str,
    visit: &mut dyn FnMut(&str, &mut Map<String, Value>),
) {
    for (name, param) in params {
        if let Some(value) = given.get_mut(name) {
            each_in(param, value, &format!("{place}/{name}"), visit);
        }
    }
}

fn each_in(
    param: &ParamDoc,
    value: &mut Value,
    place: &str,
    visit: &mut dyn FnMut(&str, &mut Map<String, Value>),
) {
    match value {
        Value::Object(map) if param.kind == Some(ParamType::File) => {
            visit(place.trim_start_matches('/'), map);
        }
        Value::Object(map) => each(&param.properties, map, place, visit),
        Value::Array(items) => {
            let item = param.items.as_deref();
            let of_items = items.iter_mut().enumerate();
            for ((index, value), param) in of_items.zip(std::iter::repeat(item)) {
                if let Some(param) = param {
                    each_in(param, value, &format!("{place}/{index}"), visit);
                }
            }
        }
        _ => {}
    }
}

/// Whether a value is a file: it has content, or nothing but what a stored file has.
pub(crate) fn is_file(value: &Value) -> bool {
    let text = |key: &str| value.get(key).is_some_and(Value::is_string);
    let only = |map: &Map<String, Value>| {
        let known = ["file", "filename", "content_type", "size"];
        map.keys().all(|key| known.contains(&key.as_str()))
    };
    text("base64") || (text("file") && value.as_object().is_some_and(only))
}

/// A file as the part of a request. It is called like its place where it has no name.
pub(crate) fn part(name: &str, value: &Value) -> Result<Part, PlanError> {
    let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let unfit = |reason| PlanError::Unfit {
        place: format!("the file `{name}`"),
        reason,
    };
    let content = match (text("base64"), text("file")) {
        (Some(encoded), _) => {
            let decoded = BASE64.decode(encoded);
            Content::Inline(decoded.map_err(|_not_base64| unfit("must be base64"))?)
        }
        (None, Some(id)) => Content::Stored(id),
        (None, None) => return Err(unfit("must be an object with `base64` or `file`")),
    };
    Ok(Part {
        filename: Some(text("filename").unwrap_or_else(|| name.to_owned())),
        content_type: text("content_type"),
        name: name.to_owned(),
        content,
    })
}
