//! Bodies of requests: compiled from their documents, rendered into plans.

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::{PlanError, unfit};
use crate::document::{FormLists, RawDoc, RequestDoc};
use crate::expr::{Expr, Scope, text_of};
use crate::file;
use crate::plan::{Body, Part};
use crate::problem::Fault;
use crate::template::{Template, Text, compile_entries};

/// A compiled body.
#[derive(Debug)]
pub(crate) enum BodyTemplate {
    Empty,
    Json(Template),
    Form(Template, FormLists),
    Multipart(Template),
    Related {
        json: Template,
        file: Template,
    },
    Raw {
        content_type: Text,
        text: Text,
    },
    File {
        content_type: Option<Text>,
        file: Template,
    },
    Chosen {
        kind: Text,
        value: Template,
    },
}

impl BodyTemplate {
    pub(crate) fn compile(doc: &RequestDoc, known: &dyn Fn(&str) -> bool) -> Result<Self, Fault> {
        let entries = |map: &IndexMap<String, Value>, key: &str| {
            let entries = compile_entries(map, known).map_err(|fault| fault.under(key));
            entries.map(Template::Map)
        };
        let mut bodies = Vec::new();
        if let Some(value) = &doc.json {
            bodies.push(Self::Json(
                Template::compile(value, known).map_err(|fault| fault.under("json"))?,
            ));
        }
        if let Some(map) = &doc.form {
            bodies.push(Self::Form(entries(map, "form")?, doc.form_lists));
        }
        if let Some(map) = &doc.multipart {
            bodies.push(Self::Multipart(entries(map, "multipart")?));
        }
        if let Some(related) = &doc.related {
            let part = |key: &str, value: &Value| {
                Template::compile(value, known).map_err(|fault| fault.under(key).under("related"))
            };
            let (json, file) = (part("json", &related.json)?, part("file", &related.file)?);
            bodies.push(Self::Related { json, file });
        }
        if let Some(raw) = &doc.raw {
            bodies.push(Self::compile_raw(raw, known).map_err(|fault| fault.under("raw"))?);
        }
        if let Some(body) = &doc.body {
            let kind = Text::compile(&body.kind, known).map_err(|fault| fault.under("body"))?;
            let value =
                Template::compile(&body.value, known).map_err(|fault| fault.under("body"))?;
            bodies.push(Self::Chosen { kind, value });
        }
        match (bodies.pop(), bodies.is_empty()) {
            (None, _) => Ok(Self::Empty),
            (Some(body), true) => Ok(body),
            (Some(_), false) => Err(Fault::here(
                "a request has at most one of `json`, `form`, `multipart`, `related`, `raw` and `body`",
            )),
        }
    }

    fn compile_raw(raw: &RawDoc, known: &dyn Fn(&str) -> bool) -> Result<Self, Fault> {
        let content_type = raw.content_type.as_ref();
        let content_type = content_type.map(|text| Text::compile(text, known));
        match (content_type.transpose()?, &raw.text, &raw.file) {
            (Some(content_type), Some(text), None) => {
                let text = Text::compile(text, known)?;
                Ok(Self::Raw { content_type, text })
            }
            (content_type, None, Some(file)) => {
                let file = Template::compile(file, known)?;
                Ok(Self::File { content_type, file })
            }
            _ => Err(Fault::here(
                "a raw body has `content_type` and `text`, or `file`",
            )),
        }
    }

    /// The expressions in it.
    pub(crate) fn exprs(&self) -> Vec<&Expr> {
        match self {
            Self::Empty => Vec::new(),
            Self::Json(value) | Self::Form(value, _) | Self::Multipart(value) => value.exprs(),
            Self::Related { json, file } => [json.exprs(), file.exprs()].concat(),
            Self::Raw { content_type, text } => content_type.exprs().chain(text.exprs()).collect(),
            Self::File { content_type, file } => {
                let of_type = content_type.iter().flat_map(Text::exprs);
                of_type.chain(file.exprs()).collect()
            }
            Self::Chosen { kind, value } => kind.exprs().chain(value.exprs()).collect(),
        }
    }

    pub(crate) fn render(&self, scope: &Scope<'_>) -> Result<Body, PlanError> {
        match self {
            Self::Empty => Ok(Body::Empty),
            Self::Json(template) => Ok(template.render(scope)?.map_or(Body::Empty, Body::Json)),
            Self::Form(template, lists) => form(template.render(scope)?, *lists),
            Self::Multipart(template) => multipart(template.render(scope)?),
            Self::Related { json, file } => related(json.render(scope)?, file.render(scope)?),
            Self::File { content_type, file } => {
                let content_type = content_type.as_ref().map(|text| text.render(scope));
                raw_file(content_type.transpose()?.flatten(), file.render(scope)?)
            }
            Self::Raw { content_type, text } => {
                let content_type = content_type
                    .render(scope)?
                    .unwrap_or_else(|| "text/plain".to_owned());
                Ok(text.render(scope)?.map_or(Body::Empty, |text| Body::Raw {
                    content_type,
                    content: text.into(),
                }))
            }
            Self::Chosen { kind, value } => {
                let kind = kind.render(scope)?.unwrap_or_else(|| "json".to_owned());
                chosen(&kind, value.render(scope)?)
            }
        }
    }
}

fn chosen(kind: &str, value: Option<Value>) -> Result<Body, PlanError> {
    let Some(value) = value else {
        return Ok(Body::Empty);
    };
    let raw = |content_type: &str, value: &Value| Body::Raw {
        content_type: content_type.to_owned(),
        content: text_of(value).into(),
    };
    match kind {
        "json" => Ok(Body::Json(value)),
        "form" => form(Some(value), FormLists::default()),
        "multipart" => multipart(Some(value)),
        "text" => Ok(raw("text/plain; charset=utf-8", &value)),
        "html" => Ok(raw("text/html; charset=utf-8", &value)),
        "xml" => Ok(raw("application/xml", &value)),
        _ => Err(unfit(
            "the body's type",
            "must be `json`, `form`, `multipart`, `text`, `html` or `xml`",
        )),
    }
}

fn members(value: Option<Value>) -> Result<Map<String, Value>, PlanError> {
    match value {
        None => Ok(Map::new()),
        Some(Value::Object(map)) => Ok(map),
        Some(_) => Err(unfit("the body", "must be an object to be sent as a form")),
    }
}

fn form(value: Option<Value>, lists: FormLists) -> Result<Body, PlanError> {
    let mut pairs = Vec::new();
    for (name, value) in members(value)? {
        match lists {
            FormLists::Brackets => flatten_form(&name, &value, &mut pairs),
            FormLists::Repeat => flatten_query(&name, &value, &mut pairs),
        }
    }
    Ok(Body::Form(pairs))
}

/// Nested maps and lists in brackets, as Rails, PHP and Stripe read them.
fn flatten_form(name: &str, value: &Value, pairs: &mut Vec<(String, String)>) {
    match value {
        Value::Object(map) => map
            .iter()
            .for_each(|(key, value)| flatten_form(&format!("{name}[{key}]"), value, pairs)),
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                flatten_form(&format!("{name}[{index}]"), value, pairs);
            }
        }
        other => pairs.push((name.to_owned(), text_of(other))),
    }
}

/// A list repeats its name; a map uses brackets.
pub(crate) fn flatten_query(name: &str, value: &Value, pairs: &mut Vec<(String, String)>) {
    match value {
        Value::Array(items) => items
            .iter()
            .for_each(|value| flatten_query(name, value, pairs)),
        Value::Object(map) => map
            .iter()
            .for_each(|(key, value)| flatten_query(&format!("{name}[{key}]"), value, pairs)),
        other => pairs.push((name.to_owned(), text_of(other))),
    }
}

fn multipart(value: Option<Value>) -> Result<Body, PlanError> {
    let mut parts = Vec::new();
    for (name, value) in members(value)? {
        match value {
            Value::Array(items) if items.iter().any(file::is_file) => {
                let files = items.iter().map(|item| part(&name, item));
                parts.extend(files.collect::<Result<Vec<_>, _>>()?);
            }
            value => parts.push(part(&name, &value)?),
        }
    }
    Ok(Body::Multipart(parts))
}

fn part(name: &str, value: &Value) -> Result<Part, PlanError> {
    if file::is_file(value) {
        return file::part(name, value);
    }
    Ok(Part {
        name: name.to_owned(),
        filename: None,
        content_type: None,
        content: text_of(value).into(),
    })
}

fn related(json: Option<Value>, file: Option<Value>) -> Result<Body, PlanError> {
    let file = file.ok_or_else(|| PlanError::Absent("the file".to_owned()))?;
    Ok(Body::Related {
        json: json.unwrap_or_else(|| Value::Object(Map::new())),
        file: file::part("file", &file)?,
    })
}

fn raw_file(content_type: Option<String>, file: Option<Value>) -> Result<Body, PlanError> {
    let Some(file) = file else {
        return Ok(Body::Empty);
    };
    let part = file::part("file", &file)?;
    let content_type = content_type.or(part.content_type);
    Ok(Body::Raw {
        content_type: content_type.unwrap_or_else(|| file::UNTYPED.to_owned()),
        content: part.content,
    })
}
