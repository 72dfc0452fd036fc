//! The one place that asks the system for the time.

use std::time::{SystemTime, UNIX_EPOCH};

use tenon_engine::model::Millis;
use tenon_engine::ports::Clock;

/// The system's wall clock.
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that everything else asks"
    )]
    fn now(&self) -> Millis {
        // A clock before 1970 is nowhere near the truth, whatever is made of it.
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let milliseconds = since.unwrap_or_default().as_millis();
        Millis(i64::try_from(milliseconds).unwrap_or(i64::MAX))
    }
}
