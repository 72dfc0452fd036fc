//! Forgetting: secrets as soon as their time is over, and what is known of links and attempts an hour later.

use super::MINUTE;
use crate::Engine;
use crate::error::Outcomes;

/// How long people are still told what became of a link that is over.
const MEMORY: i64 = 60 * MINUTE;

impl Engine {
    /// Forgets what is parked past its time, and what ended long ago; says how many secrets there were.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn forget_connecting(&self) -> Outcomes<u64> {
        let now = self.clock.now();
        Ok(self.store.forget_connecting(now, now.plus(-MEMORY)).await?)
    }
}
