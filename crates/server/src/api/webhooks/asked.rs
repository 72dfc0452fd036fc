//! What a caller says of a webhook. Other members are ignored, as clients of the compatible API send back what they read.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use tenon_engine::webhooks::WebhookChanges;

use crate::api::body::GivenSecret;

/// A webhook to register, or what is to change of one.
#[derive(Default, Deserialize, JsonSchema)]
#[schemars(rename = "WebhookRequest")]
pub(super) struct WebhookAsked {
    /// Where it is: `https://`, unless the operator opened the network that it is in. Needed for a new one.
    webhook_url: Option<String>,
    /// The same as `webhook_url`.
    url: Option<String>,
    /// What it is told: `Connection Created`, `Connection Deleted`, `Connection Expired`, or in the form
    /// `connection-created`. Needed for a new one. Events of workflows are taken and never told.
    webhook_events: Option<Vec<String>>,
    /// The same as `webhook_events`.
    events: Option<Vec<String>>,
    /// The method of the requests: `POST`, `PUT` or `PATCH`; `POST` where nobody says.
    method: Option<String>,
    /// The body: JSON with the placeholders `{{event}}`, `{{event.<member>}}` and `{{linked_account_name}}`, as a text or
    /// as it is; `{{event}}` where nobody says.
    #[schemars(with = "Option<BodyText>")]
    webhook_body: Option<Value>,
    /// `default`, `slack` or `custom`; chooses a body where none is given.
    webhook_type: Option<String>,
    /// Further headers, with the same placeholders. Those whose names sound like secrets are kept sealed and shown as `***`.
    #[schemars(with = "Option<std::collections::BTreeMap<String, String>>")]
    webhook_headers: Option<IndexMap<String, GivenSecret>>,
    /// Whether it is told anything; true where nobody says.
    is_enabled: Option<bool>,
    /// Only events at this application.
    #[serde(default, deserialize_with = "said")]
    slug: Option<Option<String>>,
    /// Kept and otherwise ignored.
    workflow_ids: Option<Vec<String>>,
    /// A label that several webhooks may share.
    #[serde(default, deserialize_with = "said")]
    group: Option<Option<String>>,
    /// For people.
    #[serde(default, deserialize_with = "said")]
    description: Option<Option<String>>,
    /// For people.
    #[serde(default, deserialize_with = "said")]
    webhook_description: Option<Option<String>>,
    /// Switches the compatible API's signature `x-cobalt-signature` on: the HMAC-SHA-256 of the body under this key. Null
    /// switches it off. The key is never shown.
    #[serde(default, deserialize_with = "said")]
    #[schemars(with = "Option<String>")]
    compat_signature_key: Option<Option<GivenSecret>>,
}

/// A new webhook says where it is and what it is told.
pub(super) fn new_webhook() -> Value {
    let either =
        |one: &str, other: &str| json!({"anyOf": [{"required": [one]}, {"required": [other]}]});
    json!({"allOf": [either("webhook_url", "url"), either("webhook_events", "events")]})
}

/// A template of a body.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "describes `webhook_body` in the OpenAPI document")]
enum BodyText {
    Text(String),
    Object(serde_json::Map<String, Value>),
    List(Vec<Value>),
}

/// A member that is there, null or not: null takes away what was there.
fn said<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl WebhookAsked {
    /// The changes that are asked for.
    pub(super) fn changes(self) -> WebhookChanges {
        let headers = |headers: IndexMap<String, GivenSecret>| {
            let secret = |(name, GivenSecret(value))| (name, value);
            headers.into_iter().map(secret).collect()
        };
        let key = |key: Option<GivenSecret>| key.map(|GivenSecret(key)| key);
        WebhookChanges {
            url: self.webhook_url.or(self.url),
            events: self.webhook_events.or(self.events),
            method: self.method,
            body: self.webhook_body,
            webhook_type: self.webhook_type,
            headers: self.webhook_headers.map(headers),
            is_enabled: self.is_enabled,
            slug: self.slug,
            workflow_ids: self.workflow_ids,
            group: self.group,
            description: self.description,
            webhook_description: self.webhook_description,
            compat_signature_key: self.compat_signature_key.map(key),
        }
    }
}
