//! Deliveries: one event on its way to one endpoint, with every attempt that was made.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{DeliveryId, EventId, Millis, Tenant, WebhookId};

/// One event for one endpoint. There is one at most for each pair, whoever makes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// Its id.
    pub id: DeliveryId,
    /// To which endpoint.
    pub webhook: WebhookId,
    /// Whose.
    pub tenant: Tenant,
    /// Of which event: what every attempt is named by (`webhook-id`).
    pub event: EventId,
    /// What is told.
    pub payload: DeliveryPayload,
    /// How far it has come.
    pub state: DeliveryState,
    /// What was tried, oldest first. Of very many the oldest are forgotten.
    pub attempts: Vec<DeliveryAttempt>,
    /// How many attempts of the schedule are over.
    pub tries: u32,
    /// Raised by whoever takes it in hand, so that one who was too late writes nothing.
    pub fence: i64,
    /// When it is tried next.
    pub due_at: Option<Millis>,
    /// When it was made.
    pub created_at: Millis,
    /// When it came to its end.
    pub finished_at: Option<Millis>,
}

/// What is told, before the endpoint's template is applied.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeliveryPayload {
    /// The event's members.
    pub event: Map<String, Value>,
    /// What the tenant calls the account that it is about.
    pub linked_account_name: String,
}

/// One request to an endpoint, and what came of it. Never holds a header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeliveryAttempt {
    /// When it was made.
    pub at: Millis,
    /// How long it took.
    pub duration_ms: u64,
    /// The status that the endpoint answered.
    pub http_status: Option<u16>,
    /// Why there is no answer, or why it does not count as one.
    pub error: Option<String>,
    /// The beginning of the answer's body.
    pub response: Option<String>,
}

words! {
    /// How far a delivery has come.
    DeliveryState {
        /// It is tried, or tried again.
        Pending = "pending",
        /// The endpoint has taken it.
        Delivered = "delivered",
        /// It was given up.
        Failed = "failed",
    }
}
