//! Events on their way to tenants' endpoints, in hand under a lease by the database's clock.

use async_trait::async_trait;
use tenon_engine::model::{
    ConnectionEvent, Delivery, DeliveryId, DeliveryState, EventId, Millis, Page, Paging, Tenant,
    Webhook, WebhookId,
};
use tenon_engine::ports::{Deliveries, Stored};

use super::step::Step;
use crate::database::{Database, SqlStore};
use crate::fault::Fault;
use crate::record::{FromRecord, Record};
use crate::selection::Selection;
use crate::value::{Values, scoped, values};

const UNANNOUNCED: &str = "SELECT * FROM connection_events
    WHERE NOT announced AND id > ? ORDER BY id LIMIT ?";

/// Where the endpoint is gone there is no row to select, and where the delivery is there already it stays as it is.
const ADD: &str = "INSERT INTO webhook_deliveries (
        id, webhook, org, environment, event, payload, state, attempts, tries, fence, due_at,
        created_at)
    SELECT ?, id, org, environment, ?, ?, ?, ?, CAST(? AS BIGINT), CAST(? AS BIGINT),
        CAST(? AS BIGINT), CAST(? AS BIGINT)
    FROM webhooks WHERE id = ? AND org = ? AND environment = ?
    ON CONFLICT (webhook, event) DO NOTHING";

const ANNOUNCED: &str = "UPDATE connection_events SET announced = ?
    WHERE id = ? AND org = ? AND environment = ?";

const PUT_BACK: &str = "UPDATE webhook_deliveries
    SET state = ?, attempts = ?, tries = ?, due_at = ?, finished_at = ?, lease_until = NULL
    WHERE id = ? AND org = ? AND environment = ? AND fence = ?";

const ONE: &str = "SELECT * FROM webhook_deliveries
    WHERE id = ? AND org = ? AND environment = ? AND webhook = ?";

const FORGET: &str = "DELETE FROM webhook_deliveries WHERE id IN (
    SELECT id FROM webhook_deliveries WHERE created_at < ? ORDER BY created_at LIMIT ?)";

const NEWEST_FIRST: &str = "created_at DESC, id DESC";

#[async_trait]
impl<D: Database> Deliveries for SqlStore<D> {
    async fn news(&self) {
        self.database.news().notified().await;
    }

    async fn unannounced_events(
        &self,
        after: Option<&EventId>,
        limit: u32,
    ) -> Stored<Vec<ConnectionEvent>> {
        let after = after.map_or("", EventId::as_str);
        self.database.all(UNANNOUNCED, values![after, limit]).await
    }

    async fn announce(&self, event: &ConnectionEvent, deliveries: &[Delivery]) -> Stored<()> {
        let mut steps = Vec::with_capacity(deliveries.len() + 1);
        for delivery in deliveries {
            steps.push(Step::Change(ADD, row(delivery)?));
        }
        let mut announced = values![true];
        announced.extend(scoped(event.id.as_str(), &event.tenant));
        steps.push(Step::Change(ANNOUNCED, announced));
        self.database.together(steps).await.map(drop)
    }

    async fn waiting_webhooks(
        &self,
        now: Millis,
        but: &[WebhookId],
        limit: u32,
    ) -> Stored<Vec<(Tenant, WebhookId)>> {
        let but = serde_json::to_string(but).map_err(Fault::from)?;
        let values = values![but, now.0, limit];
        self.database.all(D::WAITING, values).await
    }

    async fn due_deliveries(
        &self,
        webhook: &Webhook,
        now: Millis,
        limit: u32,
    ) -> Stored<Vec<Delivery>> {
        let values = values![webhook.id.as_str(), now.0, limit];
        self.database.all(D::DELIVERIES_DUE, values).await
    }

    async fn add_delivery(&self, delivery: &Delivery) -> Stored<()> {
        self.database.change(ADD, row(delivery)?).await.map(drop)
    }

    async fn take_delivery(&self, delivery: &Delivery, for_ms: i64) -> Stored<bool> {
        let mut row = values![
            for_ms,
            delivery.state.as_str(),
            delivery.tries,
            delivery.due_at.map(|time| time.0),
        ];
        row.extend(fenced(delivery));
        // Where the machine forgets this, it also forgets that anything was sent: then it is sent once more.
        Ok(self.database.change_lightly(D::TAKE_DELIVERY, row).await? > 0)
    }

    async fn put_back_delivery(&self, delivery: &Delivery) -> Stored<bool> {
        let mut row = values![
            delivery.state.as_str(),
            serde_json::to_string(&delivery.attempts).map_err(Fault::from)?,
            delivery.tries,
            delivery.due_at.map(|time| time.0),
            delivery.finished_at.map(|time| time.0),
        ];
        row.extend(fenced(delivery));
        Ok(self.database.change(PUT_BACK, row).await? > 0)
    }

    async fn delivery(
        &self,
        tenant: &Tenant,
        webhook: &WebhookId,
        id: &DeliveryId,
    ) -> Stored<Option<Delivery>> {
        let mut which = scoped(id.as_str(), tenant);
        which.push(webhook.as_str().to_owned().into());
        self.database.first(ONE, which).await
    }

    async fn deliveries(
        &self,
        tenant: &Tenant,
        webhook: &WebhookId,
        state: Option<DeliveryState>,
        paging: Paging,
    ) -> Stored<Page<Delivery>> {
        let selection = Selection::of(tenant)
            .and("webhook = ?", Some(webhook.as_str().to_owned()))
            .and("state = ?", state.map(|state| state.as_str().to_owned()));
        self.database.page(selection, NEWEST_FIRST, paging).await
    }

    async fn forget_deliveries(&self, before: Millis, limit: u32) -> Stored<u64> {
        self.database.change(FORGET, values![before.0, limit]).await
    }
}

fn row(delivery: &Delivery) -> Result<Values, Fault> {
    let mut row = values![
        delivery.id.as_str(),
        delivery.event.as_str(),
        serde_json::to_string(&delivery.payload)?,
        delivery.state.as_str(),
        serde_json::to_string(&delivery.attempts)?,
        delivery.tries,
        delivery.fence,
        delivery.due_at.map(|time| time.0),
        delivery.created_at.0,
    ];
    row.extend(scoped(delivery.webhook.as_str(), &delivery.tenant));
    Ok(row)
}

/// The values of `id = ? AND org = ? AND environment = ? AND fence = ?`.
fn fenced(delivery: &Delivery) -> Values {
    let mut row = scoped(delivery.id.as_str(), &delivery.tenant);
    row.push(delivery.fence.into());
    row
}

/// Names an endpoint, whatever else its row holds.
impl FromRecord for (Tenant, WebhookId) {
    const TABLE: &'static str = "webhooks";

    fn from_record(record: &Record<'_>) -> Result<Self, Fault> {
        Ok((record.tenant()?, record.parse("id", WebhookId::parse)?))
    }
}

impl FromRecord for Delivery {
    const TABLE: &'static str = "webhook_deliveries";

    fn from_record(record: &Record<'_>) -> Result<Self, Fault> {
        Ok(Self {
            id: record.parse("id", DeliveryId::parse)?,
            webhook: record.parse("webhook", WebhookId::parse)?,
            tenant: record.tenant()?,
            event: record.parse("event", EventId::parse)?,
            payload: record.json("payload")?,
            state: record.parse("state", DeliveryState::parse)?,
            attempts: record.json("attempts")?,
            tries: record.get("tries")?,
            fence: record.get("fence")?,
            due_at: record.time_optional("due_at")?,
            created_at: record.time("created_at")?,
            finished_at: record.time_optional("finished_at")?,
        })
    }
}

/// Takes a delivery in hand. `$now` is the engine's word for its clock, in milliseconds.
macro_rules! take_delivery {
    ($now:literal) => {
        concat!(
            "UPDATE webhook_deliveries SET lease_until = ",
            $now,
            " + CAST(? AS BIGINT), state = ?, tries = ?, due_at = ?, fence = fence + 1
            WHERE id = ? AND org = ? AND environment = ? AND fence = ?
                AND (lease_until IS NULL OR lease_until < ",
            $now,
            ")"
        )
    };
}

/// Enabled endpoints that wait for a delivery which nobody has in hand. `$listed` is how the engine reads a JSON list.
macro_rules! waiting {
    ($now:literal, $listed:literal) => {
        concat!(
            "SELECT id, org, environment FROM webhooks
            WHERE is_enabled AND id NOT IN (",
            $listed,
            ") AND EXISTS (
                SELECT 1 FROM webhook_deliveries d
                WHERE d.webhook = webhooks.id AND d.due_at <= ?
                    AND (d.lease_until IS NULL OR d.lease_until < ",
            $now,
            "))
            ORDER BY (
                SELECT min(d.due_at) FROM webhook_deliveries d
                WHERE d.webhook = webhooks.id AND d.due_at IS NOT NULL)
            LIMIT ?"
        )
    };
}

/// Deliveries to one endpoint that are due and free.
macro_rules! deliveries_due {
    ($now:literal) => {
        concat!(
            "SELECT * FROM webhook_deliveries
            WHERE webhook = ? AND due_at <= ? AND (lease_until IS NULL OR lease_until < ",
            $now,
            ")
            ORDER BY due_at, event LIMIT ?"
        )
    };
}

pub(crate) use {deliveries_due, take_delivery, waiting};
