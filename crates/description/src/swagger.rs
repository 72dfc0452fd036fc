//! Swagger 2.0.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use crate::at::At;
use crate::operation::texts;
use crate::params::example;
use crate::reader::Reader;
use crate::schema::{plain, text};
use crate::shape::{Content, Description, Operation, RequestBody};
use crate::tree::Unreadable;
use crate::ways::Way;

/// Reads a document.
pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Description, Unreadable> {
    let root = reader.root;
    let info = root.get("info").unwrap_or(&Value::Null);
    let schemes = root.get("securityDefinitions").and_then(Value::as_object);
    let schemes = schemes.into_iter().flatten();
    let mut description = Description {
        title: text(info.get("title")).unwrap_or_default(),
        version: info.get("version").map(plain).unwrap_or_default(),
        description: text(info.get("description")),
        servers: server(root).into_iter().collect(),
        ways: schemes
            .map(|(name, scheme)| (name.clone(), Way::read(scheme)))
            .collect(),
        ..Description::default()
    };
    let base = text(root.get("basePath")).unwrap_or_default();
    description.operations = reader.operations(&base, &mut operation)?;
    Ok(description)
}

fn server(root: &Value) -> Option<String> {
    let host = text(root.get("host")).filter(|host| !host.is_empty())?;
    let schemes = texts(root.get("schemes"));
    let plain = !schemes.is_empty() && !schemes.iter().any(|scheme| scheme == "https");
    let scheme = if plain { "http" } else { "https" };
    Some(format!("{scheme}://{host}"))
}

fn operation<'a>(
    reader: &mut Reader<'a>,
    item: &'a Value,
    value: &'a Value,
    operation: &mut Operation,
    item_at: &At<'_>,
    at: &At<'_>,
) -> Result<(), String> {
    let root = reader.root;
    let media = |key: &str| texts(value.get(key).or_else(|| root.get(key)));
    let mut form = Form::default();
    let mut params = std::mem::take(&mut operation.params);
    let mut body = None;
    let consumes = media("consumes");
    let mut take = |reader: &mut Reader<'a>, place: &str, value: &'a Value, at: &At<'_>| {
        if place == "body" {
            let schema = reader.schema(value.get("schema"), &at.under("schema"), false);
            body = Some(whole(value, schema, &consumes));
        } else {
            form.add(reader, value, at);
        }
    };
    reader.params(item.get("parameters"), item_at, &mut params, &mut take)?;
    reader.params(value.get("parameters"), at, &mut params, &mut take)?;
    operation.params = params;
    operation.body = body.or_else(|| form.body(&consumes));
    operation.answers = reader.answers(value.get("responses"), &media("produces"), at);
    Ok(())
}

fn whole(value: &Value, schema: Value, consumes: &[String]) -> RequestBody {
    let content = Content {
        schema,
        example: example(value),
        encoding: IndexMap::new(),
    };
    let media = match consumes {
        [] => vec!["application/json".to_owned()],
        list => list.to_vec(),
    };
    RequestBody {
        description: text(value.get("description")),
        required: value.get("required") == Some(&Value::Bool(true)),
        contents: media
            .into_iter()
            .map(|media| (media, content.clone()))
            .collect(),
    }
}

/// The fields of a form, one parameter each.
#[derive(Default)]
struct Form {
    properties: Map<String, Value>,
    required: Vec<String>,
    files: bool,
}

impl Form {
    fn add<'a>(&mut self, reader: &mut Reader<'a>, value: &'a Value, at: &At<'_>) {
        let Some(name) = text(value.get("name")) else {
            reader.note(at, "a form's field has no name; left out");
            return;
        };
        if value.get("required") == Some(&Value::Bool(true)) && !self.required.contains(&name) {
            self.required.push(name.clone());
        }
        self.files |= value.get("type") == Some(&json!("file"));
        let schema = reader.schema(Some(value), at, false);
        self.properties.insert(name, schema);
    }

    fn body(self, consumes: &[String]) -> Option<RequestBody> {
        if self.properties.is_empty() {
            return None;
        }
        let required = !self.required.is_empty();
        let mut schema = json!({ "type": "object", "properties": self.properties });
        if required && let Some(map) = schema.as_object_mut() {
            map.insert("required".to_owned(), json!(self.required));
        }
        let multipart = self.files || consumes.iter().any(|media| media.starts_with("multipart/"));
        let urlencoded = consumes.iter().any(|media| media.contains("urlencoded"));
        let media = match multipart && (self.files || !urlencoded) {
            true => "multipart/form-data",
            false => "application/x-www-form-urlencoded",
        };
        let content = Content {
            schema,
            ..Content::default()
        };
        Some(RequestBody {
            description: None,
            required,
            contents: IndexMap::from([(media.to_owned(), content)]),
        })
    }
}
