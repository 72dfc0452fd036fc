//! What is due is sent: the deliveries to one endpoint in a lane of their own, so that one who is slow holds up nobody
//! else, and a bounded number of lanes.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::join_all;
use tokio::sync::Notify;
use tokio_util::task::TaskTracker;

use super::schedule::{self, End};
use crate::Engine;
use crate::error::Outcomes;
use crate::model::{Delivery, DeliveryState, Tenant, Webhook, WebhookId};

/// How many endpoints are served at once.
const LANES: usize = 32;
/// How many deliveries to one endpoint are under way at once.
const ABREAST: u32 = 4;
/// After so many times that many, a lane is left to others for whom something is due.
const TURNS: usize = 25;
/// How long a delivery is in one hand: longer than an attempt takes.
pub(super) const LEASE_MS: i64 = 30_000;
/// How many attempts are kept of one delivery.
const KEPT_ATTEMPTS: usize = 30;

impl Engine {
    /// Begins to send what is due, to every endpoint that is not served at present and for which there is a lane. What it
    /// returns ends when all of that is sent.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn deliver_webhooks(self: &Arc<Self>) -> Outcomes<TaskTracker> {
        let begun = TaskTracker::new();
        let busy = self.lanes.busy();
        let free = LANES.saturating_sub(busy.len());
        if free > 0 && !self.tasks.is_closed() {
            let limit = u32::try_from(free).unwrap_or(u32::MAX);
            let waiting = self.store.waiting_webhooks(self.clock.now(), &busy, limit);
            for (tenant, id) in waiting.await? {
                let Some(lane) = self.lanes.enter(&id) else {
                    continue;
                };
                let engine = Arc::clone(self);
                let serving = begun.track_future(async move {
                    if let Err(error) = engine.serve_endpoint(&tenant, &id).await {
                        let cause = &error as &dyn std::error::Error;
                        tracing::warn!(webhook = %id, error = cause, "deliveries to a webhook wait");
                    }
                    drop(lane);
                });
                self.tasks.spawn(serving);
            }
        }
        begun.close();
        Ok(begun)
    }

    /// Sends what is due to one endpoint, until nothing is, or others wait for long. Each turn is as its tenant wants it by
    /// then.
    async fn serve_endpoint(&self, tenant: &Tenant, id: &WebhookId) -> Outcomes<()> {
        for _ in 0..TURNS {
            let webhook = match self.store.webhook(tenant, id).await? {
                Some(webhook) if webhook.is_enabled && !self.tasks.is_closed() => webhook,
                _ => return Ok(()),
            };
            if self.take_turn(&webhook).await? == 0 {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Takes some deliveries in hand and sends them; says how many.
    async fn take_turn(&self, webhook: &Webhook) -> Outcomes<usize> {
        let due = self
            .store
            .due_deliveries(webhook, self.clock.now(), ABREAST)
            .await?;
        let sending = due.into_iter().map(|delivery| async move {
            match self.store.take_delivery(&delivery, LEASE_MS).await? {
                true => self.try_delivery(webhook, taken(delivery)).await.map(|_| 1),
                // Another process was first.
                false => Ok(0),
            }
        });
        join_all(sending).await.into_iter().sum()
    }

    /// Sends a delivery that is in hand, writes what came of it and lets go of it. Whoever was so slow that somebody else
    /// took it in hand writes nothing.
    pub(super) async fn try_delivery(
        &self,
        webhook: &Webhook,
        mut delivery: Delivery,
    ) -> Outcomes<Delivery> {
        let attempted = self.knock(webhook, &delivery).await;
        let now = self.clock.now();
        let end = schedule::end(
            attempted.kept.http_status,
            delivery.tries,
            attempted.asked,
            self.clock.chance(),
        );
        delivery.attempts.push(attempted.kept);
        let surplus = delivery.attempts.len().saturating_sub(KEPT_ATTEMPTS);
        delivery.attempts.drain(..surplus);
        delivery.tries = delivery.tries.saturating_add(1);
        (delivery.state, delivery.due_at) = match end {
            End::Delivered => (DeliveryState::Delivered, None),
            End::Again(wait) => (DeliveryState::Pending, Some(now.plus(wait))),
            End::GivenUp | End::Gone => (DeliveryState::Failed, None),
        };
        delivery.finished_at = delivery.due_at.is_none().then_some(now);
        count(end);
        self.store.put_back_delivery(&delivery).await?;
        if end == End::Gone {
            let because = "the endpoint answered 410 Gone";
            self.store.disable_webhook(webhook, because).await?;
            tracing::info!(webhook = %webhook.id, because, "a webhook is disabled");
        }
        Ok(delivery)
    }
}

/// The delivery as whoever took it in hand has it.
pub(super) fn taken(delivery: Delivery) -> Delivery {
    Delivery {
        fence: delivery.fence.saturating_add(1),
        ..delivery
    }
}

fn count(end: End) {
    let result = match end {
        End::Delivered => "delivered",
        End::Again(_) => "again",
        End::GivenUp => "given_up",
        End::Gone => "gone",
    };
    metrics::counter!("tenon_webhook_attempts_total", "result" => result).increment(1);
}

/// The endpoints that this process serves at present.
#[derive(Default)]
pub(crate) struct Lanes {
    busy: Mutex<HashSet<WebhookId>>,
    freed: Notify,
}

impl Lanes {
    fn busy(&self) -> Vec<WebhookId> {
        self.lock().iter().cloned().collect()
    }

    fn enter(self: &Arc<Self>, id: &WebhookId) -> Option<Lane> {
        self.lock().insert(id.clone()).then(|| Lane {
            lanes: Arc::clone(self),
            id: id.clone(),
        })
    }

    /// Returns when a lane is free again after there was none.
    pub(super) async fn freed(&self) {
        self.freed.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<WebhookId>> {
        // The set is whole between any two statements.
        self.busy.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One endpoint is served as long as this is there.
struct Lane {
    lanes: Arc<Lanes>,
    id: WebhookId,
}

impl Drop for Lane {
    fn drop(&mut self) {
        let mut busy = self.lanes.lock();
        let was_full = busy.len() >= LANES;
        busy.remove(&self.id);
        if was_full {
            self.lanes.freed.notify_one();
        }
    }
}
