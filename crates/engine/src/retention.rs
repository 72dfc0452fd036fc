//! How long an environment keeps its history.

use crate::Engine;
use crate::access::AdminCaller;
use crate::error::{Error, Outcomes};
use crate::model::{EnvironmentSettings, Tenant};

/// The longest that somebody can ask for: a hundred years.
pub const LONGEST_DAYS: u32 = 36_500;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// How many executions are removed at once: other writers wait for no more than that.
const AT_ONCE: u32 = 500;

impl Engine {
    /// What an environment decided.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn environment_settings(
        &self,
        _admin: AdminCaller,
        tenant: &Tenant,
    ) -> Outcomes<EnvironmentSettings> {
        Ok(self.store.environment_settings(tenant).await?)
    }

    /// Decides for an environment.
    ///
    /// # Errors
    /// Where a number cannot be meant.
    pub async fn set_environment_settings(
        &self,
        _admin: AdminCaller,
        tenant: &Tenant,
        settings: &EnvironmentSettings,
    ) -> Outcomes<()> {
        let fits = |days| (1..=LONGEST_DAYS).contains(&days);
        if !settings.retention_days.is_none_or(fits) {
            let message = format!("`retention_days` must be from 1 to {LONGEST_DAYS}, or null");
            return Err(Error::invalid("retention_days", "range", message));
        }
        settings.connect.check().map_err(Error::validation)?;
        Ok(self
            .store
            .set_environment_settings(tenant, settings)
            .await?)
    }

    /// Removes the finished executions that are older than their environments keep them, and says how many there were.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn purge(&self) -> Outcomes<u64> {
        let mut total = 0;
        for (tenant, settings) in self.store.decided_environments().await? {
            let Some(days) = settings.retention_days else {
                continue;
            };
            let before = self.clock.now().plus(-i64::from(days) * DAY_MS);
            loop {
                let purged = self.store.purge(&tenant, before, AT_ONCE).await?;
                total += purged;
                if purged < u64::from(AT_ONCE) {
                    break;
                }
            }
        }
        Ok(total)
    }
}
