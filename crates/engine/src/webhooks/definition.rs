//! What a tenant may say of an endpoint: read, checked, and all that is wrong told at once.

use indexmap::IndexMap;
use serde_json::Value;
use tenon_connector::FieldError;
use tenon_connector::hosts::{HostPattern, HostSet};
use tenon_vault::Secret;
use url::Url;

use super::headers::{Sealed, checked_headers};
use super::template::{self, Body};
use crate::error::{Code, Error, Outcomes};
use crate::model::{WebhookDefinition, WebhookEvent, WebhookMethod};
use crate::transport::Transport;

const LONGEST_URL: usize = 2048;
const LONGEST_BODY: usize = 16 * 1024;
const LONGEST_TEXT: usize = 1024;
const MOST_WORKFLOWS: usize = 100;

/// What a tenant says of an endpoint. What is left out stays as it is.
#[derive(Default)]
pub struct WebhookChanges {
    /// Where it is.
    pub url: Option<String>,
    /// What it wants to be told: `Connection Created`, or `connection-created`.
    pub events: Option<Vec<String>>,
    /// The method of the requests.
    pub method: Option<String>,
    /// The template of their bodies, as a text or as the JSON itself.
    pub body: Option<Value>,
    /// `default`, `slack` or `custom`; counts only where no body is given.
    pub webhook_type: Option<String>,
    /// The templates of further headers.
    pub headers: Option<IndexMap<String, Secret>>,
    /// Whether it is told anything.
    pub is_enabled: Option<bool>,
    /// Only events at this application; nothing for all.
    pub slug: Option<Option<String>>,
    /// Kept and otherwise ignored.
    pub workflow_ids: Option<Vec<String>>,
    /// A label; nothing for none.
    pub group: Option<Option<String>>,
    /// For people.
    pub description: Option<Option<String>>,
    /// For people.
    pub webhook_description: Option<Option<String>>,
    /// The key of the compatible API's signature; nothing switches it off.
    pub compat_signature_key: Option<Option<Secret>>,
}

/// The event of this name, as the compatible API writes it in either place.
pub fn webhook_event(name: &str) -> Option<WebhookEvent> {
    let name = name.trim();
    let words = || {
        name.split('-')
            .map(capitalized)
            .collect::<Vec<_>>()
            .join(" ")
    };
    WebhookEvent::parse(name).or_else(|| WebhookEvent::parse(&words()))
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// What kind of body an endpoint gets: `default`, `slack` or `custom`.
pub fn webhook_type(definition: &WebhookDefinition) -> &'static str {
    Body::parse(&definition.body).map_or("custom", |body| body.kind())
}

/// The events of these names.
///
/// # Errors
/// [`Code::InvalidEvent`].
pub(super) fn events(names: &[String]) -> Outcomes<Vec<WebhookEvent>> {
    let mut events = Vec::new();
    for name in names {
        let event = webhook_event(name).ok_or_else(|| Error::of(Code::InvalidEvent))?;
        if !events.contains(&event) {
            events.push(event);
        }
    }
    Ok(events)
}

/// A definition that nothing was said of yet.
pub(super) fn blank() -> WebhookDefinition {
    WebhookDefinition {
        url: String::new(),
        events: Vec::new(),
        method: WebhookMethod::Post,
        body: template::DEFAULT.to_owned(),
        headers: IndexMap::new(),
        slug: None,
        workflow_ids: Vec::new(),
        group: None,
        description: None,
        webhook_description: None,
        compat_signature: false,
    }
}

/// Puts the changes into a definition, and gives the headers to seal where headers were said.
///
/// # Errors
/// [`Code::InvalidEvent`], or [`Code::ValidationError`] with all that is wrong.
pub(super) fn apply(
    changes: &WebhookChanges,
    definition: &mut WebhookDefinition,
    kept: &Sealed,
    egress: &dyn Transport,
) -> Outcomes<Option<Sealed>> {
    if let Some(names) = &changes.events {
        definition.events = events(names)?;
    }
    let mut problems = Problems::default();
    if let Some(url) = &changes.url {
        problems.take(checked_url(url, egress), |url| definition.url = url);
    }
    if let Some(method) = &changes.method {
        problems.take(checked_method(method), |method| definition.method = method);
    }
    problems.take(checked_body(changes), |body| {
        definition.body = body.unwrap_or_else(|| definition.body.clone());
    });
    let mut sealed = None;
    if let Some(headers) = &changes.headers {
        problems.take(checked_headers(headers, kept), |(open, secret)| {
            definition.headers = open;
            sealed = Some(secret);
        });
    }
    apply_words(changes, definition, &mut problems);
    problems.none()?;
    Ok(sealed)
}

fn apply_words(
    changes: &WebhookChanges,
    definition: &mut WebhookDefinition,
    problems: &mut Problems,
) {
    if let Some(workflow_ids) = &changes.workflow_ids {
        problems.limit(
            "workflow_ids",
            workflow_ids.len(),
            MOST_WORKFLOWS,
            "entries",
        );
        definition.workflow_ids.clone_from(workflow_ids);
    }
    let words = [
        ("slug", &changes.slug, &mut definition.slug),
        ("group", &changes.group, &mut definition.group),
        (
            "description",
            &changes.description,
            &mut definition.description,
        ),
        (
            "webhook_description",
            &changes.webhook_description,
            &mut definition.webhook_description,
        ),
    ];
    for (name, said, word) in words {
        if let Some(said) = said {
            let said = said.clone().filter(|text| !text.is_empty());
            problems.limit(
                name,
                said.as_ref().map_or(0, String::len),
                LONGEST_TEXT,
                "bytes",
            );
            *word = said;
        }
    }
    if let Some(key) = &changes.compat_signature_key {
        let length = key.as_ref().map_or(LONGEST_TEXT, |key| key.expose().len());
        if !(8..=LONGEST_TEXT).contains(&length) {
            let message =
                format!("`compat_signature_key` must be 8 to {LONGEST_TEXT} bytes long, or null");
            problems.add("compat_signature_key", "length", message);
        }
        definition.compat_signature = key.is_some();
    }
}

/// Everything that is wrong.
#[derive(Default)]
struct Problems(Vec<FieldError>);

impl Problems {
    fn add(&mut self, param: &str, code: &'static str, message: impl Into<String>) {
        self.0.push(FieldError::new(param, code, message));
    }

    fn take<T>(&mut self, checked: Result<T, FieldError>, then: impl FnOnce(T)) {
        match checked {
            Ok(value) => then(value),
            Err(problem) => self.0.push(problem),
        }
    }

    fn limit(&mut self, param: &str, length: usize, most: usize, of: &str) {
        if length > most {
            self.add(
                param,
                "maxLength",
                format!("`{param}` must have at most {most} {of}"),
            );
        }
    }

    fn none(self) -> Outcomes<()> {
        match self.0.is_empty() {
            true => Ok(()),
            false => Err(Error::validation(self.0)),
        }
    }
}

/// The URL as it is kept. Its query may hold a secret, so no message shows more of it than its host.
fn checked_url(text: &str, egress: &dyn Transport) -> Result<String, FieldError> {
    let wrong = |code, message: String| Err(FieldError::new("webhook_url", code, message));
    if text.len() > LONGEST_URL {
        return wrong(
            "maxLength",
            format!("`webhook_url` must have at most {LONGEST_URL} bytes"),
        );
    }
    let mut url = match Url::parse(text.trim()) {
        Ok(url) => url,
        Err(error) => {
            let message = format!(
                "`webhook_url` is not a URL ({error}); write `https://example.com/webhooks`"
            );
            return wrong("format", message);
        }
    };
    url.set_fragment(None);
    if let Err(error) = egress.check(&url) {
        return wrong(
            "url",
            format!("`webhook_url` cannot be used: {}", error.message()),
        );
    }
    // What is sent there is sent to exactly this host.
    if !HostSet::new(HostPattern::of(&url)).allows(&url) {
        return wrong(
            "url",
            "`webhook_url` cannot be used: write its host without a dot at the end".to_owned(),
        );
    }
    Ok(url.into())
}

fn checked_method(text: &str) -> Result<WebhookMethod, FieldError> {
    WebhookMethod::parse(&text.to_ascii_uppercase()).ok_or_else(|| {
        FieldError::new(
            "method",
            "enum",
            "`method` must be `POST`, `PUT` or `PATCH`",
        )
    })
}

/// The body that is meant, if one is.
fn checked_body(changes: &WebhookChanges) -> Result<Option<String>, FieldError> {
    let wrong = |param, code, message| Err(FieldError::new(param, code, message));
    let kind = changes.webhook_type.as_deref();
    if !kind.is_none_or(|kind| ["default", "slack", "custom"].contains(&kind)) {
        let message = "`webhook_type` must be `default`, `slack` or `custom`";
        return wrong("webhook_type", "enum", message.to_owned());
    }
    let text = match (&changes.body, kind) {
        (Some(Value::String(text)), _) => text.clone(),
        (Some(json @ (Value::Object(_) | Value::Array(_))), _) => json.to_string(),
        (Some(_), _) => {
            let message = "`webhook_body` must be JSON with placeholders, as a text or as it is";
            return wrong("webhook_body", "type", message.to_owned());
        }
        (None, Some("default")) => template::DEFAULT.to_owned(),
        (None, Some("slack")) => template::SLACK.to_owned(),
        (None, _) => return Ok(None),
    };
    if text.len() > LONGEST_BODY {
        let message = format!("`webhook_body` must have at most {LONGEST_BODY} bytes");
        return wrong("webhook_body", "maxLength", message);
    }
    match Body::parse(&text) {
        Ok(_body) => Ok(Some(text)),
        Err(problem) => wrong(
            "webhook_body",
            "template",
            format!("`webhook_body` cannot be used: {problem}"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_named_in_both_spellings() {
        let timed_out = Some(WebhookEvent::WorkflowTimedOut);
        for name in [
            "Workflow Timed Out",
            "workflow-timed-out",
            " Workflow Timed Out ",
        ] {
            assert_eq!(webhook_event(name), timed_out, "{name}");
        }
        for name in [
            "",
            "-",
            "connection",
            "Connection Errored",
            "connection-created-x",
        ] {
            assert_eq!(webhook_event(name), None, "{name}");
        }
    }
}
