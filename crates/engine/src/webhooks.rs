//! Webhooks: tenants' endpoints ([`endpoints`]) are told what happened to connections.
//!
//! An event is written with the change that it tells of ([`crate::ports::Deliveries`]). From there two jobs bring it to
//! the endpoints, on every replica: [`announce`] makes a delivery for each endpoint that wants it, and [`deliver`] sends
//! what is due, again and again by a [`schedule`]. Every event comes at least once, and every attempt of it has one id.

mod announce;
mod attempt;
mod definition;
mod deliver;
mod endpoints;
mod headers;
mod legacy;
mod log;
mod schedule;
mod secrets;
mod template;

pub use definition::{WebhookChanges, webhook_event, webhook_type};
pub use endpoints::Rotated;
pub use headers::MASK;

pub(crate) use deliver::Lanes;

use crate::Engine;
use crate::error::{Code, Error, Outcomes};
use crate::model::{Millis, Tenant, Webhook, WebhookId};

/// How long deliveries are kept, whatever became of them.
const KEPT_MS: i64 = 30 * 24 * 3600 * 1000;

/// How many are forgotten at once: other writers wait for no more than that.
const FORGOTTEN_AT_ONCE: u32 = 500;

impl Engine {
    /// An endpoint of the tenant's, by the id that a caller writes.
    ///
    /// # Errors
    /// [`Code::WebhookNotFound`].
    async fn existing_webhook(&self, tenant: &Tenant, id: &str) -> Outcomes<Webhook> {
        let found = match WebhookId::parse(id) {
            Some(id) => self.store.webhook(tenant, &id).await?,
            None => None,
        };
        found.ok_or_else(|| Error::of(Code::WebhookNotFound))
    }

    /// Returns when it may be worth while to look for events and deliveries, because this process knows of some. What
    /// other processes write, and what becomes due, has to be looked for besides.
    pub async fn webhook_news(&self) {
        tokio::select! {
            () = self.store.news() => {}
            () = self.lanes.freed() => {}
        }
    }

    /// Forgets deliveries that are older than they are kept, and says how many there were.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn forget_deliveries(&self) -> Outcomes<u64> {
        let before = Millis(self.clock.now().0.saturating_sub(KEPT_MS));
        let mut total = 0;
        loop {
            let forgotten = self
                .store
                .forget_deliveries(before, FORGOTTEN_AT_ONCE)
                .await?;
            total += forgotten;
            if forgotten < u64::from(FORGOTTEN_AT_ONCE) {
                return Ok(total);
            }
        }
    }
}
