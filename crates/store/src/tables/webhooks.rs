//! Tenants' endpoints.

use async_trait::async_trait;
use tenon_engine::model::{Tenant, Webhook, WebhookId};
use tenon_engine::ports::{Stored, Webhooks};

use crate::database::{Database, SqlStore};
use crate::fault::Fault;
use crate::record::{FromRecord, Record};
use crate::value::{Values, scoped, values};

const ADD: &str = "INSERT INTO webhooks (
    id, org, environment, created_at, definition, secrets, is_enabled, disabled_because, version,
    updated_at
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

const UPDATE: &str = "UPDATE webhooks
    SET definition = ?, secrets = ?, is_enabled = ?, disabled_because = ?, version = ?,
        updated_at = ?
    WHERE id = ? AND org = ? AND environment = ? AND version = ?";

const DISABLE: &str = "UPDATE webhooks SET is_enabled = ?, disabled_because = ?
    WHERE id = ? AND org = ? AND environment = ? AND is_enabled";

const ONE: &str = "SELECT * FROM webhooks WHERE id = ? AND org = ? AND environment = ?";

const ALL: &str = "SELECT * FROM webhooks
    WHERE org = ? AND environment = ? ORDER BY created_at, id";

const DELETE: &str = "DELETE FROM webhooks WHERE id = ? AND org = ? AND environment = ?";

#[async_trait]
impl<D: Database> Webhooks for SqlStore<D> {
    async fn add_webhook(&self, webhook: &Webhook) -> Stored<()> {
        let mut row = scoped(webhook.id.as_str(), &webhook.tenant);
        row.push(webhook.created_at.0.into());
        row.extend(content(webhook)?);
        self.database.change(ADD, row).await.map(drop)
    }

    async fn update_webhook(&self, webhook: &Webhook) -> Stored<bool> {
        let mut row = content(webhook)?;
        row.extend(scoped(webhook.id.as_str(), &webhook.tenant));
        row.push(webhook.version.saturating_sub(1).into());
        let updated = self.database.change(UPDATE, row).await? > 0;
        // A secret may have been replaced.
        self.database.shred();
        Ok(updated)
    }

    async fn disable_webhook(&self, webhook: &Webhook, because: &str) -> Stored<bool> {
        let mut row = values![false, because];
        row.extend(scoped(webhook.id.as_str(), &webhook.tenant));
        Ok(self.database.change(DISABLE, row).await? > 0)
    }

    async fn webhook(&self, tenant: &Tenant, id: &WebhookId) -> Stored<Option<Webhook>> {
        self.database.first(ONE, scoped(id.as_str(), tenant)).await
    }

    async fn webhooks(&self, tenant: &Tenant) -> Stored<Vec<Webhook>> {
        let values = values![tenant.org.as_str(), tenant.environment.as_str()];
        self.database.all(ALL, values).await
    }

    async fn delete_webhook(&self, tenant: &Tenant, id: &WebhookId) -> Stored<bool> {
        let deleted = self.database.change(DELETE, scoped(id.as_str(), tenant));
        let deleted = deleted.await? > 0;
        self.database.shred();
        Ok(deleted)
    }
}

/// The columns that a change may change.
fn content(webhook: &Webhook) -> Result<Values, Fault> {
    Ok(values![
        serde_json::to_string(&webhook.definition)?,
        webhook.secrets,
        webhook.is_enabled,
        webhook.disabled_because,
        webhook.version,
        webhook.updated_at.0,
    ])
}

impl FromRecord for Webhook {
    const TABLE: &'static str = "webhooks";

    fn from_record(record: &Record<'_>) -> Result<Self, Fault> {
        Ok(Self {
            id: record.parse("id", WebhookId::parse)?,
            tenant: record.tenant()?,
            definition: record.json("definition")?,
            is_enabled: record.get("is_enabled")?,
            disabled_because: record.get("disabled_because")?,
            secrets: record.get("secrets")?,
            version: record.get("version")?,
            created_at: record.time("created_at")?,
            updated_at: record.time("updated_at")?,
        })
    }
}
