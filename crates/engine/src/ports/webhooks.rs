//! What webhooks ask of a store: tenants' endpoints, and the deliveries of events to them.
//!
//! An event is written with the change that it tells of, and waits there until its deliveries are written; a delivery
//! waits until it is taken in hand, under a lease by the store's clock. So whoever dies in between loses nothing.

use async_trait::async_trait;

use super::Stored;
use crate::model::{
    ConnectionEvent, Delivery, DeliveryId, DeliveryState, EventId, Millis, Page, Paging, Tenant,
    Webhook, WebhookId,
};

/// Tenants' endpoints.
#[async_trait]
pub trait Webhooks: Send + Sync {
    /// Adds an endpoint.
    async fn add_webhook(&self, webhook: &Webhook) -> Stored<()>;
    /// Replaces everything but id, tenant and time of making, if the stored version is `webhook.version - 1`. `false`
    /// where it is not.
    async fn update_webhook(&self, webhook: &Webhook) -> Stored<bool>;
    /// Disables an endpoint that Tenon gives up, whatever its version; `false` where it is disabled or gone.
    async fn disable_webhook(&self, webhook: &Webhook, because: &str) -> Stored<bool>;
    /// One endpoint.
    async fn webhook(&self, tenant: &Tenant, id: &WebhookId) -> Stored<Option<Webhook>>;
    /// All endpoints of a tenant, oldest first.
    async fn webhooks(&self, tenant: &Tenant) -> Stored<Vec<Webhook>>;
    /// Removes an endpoint with its deliveries; `false` where there is none.
    async fn delete_webhook(&self, tenant: &Tenant, id: &WebhookId) -> Stored<bool>;
}

/// What is told to endpoints.
#[async_trait]
pub trait Deliveries: Send + Sync {
    /// Returns once this process has written an event that webhooks are told of, also before it was asked. What other
    /// processes write has to be looked for.
    async fn news(&self);
    /// Events that webhooks were not told of, oldest first, from behind this one on. All tenants: it is a job.
    async fn unannounced_events(
        &self,
        after: Option<&EventId>,
        limit: u32,
    ) -> Stored<Vec<ConnectionEvent>>;
    /// Writes the deliveries of an event and that it is announced, both or neither. Those that are there already, or whose
    /// endpoint is gone, are left out.
    async fn announce(&self, event: &ConnectionEvent, deliveries: &[Delivery]) -> Stored<()>;
    /// Enabled endpoints with a delivery that is due at `now` and in nobody's hand, but for those named, the longest due
    /// first. All tenants: it is a job.
    async fn waiting_webhooks(
        &self,
        now: Millis,
        but: &[WebhookId],
        limit: u32,
    ) -> Stored<Vec<(Tenant, WebhookId)>>;
    /// The deliveries to an endpoint that are due at `now` and in nobody's hand, the longest due first.
    async fn due_deliveries(
        &self,
        webhook: &Webhook,
        now: Millis,
        limit: u32,
    ) -> Stored<Vec<Delivery>>;
    /// Adds one delivery.
    async fn add_delivery(&self, delivery: &Delivery) -> Stored<()>;
    /// Takes a delivery in hand for so long, with its state, tries and due time as they are given here, if nobody has it
    /// and nobody had it since it was read. Whoever took it has its fence plus one.
    async fn take_delivery(&self, delivery: &Delivery, for_ms: i64) -> Stored<bool>;
    /// Writes what came of it and lets go, if nobody took it meanwhile (`delivery.fence` is still its fence).
    async fn put_back_delivery(&self, delivery: &Delivery) -> Stored<bool>;
    /// One delivery.
    async fn delivery(
        &self,
        tenant: &Tenant,
        webhook: &WebhookId,
        id: &DeliveryId,
    ) -> Stored<Option<Delivery>>;
    /// The deliveries to an endpoint, newest first; only those of a state, where one is given.
    async fn deliveries(
        &self,
        tenant: &Tenant,
        webhook: &WebhookId,
        state: Option<DeliveryState>,
        paging: Paging,
    ) -> Stored<Page<Delivery>>;
    /// Removes deliveries that were made before, whatever became of them, at most so many, and says how many there were.
    /// All tenants: it is a job.
    async fn forget_deliveries(&self, before: Millis, limit: u32) -> Stored<u64>;
}
