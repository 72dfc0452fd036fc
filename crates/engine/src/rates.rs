//! Tenon's own rate limits: how often one linked account may call, over all replicas.

use crate::Engine;
use crate::access::AccountCaller;
use crate::error::{Code, Error, Outcomes, Quota};
use crate::model::{Rate, Taken};

/// What is left of an account's rate.
#[derive(Debug, Clone)]
pub struct Left {
    /// The rate, and how much of it is there now.
    pub quota: Quota,
    /// How many milliseconds until all of it is there again.
    pub reset_ms: u64,
}

impl Engine {
    /// Takes one call of the account's rate, where there is one, and says what is left.
    ///
    /// # Errors
    /// [`Code::RateLimited`] with the quota and the time to wait.
    pub(crate) async fn take_call(&self, caller: &AccountCaller) -> Outcomes<Option<Left>> {
        let Some(rate) = self.rate else {
            return Ok(None);
        };
        let key = [
            caller.tenant().scope(),
            caller.account().account_id.to_string(),
        ];
        let taken = self.store.take(&key.join("/"), rate).await?;
        let quota = quota(rate, taken);
        if taken.allowed {
            return Ok(Some(Left {
                quota,
                reset_ms: taken.reset_ms,
            }));
        }
        let mut error = Error::of(Code::RateLimited).after(taken.retry_after_ms.max(1));
        error.quota = Some(Box::new(quota));
        Err(error)
    }

    /// Forgets accounts that have their whole rate again.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn forget_rates(&self) -> Outcomes<u64> {
        Ok(self.store.forget_full_rates().await?)
    }
}

/// The burst is what a caller may spend at once, so that is the quota that the headers tell.
fn quota(rate: Rate, taken: Taken) -> Quota {
    let refill_ms = u64::from(rate.burst) * u64::from(rate.per_ms) / u64::from(rate.calls.max(1));
    Quota {
        name: "account".to_owned(),
        limit: rate.burst,
        window_seconds: refill_ms.div_ceil(1000),
        remaining: taken.remaining,
    }
}
