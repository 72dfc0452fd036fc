//! What an endpoint is sent: JSON with placeholders, and texts with placeholders for headers. Plain substitution, no
//! language: `{{event}}`, `{{event.<member>}}` and `{{linked_account_name}}`.
//!
//! A placeholder that is a whole value stands for the value itself, so `"{{event}}"` and a bare `{{event}}` are the
//! event's object; within a longer text it is text. What is put in can therefore not break out of its place.

use serde_json::Value;

use crate::model::DeliveryPayload;

/// The body of whoever says nothing.
pub(super) const DEFAULT: &str = "{{event}}";

/// The body for a channel of Slack, or of whatever else takes its messages.
pub(super) const SLACK: &str =
    r#"{"text": "{{event.event}}: {{linked_account_name}}, {{event.slug}}"}"#;

/// The members of a message that Slack takes.
const OF_SLACK: [&str; 11] = [
    "text",
    "blocks",
    "attachments",
    "thread_ts",
    "mrkdwn",
    "channel",
    "username",
    "icon_emoji",
    "icon_url",
    "unfurl_links",
    "unfurl_media",
];

/// A body with placeholders.
pub(super) struct Body(Value);

impl Body {
    /// Reads one.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let quoted = quote_bare(text)?;
        let body: Value = serde_json::from_str(&quoted).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            format!("it is not JSON around its placeholders (line {line}, column {column})")
        })?;
        check(&body)?;
        Ok(Self(body))
    }

    /// The body for one delivery.
    pub(super) fn fill(&self, payload: &DeliveryPayload) -> String {
        filled(&self.0, payload).to_string()
    }

    /// Whether it is the event itself, a message to Slack, or something else: `default`, `slack` or `custom`.
    pub(super) fn kind(&self) -> &'static str {
        let of_slack = |name: &String| OF_SLACK.contains(&name.as_str());
        match &self.0 {
            Value::String(text) if pieces(text) == Ok(vec![Piece::Of(Placeholder::Event)]) => {
                "default"
            }
            Value::Object(members) if !members.is_empty() && members.keys().all(of_slack) => {
                "slack"
            }
            _ => "custom",
        }
    }
}

/// Checks a text with placeholders.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub(super) fn check_text(text: &str) -> Result<(), String> {
    pieces(text).map(drop)
}

/// A text for one delivery. What is no placeholder stays as it is.
pub(super) fn fill_text(text: &str, payload: &DeliveryPayload) -> String {
    match pieces(text) {
        Ok(pieces) => pieces.iter().map(|piece| piece.text(payload)).collect(),
        Err(_unchecked) => text.to_owned(),
    }
}

#[derive(Debug, PartialEq)]
enum Piece<'t> {
    Text(&'t str),
    Of(Placeholder<'t>),
}

#[derive(Debug, PartialEq)]
enum Placeholder<'t> {
    Event,
    Member(&'t str),
    AccountName,
    /// Of the compatible API; there are no workflows, so it is nothing.
    Workflow,
}

impl<'t> Placeholder<'t> {
    fn parse(text: &'t str) -> Result<Self, String> {
        let text = text.trim();
        let member = |name: &'t str| name.strip_prefix('.').filter(|name| !name.is_empty());
        let workflow = |text: &'t str| text.strip_prefix("workflow_response");
        match text.strip_prefix("event") {
            Some("") => Ok(Self::Event),
            Some(rest) if member(rest).is_some() => {
                Ok(Self::Member(member(rest).unwrap_or_default()))
            }
            _ if text == "linked_account_name" => Ok(Self::AccountName),
            _ if workflow(text).is_some_and(|rest| rest.is_empty() || member(rest).is_some()) => {
                Ok(Self::Workflow)
            }
            _ => Err(format!(
                "there is no placeholder `{{{{{text}}}}}`; there are {{{{event}}}}, {{{{event.<member>}}}} and {{{{linked_account_name}}}}"
            )),
        }
    }

    fn value(&self, payload: &DeliveryPayload) -> Value {
        match self {
            Self::Event => Value::Object(payload.event.clone()),
            Self::Member(name) => payload.event.get(*name).cloned().unwrap_or_default(),
            Self::AccountName => payload.linked_account_name.clone().into(),
            Self::Workflow => Value::Null,
        }
    }
}

impl Piece<'_> {
    fn text(&self, payload: &DeliveryPayload) -> String {
        match self {
            Self::Text(text) => (*text).to_owned(),
            Self::Of(placeholder) => match placeholder.value(payload) {
                Value::String(text) => text,
                Value::Null => String::new(),
                other => other.to_string(),
            },
        }
    }
}

fn pieces(text: &str) -> Result<Vec<Piece<'_>>, String> {
    let (mut pieces, mut rest) = (Vec::new(), text);
    while let Some((before, from)) = rest.split_once("{{") {
        let (inside, after) = from.split_once("}}").ok_or_else(unclosed)?;
        if !before.is_empty() {
            pieces.push(Piece::Text(before));
        }
        pieces.push(Piece::Of(Placeholder::parse(inside)?));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    Ok(pieces)
}

fn unclosed() -> String {
    "a `{{` has no `}}` after it".to_owned()
}

/// Puts placeholders that stand outside of texts into quotes, so that the whole is JSON. Outside of texts JSON has no `{{`.
fn quote_bare(text: &str) -> Result<String, String> {
    let (mut quoted, mut rest) = (String::with_capacity(text.len() + 2), text);
    loop {
        let (outside, inside) = rest.split_at(rest.find('"').unwrap_or(rest.len()));
        quote_outside(outside, &mut quoted)?;
        if inside.is_empty() {
            return Ok(quoted);
        }
        let end = end_of_text(inside);
        let (literal, after) = inside.split_at(end);
        quoted.push_str(literal);
        rest = after;
    }
}

fn quote_outside(mut outside: &str, quoted: &mut String) -> Result<(), String> {
    while let Some((before, from)) = outside.split_once("{{") {
        let (inside, after) = from.split_once("}}").ok_or_else(unclosed)?;
        quoted.push_str(before);
        let placeholder = Value::String(["{{", inside, "}}"].concat());
        quoted.push_str(&placeholder.to_string());
        outside = after;
    }
    quoted.push_str(outside);
    Ok(())
}

/// Where a JSON text that begins here ends, behind its closing quote.
fn end_of_text(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn check(body: &Value) -> Result<(), String> {
    match body {
        Value::String(text) => check_text(text),
        Value::Array(items) => items.iter().try_for_each(check),
        Value::Object(members) => members.values().try_for_each(check),
        _ => Ok(()),
    }
}

fn filled(body: &Value, payload: &DeliveryPayload) -> Value {
    match body {
        Value::String(text) => match pieces(text).as_deref() {
            Ok([Piece::Of(whole)]) => whole.value(payload),
            _ => fill_text(text, payload).into(),
        },
        Value::Array(items) => items.iter().map(|item| filled(item, payload)).collect(),
        Value::Object(members) => {
            let each = |(name, value): (&String, &Value)| (name.clone(), filled(value, payload));
            Value::Object(members.iter().map(each).collect())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn payload() -> DeliveryPayload {
        let event = json!({"event": "Connection Created", "slug": "crm", "number": 7});
        DeliveryPayload {
            event: event.as_object().unwrap().clone(),
            linked_account_name: "Ada \"the\" first".to_owned(),
        }
    }

    fn fill(text: &str) -> String {
        Body::parse(text).unwrap().fill(&payload())
    }

    #[test]
    fn the_event_is_sent_as_it_is_in_every_spelling_of_the_default() {
        let event = Value::Object(payload().event).to_string();
        for text in [DEFAULT, "\"{{event}}\"", " {{ event }} ", "\"{{ event }}\""] {
            assert_eq!(fill(text), event);
            assert_eq!(Body::parse(text).unwrap().kind(), "default");
        }
    }

    #[test]
    fn a_placeholder_that_is_a_whole_value_keeps_its_type() {
        let text =
            r#"{"a": "{{event.number}}", "b": {{event}}, "c": [{{event.slug}}, "{{event.none}}"]}"#;
        let sent: Value = serde_json::from_str(&fill(text)).unwrap();
        let event = payload().event;
        assert_eq!(sent, json!({"a": 7, "b": event, "c": ["crm", null]}));
    }

    #[test]
    fn what_is_put_in_cannot_break_out() {
        let text = r#"{"text": "by {{linked_account_name}}: {{event.number}}{{event.none}}", "{{event}}": "\"{{event.slug}}\\"}"#;
        let sent: Value = serde_json::from_str(&fill(text)).unwrap();
        let expected = json!({"text": "by Ada \"the\" first: 7", "{{event}}": "\"crm\\"});
        assert_eq!(sent, expected);
        assert_eq!(
            fill_text("{{event.slug}}-{{linked_account_name}}", &payload()),
            "crm-Ada \"the\" first"
        );
    }

    #[test]
    fn what_kind_a_body_is_shows_in_its_members() {
        let kind = |text| Body::parse(text).unwrap().kind();
        assert_eq!(kind(SLACK), "slack");
        assert_eq!(kind(r#"{"blocks": [], "text": "x"}"#), "slack");
        assert_eq!(kind(r#"{"text": "x", "event": {{event}}}"#), "custom");
        assert_eq!(kind(r#""{{event}} ""#), "custom");
        assert_eq!(kind("{}"), "custom");
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_the_reason() {
        let refusal = |text: &str| Body::parse(text).err().unwrap();
        assert!(refusal("{{event").contains("`}}`"));
        assert!(refusal(r#"{"a": "{{event"}"#).contains("`}}`"));
        assert!(refusal("{{events}}").contains("`{{events}}`"));
        assert!(refusal(r#"{"a": "{{ event.}}"}"#).contains("`{{event.}}`"));
        assert!(refusal("hello").contains("line 1"));
        assert!(refusal(r#"{"a": {{event}}"#).contains("not JSON"));
        assert!(refusal("").contains("not JSON"));
        assert!(refusal("\"").contains("not JSON"));
        assert!(Body::parse(r#"["{{workflow_response.id}}"]"#).is_ok());
        assert!(check_text("{{nobody}}").is_err());
    }
}
