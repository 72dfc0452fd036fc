//! Answers: what an application's response means, by the connector's rules. Pure: the time is given.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::document::{ErrorKind, ErrorRuleDoc};
use crate::expr::{Expr, Scope};
use crate::payload::Payload;
use crate::problem::Fault;
use crate::template::Text;

/// The longest wait that an application can ask for; longer ones are taken for nonsense and cut.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);

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
    retry_after_ms: Option<Expr>,
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
        let wait = doc.retry_after_ms.as_ref().map(|source| {
            let inside = source
                .trim()
                .trim_start_matches("{{")
                .trim_end_matches("}}");
            Expr::compile(inside, &answer_names)
        });
        Ok(Self {
            when: Expr::compile(&doc.when, &answer_names).map_err(|fault| fault.under("when"))?,
            kind: doc.kind,
            code: text("code", &doc.code)?,
            message: text("message", &doc.message)?,
            retry_after_ms: wait
                .transpose()
                .map_err(|fault| fault.under("retry_after_ms"))?,
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
        let mut failure = plain_failure(answer, now_ms);
        if let Some(code) = render(&self.code).filter(|code| !code.is_empty()) {
            failure.code = code;
        }
        if let Some(message) = render(&self.message).filter(|message| !message.is_empty()) {
            failure.message = message;
        }
        let wait = self
            .retry_after_ms
            .as_ref()
            .and_then(|expr| expr.eval(scope).ok().flatten());
        if let Some(wait) = wait
            .and_then(|value| value.as_f64())
            .filter(|wait| *wait >= 0.0 && wait.is_finite())
        {
            failure.retry_after = Some(Duration::from_secs_f64(
                (wait / 1000.0).min(LONGEST_WAIT.as_secs_f64()),
            ));
        }
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
        401 => Verdict::CredentialRejected(plain_failure(answer, now_ms)),
        429 => Verdict::RateLimited(plain_failure(answer, now_ms)),
        _ => Verdict::Failed(plain_failure(answer, now_ms)),
    }
}

fn plain_failure(answer: &Answer, now_ms: i64) -> Failure {
    Failure {
        code: format!("HTTP_{}", answer.status),
        message: format!("The application answered with status {}", answer.status),
        retry_after: answer
            .header("retry-after")
            .and_then(|text| retry_after(text, now_ms)),
    }
}

/// Reads a `Retry-After` header (RFC 9110, 10.2.3): seconds or an HTTP date. Nonsense is no advice.
fn retry_after(text: &str, now_ms: i64) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        let sensible = seconds.is_finite() && seconds >= 0.0;
        return sensible.then(|| Duration::from_secs_f64(seconds.min(LONGEST_WAIT.as_secs_f64())));
    }
    let date = httpdate::parse_http_date(text)
        .ok()?
        .duration_since(std::time::UNIX_EPOCH)
        .ok()?;
    let wait = i64::try_from(date.as_millis())
        .ok()?
        .saturating_sub(now_ms)
        .max(0);
    Some(Duration::from_millis(u64::try_from(wait).ok()?).min(LONGEST_WAIT))
}

impl Answer {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_in_every_form_and_nonsense_is_ignored() {
        let now = 1_784_000_000_000;
        let wait = |text: &str| retry_after(text, now).map(|wait| wait.as_secs());
        assert_eq!(wait("7"), Some(7));
        assert_eq!(wait("0"), Some(0));
        assert_eq!(wait("1.5"), Some(1));
        assert_eq!(wait("-3"), None);
        assert_eq!(wait("soon"), None);
        assert_eq!(wait("1e300"), Some(86_400));
        assert_eq!(wait("Sun, 06 Nov 1994 08:49:37 GMT"), Some(0));
    }
}
