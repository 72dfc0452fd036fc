//! Bodies: what a request carries and what a response brought.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use crate::document::RequestDoc;
use crate::expr::{Expr, Scope, text_of};
use crate::plan::{Body, Part};
use crate::problem::Fault;
use crate::request::PlanError;
use crate::template::{Template, Text, compile_entries};

/// A compiled body.
#[derive(Debug)]
pub(crate) enum BodyTemplate {
    Empty,
    Json(Template),
    Form(Template),
    Multipart(Template),
    Raw { content_type: Text, text: Text },
    Chosen { kind: Text, value: Template },
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
            bodies.push(Self::Form(entries(map, "form")?));
        }
        if let Some(map) = &doc.multipart {
            bodies.push(Self::Multipart(entries(map, "multipart")?));
        }
        if let Some(raw) = &doc.raw {
            let content_type =
                Text::compile(&raw.content_type, known).map_err(|fault| fault.under("raw"))?;
            let text = Text::compile(&raw.text, known).map_err(|fault| fault.under("raw"))?;
            bodies.push(Self::Raw { content_type, text });
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
                "a request has at most one of `json`, `form`, `multipart`, `raw` and `body`",
            )),
        }
    }

    /// The expressions in it.
    pub(crate) fn exprs(&self) -> Vec<&Expr> {
        match self {
            Self::Empty => Vec::new(),
            Self::Json(value) | Self::Form(value) | Self::Multipart(value) => value.exprs(),
            Self::Raw { content_type, text } => content_type.exprs().chain(text.exprs()).collect(),
            Self::Chosen { kind, value } => kind.exprs().chain(value.exprs()).collect(),
        }
    }

    pub(crate) fn render(&self, scope: &Scope<'_>) -> Result<Body, PlanError> {
        match self {
            Self::Empty => Ok(Body::Empty),
            Self::Json(template) => Ok(template.render(scope)?.map_or(Body::Empty, Body::Json)),
            Self::Form(template) => form(template.render(scope)?),
            Self::Multipart(template) => multipart(template.render(scope)?),
            Self::Raw { content_type, text } => {
                let content_type = content_type
                    .render(scope)?
                    .unwrap_or_else(|| "text/plain".to_owned());
                Ok(text
                    .render(scope)?
                    .map_or(Body::Empty, |text| Body::Raw { content_type, text }))
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
        text: text_of(value),
    };
    match kind {
        "json" => Ok(Body::Json(value)),
        "form" => form(Some(value)),
        "multipart" => multipart(Some(value)),
        "text" => Ok(raw("text/plain; charset=utf-8", &value)),
        "html" => Ok(raw("text/html; charset=utf-8", &value)),
        "xml" => Ok(raw("application/xml", &value)),
        _ => Err(PlanError::Unfit {
            place: "the body's type".to_owned(),
            reason: "must be `json`, `form`, `multipart`, `text`, `html` or `xml`",
        }),
    }
}

fn members(value: Option<Value>) -> Result<Map<String, Value>, PlanError> {
    match value {
        None => Ok(Map::new()),
        Some(Value::Object(map)) => Ok(map),
        Some(_) => Err(PlanError::Unfit {
            place: "the body".to_owned(),
            reason: "must be an object to be sent as a form",
        }),
    }
}

fn form(value: Option<Value>) -> Result<Body, PlanError> {
    let mut pairs = Vec::new();
    for (name, value) in members(value)? {
        flatten_form(&name, &value, &mut pairs);
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
    members(value)?
        .into_iter()
        .map(|(name, value)| part(name, &value))
        .collect::<Result<_, _>>()
        .map(Body::Multipart)
}

fn part(name: String, value: &Value) -> Result<Part, PlanError> {
    let Some(encoded) = value.get("base64").and_then(Value::as_str) else {
        return Ok(Part {
            name,
            filename: None,
            content_type: None,
            data: text_of(value).into_bytes(),
        });
    };
    let data = BASE64
        .decode(encoded)
        .map_err(|_not_base64| PlanError::Unfit {
            place: format!("the file `{name}`"),
            reason: "must be base64",
        })?;
    let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    Ok(Part {
        filename: Some(text("filename").unwrap_or_else(|| name.clone())),
        content_type: text("content_type"),
        name,
        data,
    })
}

/// What a response brought.
#[derive(Debug, Clone, PartialEq)]
pub enum Payload {
    /// Nothing.
    Empty,
    /// JSON, whatever the `content-type` said.
    Json(Value),
    /// Text that is not JSON.
    Text {
        /// The `content-type`.
        content_type: String,
        /// The text.
        text: String,
    },
    /// Anything else.
    Binary {
        /// The `content-type`.
        content_type: String,
        /// The bytes.
        data: Vec<u8>,
    },
}

impl Payload {
    /// Reads a body: JSON where it is JSON, else text where it is UTF-8.
    pub fn read(content_type: Option<&str>, body: &[u8]) -> Self {
        if body.iter().all(u8::is_ascii_whitespace) {
            return Self::Empty;
        }
        let content_type = content_type
            .unwrap_or("application/octet-stream")
            .to_owned();
        if let Ok(value) = serde_json::from_slice(body) {
            return Self::Json(value);
        }
        match std::str::from_utf8(body) {
            Ok(text) => Self::Text {
                content_type,
                text: text.to_owned(),
            },
            Err(_) => Self::Binary {
                content_type,
                data: body.to_owned(),
            },
        }
    }

    /// What expressions see as `body`: the JSON, the text, or `null`.
    pub fn as_value(&self) -> Value {
        match self {
            Self::Json(value) => value.clone(),
            Self::Text { text, .. } => Value::String(text.clone()),
            Self::Empty | Self::Binary { .. } => Value::Null,
        }
    }

    /// What callers see as `data`: JSON as it is; anything else as `{content_type, encoding, body}`; nothing as `null`.
    pub fn into_data(self) -> Value {
        match self {
            Self::Empty => Value::Null,
            Self::Json(value) => value,
            Self::Text { content_type, text } => {
                json!({"content_type": content_type, "encoding": "text", "body": text})
            }
            Self::Binary { content_type, data } => {
                json!({"content_type": content_type, "encoding": "base64", "body": BASE64.encode(data)})
            }
        }
    }
}
