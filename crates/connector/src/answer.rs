//! Answers: what an application's response means, by the connector's rules. Pure: the time is given.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::document::{ErrorKind, ErrorRuleDoc};
use crate::expr::{Expr, Scope, size};
use crate::file::UNTYPED;
use crate::payload::Payload;
use crate::problem::Fault;
use crate::template::Text;
use crate::wait::{self, WaitUnit};

/// An application's response.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub payload: Payload,
}

/// What a response means.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// The application did what was asked.
    Success,
    /// It did not.
    Failed(Failure),
    /// It refused the credential.
    CredentialRejected(Failure),
    /// It had too many requests and did nothing.
    RateLimited(Failure),
}

impl Verdict {
    /// What went wrong, if anything did.
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Success => None,
            Self::Failed(failure)
            | Self::CredentialRejected(failure)
            | Self::RateLimited(failure) => Some(failure),
        }
    }
}

/// What went wrong, in the application's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The application's code, or `HTTP_404` where it has none.
    pub code: String,
    /// The application's message.
    pub message: String,
    /// How long it asks to wait.
    pub retry_after: Option<Duration>,
}

/// One compiled rule.
#[derive(Debug)]
pub(crate) struct ErrorRule {
    when: Expr,
    kind: ErrorKind,
    code: Option<Text>,
    message: Option<Text>,
    retry_after_ms: Option<Text>,
}

/// The names that rules, identifiers and results see of an answer.
pub(crate) fn answer_names(name: &str) -> bool {
    matches!(name, "status" | "headers" | "body")
}

impl ErrorRule {
    pub(crate) fn compile(doc: &ErrorRuleDoc) -> Result<Self, Fault> {
        let text = |key: &str, source: &Option<String>| {
            let compiled = source
                .as_ref()
                .map(|source| Text::compile(source, &answer_names));
            compiled.transpose().map_err(|fault| fault.under(key))
        };
        Ok(Self {
            when: Expr::compile(&doc.when, &answer_names).map_err(|fault| fault.under("when"))?,
            kind: doc.kind,
            code: text("code", &doc.code)?,
            message: text("message", &doc.message)?,
            retry_after_ms: text("retry_after_ms", &doc.retry_after_ms)?,
        })
    }

    /// A rule that cannot be evaluated on this answer does not match: an answer is never the author's fault alone.
    fn matches(&self, scope: &Scope<'_>) -> bool {
        self.when.holds(scope).unwrap_or(false)
    }

    fn verdict(&self, scope: &Scope<'_>, answer: &Answer, now_ms: i64) -> Verdict {
        let render = |text: &Option<Text>| {
            text.as_ref()
                .and_then(|text| text.render(scope).ok().flatten())
        };
        let limited = self.kind == ErrorKind::RateLimited;
        let mut failure = plain_failure(answer, limited, now_ms);
        if let Some(code) = render(&self.code).filter(|code| !code.is_empty()) {
            failure.code = code;
        }
        if let Some(message) = render(&self.message).filter(|message| !message.is_empty()) {
            failure.message = message;
        }
        let said = render(&self.retry_after_ms);
        let said = said.and_then(|text| wait::read(&text, WaitUnit::Milliseconds, now_ms));
        failure.retry_after = said.or(failure.retry_after);
        match self.kind {
            ErrorKind::Failed => Verdict::Failed(failure),
            ErrorKind::Credential => Verdict::CredentialRejected(failure),
            ErrorKind::RateLimited => Verdict::RateLimited(failure),
        }
    }
}

/// What an answer means: the first rule that matches, or else the status.
pub(crate) fn interpret(rules: &[ErrorRule], answer: &Answer, now_ms: i64) -> Verdict {
    let seen = Seen::of(answer);
    let scope = seen.scope();
    match rules.iter().find(|rule| rule.matches(&scope)) {
        Some(rule) => rule.verdict(&scope, answer, now_ms),
        None => by_status(answer, now_ms),
    }
}

fn by_status(answer: &Answer, now_ms: i64) -> Verdict {
    match answer.status {
        200..=299 => Verdict::Success,
        401 => Verdict::CredentialRejected(plain_failure(answer, false, now_ms)),
        429 => Verdict::RateLimited(plain_failure(answer, true, now_ms)),
        _ => Verdict::Failed(plain_failure(answer, false, now_ms)),
    }
}

fn plain_failure(answer: &Answer, limited: bool, now_ms: i64) -> Failure {
    Failure {
        code: format!("HTTP_{}", answer.status),
        message: format!("The application answered with status {}", answer.status),
        retry_after: wait::of_headers(|name| answer.header(name), limited, now_ms),
    }
}

impl Answer {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// About what its body takes in memory, in bytes.
    pub fn size(&self) -> usize {
        match &self.payload {
            Payload::Empty => 0,
            Payload::Json(value) => size(value),
            Payload::Text { text, .. } => text.len(),
            Payload::Binary { data, .. } => data.len(),
            Payload::File(_) => 0,
        }
    }

    /// Whether its body is kept as a file, so that there is nothing in it to look at.
    pub fn is_kept(&self) -> bool {
        matches!(self.payload, Payload::File(_))
    }

    /// The media type that it says it has.
    pub fn content_type(&self) -> &str {
        self.header("content-type").unwrap_or(UNTYPED)
    }

    /// The answer as later steps see it: `{status, headers, body}`.
    pub fn as_value(&self) -> Value {
        let seen = Seen::of(self);
        let mut map = Map::new();
        map.insert("status".into(), seen.status);
        map.insert("headers".into(), seen.headers);
        map.insert("body".into(), seen.body);
        Value::Object(map)
    }
}

/// An answer as expressions see it.
pub(crate) struct Seen {
    status: Value,
    headers: Value,
    body: Value,
}

impl Seen {
    pub(crate) fn of(answer: &Answer) -> Self {
        let headers = answer
            .headers
            .iter()
            .map(|(name, value)| (name.clone(), Value::String(value.clone())));
        Self {
            status: answer.status.into(),
            headers: Value::Object(headers.collect()),
            body: answer.payload.as_value(),
        }
    }

    pub(crate) fn scope(&self) -> Scope<'_> {
        Scope::new([
            ("status", &self.status),
            ("headers", &self.headers),
            ("body", &self.body),
        ])
    }
}
