//! Whether an application's host is worth calling: closed, or open with one probe every few seconds. Pure: the time is given.
//!
//! Only failures in a row count, and only those of the way there and 5xx: an application that answers 4xx is well.

use std::time::Duration;

/// How long nobody but a probe calls. Recovery is noticed within this time.
const BETWEEN_PROBES: Duration = Duration::from_secs(5);

/// The breaker of one host.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    failures: u32,
    /// While it is open: when the next probe may go.
    probe_at: Option<Duration>,
}

impl Breaker {
    /// How long nobody calls, if the host is given up for now.
    pub(super) fn closed_for(&self, now: Duration) -> Option<Duration> {
        let wait = self.probe_at?.saturating_sub(now);
        (!wait.is_zero()).then_some(wait)
    }

    /// Lets a call go, or says how long nobody does. The one that goes while it is open is the probe.
    pub(super) fn admit(&mut self, now: Duration) -> Result<(), Duration> {
        match self.closed_for(now) {
            Some(wait) => Err(wait),
            None => {
                self.probe_at = self.probe_at.map(|_| now + BETWEEN_PROBES);
                Ok(())
            }
        }
    }

    /// The host answered.
    pub(super) fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// It did not, or with 5xx. Opens after `most` failures in a row; 0 never opens.
    pub(super) fn failed(&mut self, now: Duration, most: u32) {
        self.failures = self.failures.saturating_add(1);
        if most > 0 && self.failures >= most && self.probe_at.is_none() {
            self.probe_at = Some(now + BETWEEN_PROBES);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: u32 = 20;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn open() -> Breaker {
        let mut breaker = Breaker::default();
        (0..MOST).for_each(|_| breaker.failed(at(0), MOST));
        breaker
    }

    #[test]
    fn d5_twenty_failures_in_a_row_open_it_and_one_answer_in_between_does_not() {
        let mut breaker = Breaker::default();
        for _ in 0..MOST - 1 {
            breaker.failed(at(0), MOST);
        }
        assert_eq!(breaker.admit(at(0)), Ok(()));
        breaker.succeeded();
        breaker.failed(at(0), MOST);
        assert_eq!(breaker.admit(at(0)), Ok(()));
        assert_eq!(open().admit(at(0)), Err(BETWEEN_PROBES));
    }

    #[test]
    fn d5_while_it_is_open_one_probe_goes_at_a_time_and_its_answer_closes_it_within_ten_seconds() {
        let mut breaker = open();
        assert_eq!(breaker.admit(at(4)), Err(at(1)));
        let probes = (0..100).filter(|_| breaker.admit(at(5)).is_ok()).count();
        assert_eq!(probes, 1);
        breaker.failed(at(6), MOST);
        assert_eq!(breaker.admit(at(9)), Err(at(1)));
        // The host recovers at 6 s: the probe at 10 s finds out.
        assert_eq!(breaker.admit(at(10)), Ok(()));
        breaker.succeeded();
        assert!((0..100).all(|_| breaker.admit(at(10)).is_ok()));
    }

    #[test]
    fn d5_a_probe_that_hangs_does_not_keep_the_next_one_away() {
        let mut breaker = open();
        assert_eq!(breaker.admit(at(5)), Ok(()));
        assert_eq!(breaker.admit(at(10)), Ok(()));
    }

    #[test]
    fn without_a_bound_it_never_opens() {
        let mut breaker = Breaker::default();
        (0..1000).for_each(|_| breaker.failed(at(0), 0));
        assert_eq!(breaker.admit(at(0)), Ok(()));
    }
}
