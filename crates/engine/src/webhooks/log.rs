//! The log of deliveries, sending one again, and trying an endpoint out.

use serde_json::json;

use super::announce::{self, About};
use super::deliver::{LEASE_MS, taken};
use super::schedule::ONLY_ONE;
use crate::Engine;
use crate::access::TenantCaller;
use crate::error::{Code, Error, Outcomes};
use crate::model::{
    ConnectionId, Delivery, DeliveryId, DeliveryPayload, DeliveryState, EventId, Page, Paging,
    Webhook, WebhookEvent,
};

impl Engine {
    /// The deliveries to an endpoint, newest first.
    ///
    /// # Errors
    /// [`Code::WebhookNotFound`].
    pub async fn deliveries(
        &self,
        caller: &TenantCaller,
        webhook: &str,
        state: Option<DeliveryState>,
        paging: Paging,
    ) -> Outcomes<Page<Delivery>> {
        let webhook = self.existing_webhook(caller.tenant(), webhook).await?;
        let (tenant, id) = (&webhook.tenant, &webhook.id);
        Ok(self.store.deliveries(tenant, id, state, paging).await?)
    }

    /// Sends a delivery once more, now, whatever became of it. Where that fails, its schedule begins anew.
    ///
    /// # Errors
    /// [`Code::ResourceNotFound`]; [`Code::BadRequest`] where the endpoint is disabled; [`Code::Conflict`] where it is
    /// being sent at this moment.
    pub async fn redeliver(
        &self,
        caller: &TenantCaller,
        webhook: &str,
        delivery: &str,
    ) -> Outcomes<Delivery> {
        let webhook = self.existing_webhook(caller.tenant(), webhook).await?;
        let found = match DeliveryId::parse(delivery) {
            Some(id) => {
                self.store
                    .delivery(&webhook.tenant, &webhook.id, &id)
                    .await?
            }
            None => None,
        };
        let unknown = || Error::new(Code::ResourceNotFound, "There is no such delivery");
        let delivery = found.ok_or_else(unknown)?;
        if !webhook.is_enabled {
            let message = "The webhook is disabled; enable it first";
            return Err(Error::new(Code::BadRequest, message));
        }
        let again = Delivery {
            state: DeliveryState::Pending,
            tries: if is_test(&delivery) { ONLY_ONE } else { 0 },
            due_at: Some(self.clock.now()),
            finished_at: None,
            ..delivery
        };
        if !self.store.take_delivery(&again, LEASE_MS).await? {
            let message = "The delivery is being sent at this moment; look at it again";
            return Err(Error::new(Code::Conflict, message));
        }
        self.try_delivery(&webhook, taken(again)).await
    }

    /// Sends a made-up event to an endpoint, once, also where it is disabled.
    ///
    /// # Errors
    /// [`Code::WebhookNotFound`]. That the endpoint did not take it is no error: the delivery says so.
    pub async fn test_webhook(
        &self,
        caller: &TenantCaller,
        webhook: &str,
        event: Option<WebhookEvent>,
    ) -> Outcomes<Delivery> {
        let webhook = self.existing_webhook(caller.tenant(), webhook).await?;
        let delivery = self.made_up(&webhook, event);
        self.store.add_delivery(&delivery).await?;
        if !self.store.take_delivery(&delivery, LEASE_MS).await? {
            // The job was quicker: it sends this one as it sends every other.
            return Ok(delivery);
        }
        self.try_delivery(&webhook, taken(delivery)).await
    }

    fn made_up(&self, webhook: &Webhook, event: Option<WebhookEvent>) -> Delivery {
        let wanted = webhook.definition.events.first().copied();
        let told = event.or(wanted).unwrap_or(WebhookEvent::ConnectionCreated);
        let now = self.clock.now();
        let (event, connection) = (EventId::generate(), ConnectionId::generate());
        let mut members = announce::members(&About {
            tenant: &webhook.tenant,
            event: &event,
            told,
            at: now,
            account: "test-account",
            connection: &connection,
            slug: webhook.definition.slug.as_deref().unwrap_or("test"),
        });
        members.insert("test".to_owned(), json!(true));
        Delivery {
            id: DeliveryId::generate(),
            webhook: webhook.id.clone(),
            tenant: webhook.tenant.clone(),
            event,
            payload: DeliveryPayload {
                event: members,
                linked_account_name: "Test account".to_owned(),
            },
            state: DeliveryState::Pending,
            attempts: Vec::new(),
            tries: ONLY_ONE,
            fence: 0,
            due_at: Some(now),
            created_at: now,
            finished_at: None,
        }
    }
}

/// A made-up event is sent when somebody asks for it, and by no schedule.
fn is_test(delivery: &Delivery) -> bool {
    delivery.payload.event.contains_key("test")
}
