//! Answers, and the templates that they are made of.

use serde_json::{Value, json};
use tenon_connector::Template;
use tenon_connector::document::{AnswerDoc, CannedDoc};
use tenon_connector::expr::{EvalError, Scope};

use crate::text::text_of;

/// What the emulation answers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    /// The HTTP status.
    pub(crate) status: u16,
    /// Headers beyond `content-type` and framing.
    pub(crate) headers: Vec<(String, String)>,
    /// The body.
    pub(crate) content: Content,
}

/// The body of an answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Content {
    /// None.
    Empty,
    /// JSON.
    Json(Value),
    /// Text of the type that the headers tell.
    Text(String),
}

impl Answer {
    /// A plain answer that holds a sentence.
    pub(crate) fn message(status: u16, message: &str) -> Self {
        Self {
            status,
            headers: Vec::new(),
            content: Content::Json(json!({"message": message})),
        }
    }

    /// An example's answer.
    pub(crate) fn of_example(doc: &AnswerDoc) -> Self {
        let headers = doc.headers.iter();
        Self {
            status: doc.status,
            headers: headers
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
            content: match (&doc.json, &doc.text) {
                (Some(json), _) => Content::Json(json.clone()),
                (None, Some(text)) => Content::Text(text.clone()),
                (None, None) => Content::Empty,
            },
        }
    }
}

/// A compiled [`CannedDoc`].
#[derive(Debug)]
pub(crate) struct Canned {
    /// The HTTP status.
    pub(crate) status: u16,
    headers: Vec<(String, Template)>,
    json: Option<Template>,
}

impl Canned {
    /// Compiles an answer.
    ///
    /// # Errors
    /// A sentence that begins with the key that is wrong.
    pub(crate) fn compile(doc: &CannedDoc) -> Result<Self, String> {
        if !(200..=599).contains(&doc.status) {
            return Err(format!("status: {} is not from 200 to 599", doc.status));
        }
        let header = |(name, value): (&String, &String)| {
            let template = Template::free(&Value::String(value.clone()))
                .map_err(|error| format!("headers.{name}: {error}"))?;
            Ok::<_, String>((name.clone(), template))
        };
        let json = doc.json.as_ref().map(Template::free).transpose();
        Ok(Self {
            status: doc.status,
            headers: doc.headers.iter().map(header).collect::<Result<_, _>>()?,
            json: json.map_err(|error| format!("json: {error}"))?,
        })
    }

    /// The answer for these names. A header whose value is absent is left out.
    ///
    /// # Errors
    /// Where a template cannot be evaluated.
    pub(crate) fn render(&self, scope: &Scope<'_>) -> Result<Answer, EvalError> {
        let mut headers = Vec::new();
        for (name, template) in &self.headers {
            let value = template.render(scope)?;
            headers.extend(value.map(|value| (name.clone(), text_of(&value))));
        }
        let json = self
            .json
            .as_ref()
            .map(|json| json.render(scope))
            .transpose()?;
        Ok(Answer {
            status: self.status,
            headers,
            content: json.flatten().map_or(Content::Empty, Content::Json),
        })
    }
}
