//! A webhook and its deliveries as their tenant sees them, never with a secret.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use tenon_engine::model::{Delivery, DeliveryAttempt, Webhook};
use tenon_engine::webhooks::{MASK, webhook_type};

/// A webhook, in the compatible API's shape.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Webhook")]
pub(in crate::api) struct WebhookBody {
    _id: String,
    webhook_id: String,
    org_id: String,
    environment: &'static str,
    is_enabled: bool,
    /// Why Tenon disabled it, where Tenon did.
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled_because: Option<String>,
    webhook_events: Vec<&'static str>,
    workflow_ids: Vec<String>,
    webhook_url: String,
    webhook_body: String,
    /// Those that are kept sealed as `***`.
    #[schemars(with = "std::collections::BTreeMap<String, String>")]
    webhook_headers: IndexMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook_description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    slug: Option<String>,
    method: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    /// Computed from the body: `default`, `slack` or `custom`.
    webhook_type: &'static str,
    /// Whether messages also carry the signature of the compatible API.
    compat_signature: bool,
    #[serde(rename = "createdAt")]
    created_at: String,
    #[serde(rename = "updatedAt")]
    updated_at: String,
    __v: i64,
}

impl From<Webhook> for WebhookBody {
    fn from(webhook: Webhook) -> Self {
        let webhook_type = webhook_type(&webhook.definition);
        let said = webhook.definition;
        let shown = |(name, text): (String, Option<String>)| {
            (name, text.unwrap_or_else(|| MASK.to_owned()))
        };
        Self {
            _id: webhook.id.to_string(),
            webhook_id: webhook.id.to_string(),
            org_id: webhook.tenant.org.to_string(),
            environment: webhook.tenant.environment.as_str(),
            is_enabled: webhook.is_enabled,
            disabled_because: webhook.disabled_because,
            webhook_events: said.events.iter().map(|event| event.as_str()).collect(),
            workflow_ids: said.workflow_ids,
            webhook_url: said.url,
            webhook_body: said.body,
            webhook_headers: said.headers.into_iter().map(shown).collect(),
            webhook_description: said.webhook_description,
            description: said.description,
            slug: said.slug,
            method: said.method.as_str(),
            group: said.group,
            webhook_type,
            compat_signature: said.compat_signature,
            created_at: webhook.created_at.to_iso(),
            updated_at: webhook.updated_at.to_iso(),
            __v: webhook.version.saturating_sub(1),
        }
    }
}

/// One event on its way to a webhook.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "WebhookDelivery")]
pub(in crate::api) struct DeliveryBody {
    delivery_id: String,
    webhook_id: String,
    /// The header `webhook-id` of every attempt.
    event_id: String,
    /// What happened.
    event: Option<String>,
    /// `pending`, `delivered` or `failed`.
    status: &'static str,
    /// When it is tried next.
    next_attempt_at: Option<String>,
    /// Oldest first; of very many the newest.
    attempts: Vec<AttemptBody>,
    /// What is told, before the webhook's body is made of it.
    payload: Map<String, Value>,
    created_at: String,
    finished_at: Option<String>,
}

/// One request to a webhook's endpoint.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "WebhookAttempt")]
struct AttemptBody {
    at: String,
    duration_ms: u64,
    http_status: Option<u16>,
    /// Why there is no answer, or why it does not count as one.
    error: Option<String>,
    /// The first 1024 characters of the answer.
    response: Option<String>,
}

impl From<Delivery> for DeliveryBody {
    fn from(delivery: Delivery) -> Self {
        let told = delivery.payload.event.get("event");
        Self {
            delivery_id: delivery.id.to_string(),
            webhook_id: delivery.webhook.to_string(),
            event_id: delivery.event.to_string(),
            event: told.and_then(Value::as_str).map(str::to_owned),
            status: delivery.state.as_str(),
            next_attempt_at: delivery.due_at.map(|time| time.to_iso()),
            attempts: delivery
                .attempts
                .into_iter()
                .map(AttemptBody::from)
                .collect(),
            payload: delivery.payload.event,
            created_at: delivery.created_at.to_iso(),
            finished_at: delivery.finished_at.map(|time| time.to_iso()),
        }
    }
}

impl From<DeliveryAttempt> for AttemptBody {
    fn from(attempt: DeliveryAttempt) -> Self {
        Self {
            at: attempt.at.to_iso(),
            duration_ms: attempt.duration_ms,
            http_status: attempt.http_status,
            error: attempt.error,
            response: attempt.response,
        }
    }
}
