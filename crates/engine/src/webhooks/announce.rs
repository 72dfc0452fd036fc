//! From an event to its deliveries: one for each enabled endpoint of its tenant that wants it.

use serde_json::{Map, Value};

use crate::Engine;
use crate::error::Outcomes;
use crate::model::{
    ConnectionEvent, ConnectionEventKind, ConnectionId, Delivery, DeliveryId, DeliveryPayload,
    DeliveryState, EventId, Millis, Tenant, Webhook, WebhookEvent,
};

/// How many events are read at once.
const AT_ONCE: u32 = 100;

impl Engine {
    /// Makes the deliveries of every event that was not announced yet, and says how many events there were. Other
    /// processes may do the same at the same time: an event has one delivery for each endpoint. One that cannot be
    /// announced holds up no other.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn announce_events(&self) -> Outcomes<u64> {
        let (mut announced, mut last) = (0, None);
        loop {
            let events = self
                .store
                .unannounced_events(last.as_ref(), AT_ONCE)
                .await?;
            for event in &events {
                match self.announce_event(event).await {
                    Ok(()) => announced += 1,
                    Err(error) => {
                        let cause = &error as &dyn std::error::Error;
                        tracing::error!(event = %event.id, error = cause, "webhooks are not told of an event yet");
                    }
                }
            }
            match events.last() {
                Some(event) if events.len() == AT_ONCE as usize => last = Some(event.id.clone()),
                _ => return Ok(announced),
            }
        }
    }

    async fn announce_event(&self, event: &ConnectionEvent) -> Outcomes<()> {
        let mut deliveries = Vec::new();
        if let Some(told) = event.kind.announced_as() {
            let endpoints = self.store.webhooks(&event.tenant).await?;
            let listeners: Vec<_> = endpoints
                .iter()
                .filter(|webhook| listens(webhook, told, &event.slug))
                .collect();
            if !listeners.is_empty() {
                let payload = self.payload_of(event, told).await?;
                deliveries.extend(
                    listeners
                        .iter()
                        .map(|to| self.delivery_of(to, event, &payload)),
                );
            }
        }
        Ok(self.store.announce(event, &deliveries).await?)
    }

    async fn payload_of(
        &self,
        event: &ConnectionEvent,
        told: WebhookEvent,
    ) -> Outcomes<DeliveryPayload> {
        let account = self.store.account(&event.tenant, &event.account).await?;
        // An account that is gone has no name any more.
        let name = account.map_or_else(|| event.account.to_string(), |account| account.name);
        Ok(DeliveryPayload {
            event: members_of(event, told),
            linked_account_name: name,
        })
    }

    fn delivery_of(
        &self,
        to: &Webhook,
        event: &ConnectionEvent,
        payload: &DeliveryPayload,
    ) -> Delivery {
        let now = self.clock.now();
        Delivery {
            id: DeliveryId::generate(),
            webhook: to.id.clone(),
            tenant: to.tenant.clone(),
            event: event.id.clone(),
            payload: payload.clone(),
            state: DeliveryState::Pending,
            attempts: Vec::new(),
            tries: 0,
            fence: 0,
            due_at: Some(now),
            created_at: now,
            finished_at: None,
        }
    }
}

fn listens(webhook: &Webhook, told: WebhookEvent, slug: &str) -> bool {
    let wanted = &webhook.definition;
    webhook.is_enabled
        && wanted.events.contains(&told)
        && wanted.slug.as_ref().is_none_or(|only| only == slug)
}

/// What an event is about.
pub(super) struct About<'a> {
    pub(super) tenant: &'a Tenant,
    pub(super) event: &'a EventId,
    pub(super) told: WebhookEvent,
    pub(super) at: Millis,
    pub(super) account: &'a str,
    pub(super) connection: &'a ConnectionId,
    pub(super) slug: &'a str,
}

/// The members of the compatible API's payload, and Tenon's own after them.
pub(super) fn members(about: &About<'_>) -> Map<String, Value> {
    let members = [
        ("linked_account_id", about.account.to_owned()),
        ("org_id", about.tenant.org.to_string()),
        ("environment", about.tenant.environment.as_str().to_owned()),
        ("type", "General".to_owned()),
        ("event", about.told.as_str().to_owned()),
        ("slug", about.slug.to_owned()),
        ("createdAt", about.at.to_http_date()),
        ("event_id", about.event.to_string()),
        ("connection_id", about.connection.to_string()),
        ("timestamp", about.at.to_iso()),
    ];
    let members = members.into_iter();
    members
        .map(|(name, text)| (name.to_owned(), text.into()))
        .collect()
}

/// The members of an event of a connection's timeline.
fn members_of(event: &ConnectionEvent, told: WebhookEvent) -> Map<String, Value> {
    let mut members = members(&About {
        tenant: &event.tenant,
        event: &event.id,
        told,
        at: event.at,
        account: event.account.as_str(),
        connection: &event.connection,
        slug: &event.slug,
    });
    let mut add = |name: &str, value: Value| members.insert(name.to_owned(), value);
    if let Some(way) = event.detail.get("auth_type") {
        add("auth_type", way.clone());
    }
    let again = event.kind == ConnectionEventKind::Reauthorized;
    if let Some(reason) = event.reason.as_deref().or(again.then_some("reauthorized")) {
        add("reason", reason.into());
    }
    members
}
