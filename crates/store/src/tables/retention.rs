//! What environments decide, and the removal of what they want forgotten.

use async_trait::async_trait;
use tenon_engine::model::{ChainEvent, EnvironmentSettings, Millis, Tenant};
use tenon_engine::ports::{Retention, Stored};

use super::step::Step;
use crate::database::{Database, SqlStore};
use crate::fault::Fault;
use crate::record::{FromRecord, Record};
use crate::value::{scoped, values};

const SETTINGS: &str = "SELECT * FROM environment_settings WHERE org = ? AND environment = ?";

const SET_SETTINGS: &str = "INSERT INTO environment_settings (settings, org, environment)
    VALUES (?, ?, ?) ON CONFLICT (org, environment) DO UPDATE SET settings = excluded.settings";

const ALL: &str = "SELECT * FROM environment_settings ORDER BY org, environment";

// All three name the same rows, for they run together. What a second process adds between them is
// an answer or a key without its execution, which ends by itself.
const PURGE_RESULTS: &str = "DELETE FROM results WHERE execution IN (
    SELECT id FROM executions
    WHERE org = ? AND environment = ? AND started_at < ? AND state = 'finished'
    ORDER BY started_at, id LIMIT ?)";
const PURGE_KEYS: &str = "DELETE FROM idempotency_keys WHERE execution IN (
    SELECT id FROM executions
    WHERE org = ? AND environment = ? AND started_at < ? AND state = 'finished'
    ORDER BY started_at, id LIMIT ?)";
const PURGE_EXECUTIONS: &str = "DELETE FROM executions WHERE id IN (
    SELECT id FROM executions
    WHERE org = ? AND environment = ? AND started_at < ? AND state = 'finished'
    ORDER BY started_at, id LIMIT ?) RETURNING *";

#[async_trait]
impl<D: Database> Retention for SqlStore<D> {
    async fn environment_settings(&self, tenant: &Tenant) -> Stored<EnvironmentSettings> {
        let key = values![tenant.org.as_str(), tenant.environment.as_str()];
        let decided: Option<(Tenant, EnvironmentSettings)> =
            self.database.first(SETTINGS, key).await?;
        Ok(decided.map(|(_, settings)| settings).unwrap_or_default())
    }

    async fn set_environment_settings(
        &self,
        tenant: &Tenant,
        settings: &EnvironmentSettings,
    ) -> Stored<()> {
        let settings = serde_json::to_string(settings).map_err(Fault::from)?;
        let row = scoped(&settings, tenant);
        self.database.change(SET_SETTINGS, row).await.map(drop)
    }

    async fn decided_environments(&self) -> Stored<Vec<(Tenant, EnvironmentSettings)>> {
        self.database.all(ALL, values![]).await
    }

    async fn purge(&self, tenant: &Tenant, before: Millis, limit: u32) -> Stored<u64> {
        let which = values![
            tenant.org.as_str(),
            tenant.environment.as_str(),
            before.0,
            limit
        ];
        let steps = vec![
            Step::Change(PURGE_RESULTS, which.clone()),
            Step::Change(PURGE_KEYS, which.clone()),
            Step::Executions(PURGE_EXECUTIONS, which, ChainEvent::Purged),
        ];
        let counts = self.database.together(steps).await?;
        Ok(counts.last().copied().unwrap_or(0))
    }
}

impl FromRecord for (Tenant, EnvironmentSettings) {
    const TABLE: &'static str = "environment_settings";

    fn from_record(record: &Record<'_>) -> Result<Self, Fault> {
        Ok((record.tenant()?, record.json("settings")?))
    }
}
