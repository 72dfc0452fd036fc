//! Tenon's own rate limits.

use async_trait::async_trait;
use tenon_engine::model::{Rate, Taken};
use tenon_engine::ports::{RateLimits, Stored};

use crate::database::{Database, SqlStore};
use crate::value::values;

/// When a rate is whole again, in microseconds.
pub(crate) const FULL_AT: &str = "SELECT full_at FROM rate_limits WHERE key = ?";

/// Sets it.
pub(crate) const SET_FULL_AT: &str = "INSERT INTO rate_limits (key, full_at) VALUES (?, ?)
    ON CONFLICT (key) DO UPDATE SET full_at = excluded.full_at";

#[async_trait]
impl<D: Database> RateLimits for SqlStore<D> {
    async fn take(&self, key: &str, rate: Rate) -> Stored<Taken> {
        self.database.take(key.to_owned(), rate).await
    }

    async fn forget_full_rates(&self) -> Stored<u64> {
        self.database
            .change_lightly(D::FORGET_FULL_RATES, values![])
            .await
    }
}
