//! Tokens that are renewed without anybody asking, refreshes that nobody ended, and revocations that were cut off.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::Demand;
use crate::Engine;
use crate::error::{Code, Error, Outcomes};
use crate::model::Connection;

/// How many connections are looked at in one round.
const ROUND: u32 = 64;
/// How many are renewed at once without anybody asking.
pub(crate) const AT_ONCE: usize = 32;
/// The longest that a round waits for one connection.
const PATIENCE: Duration = Duration::from_secs(65);

/// How long a timeline holds refreshes: ninety days.
const KEPT_MS: i64 = 90 * 24 * 3_600_000;

impl Engine {
    /// Renews what is due, and takes up refreshes whose process died; says how many it looked at.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn renew_due(&self) -> Outcomes<usize> {
        let mut due = self.store.abandoned_refreshes(ROUND).await?;
        due.extend(self.store.due_connections(self.clock.now(), ROUND).await?);
        let count = due.len();
        for connection in due {
            // Whoever finds no place is found again by the next round; a slow application holds up nobody else's.
            let Ok(place) = Arc::clone(&self.renewing).try_acquire_owned() else {
                break;
            };
            let engine = self
                .me
                .upgrade()
                .ok_or_else(|| Error::of(Code::Unavailable))?;
            self.tasks.spawn(async move {
                engine.renew_one(connection).await;
                drop(place);
            });
        }
        Ok(count)
    }

    /// Forgets refreshes of long ago: what changed a connection's state stays in its timeline.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn forget_refreshes(&self) -> Outcomes<u64> {
        let before = self.clock.now().plus(-KEPT_MS);
        Ok(self.store.forget_refreshes(before).await?)
    }

    async fn renew_one(&self, connection: Connection) {
        let id = connection.id.clone();
        let deadline = Instant::now() + PATIENCE;
        match self.fresh(connection, Demand::Due, deadline).await {
            Ok(_) => {}
            // Both are written into the connection's timeline.
            Err(error)
                if matches!(
                    error.code,
                    Code::ReauthRequired | Code::CredentialRefreshTimeout
                ) =>
            {
                tracing::info!(connection = %id, code = error.code.as_str(), "tokens were not renewed");
            }
            Err(error) => {
                tracing::warn!(connection = %id, error = &error as &dyn std::error::Error, "tokens could not be renewed");
            }
        }
    }
}
