//! Tenon's own rate limits: how often a caller may call.

/// So many calls in so much time, with some at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many calls.
    pub calls: u32,
    /// In how many milliseconds.
    pub per_ms: u32,
    /// How many of them may come at once.
    pub burst: u32,
}

/// What became of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// Whether it may go on.
    pub allowed: bool,
    /// How many more may come at once.
    pub remaining: u32,
    /// How long until the next one may come, in milliseconds; 0 where one may come now.
    pub retry_after_ms: u64,
    /// How long until as many as ever may come at once, in milliseconds.
    pub reset_ms: u64,
}

impl Rate {
    /// Takes one call at `now` of a rate that is whole again at `full_at`, both in microseconds: when it is whole again
    /// after that, and what became of the call (GCRA). A call that is refused takes nothing.
    pub fn take(self, full_at: i64, now: i64) -> (i64, Taken) {
        let full_at = full_at.max(now);
        let one = (i64::from(self.per_ms) * 1_000 / i64::from(self.calls.max(1))).max(1);
        let most = one.saturating_mul(i64::from(self.burst.max(1)));
        let allowed = full_at - now + one <= most;
        let after = if allowed { full_at + one } else { full_at };
        let owed = after - now;
        let remaining = u32::try_from((most - owed) / one).unwrap_or(0);
        let wait = (owed + one - most).max(0);
        let taken = Taken {
            allowed,
            remaining,
            retry_after_ms: milliseconds(wait),
            reset_ms: milliseconds(owed),
        };
        (after, taken)
    }
}

/// Whole milliseconds, so many that none of the microseconds is left out.
fn milliseconds(microseconds: i64) -> u64 {
    u64::try_from(microseconds).unwrap_or(0).div_ceil(1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEN_A_SECOND: Rate = Rate {
        calls: 10,
        per_ms: 1_000,
        burst: 3,
    };

    /// How many of the calls that come every so many microseconds for a second may go on.
    fn allowed(rate: Rate, every: i64) -> usize {
        let mut full_at = 0;
        let mut calls = 0;
        for now in (0..1_000_000).step_by(every as usize) {
            let (after, taken) = rate.take(full_at, now);
            full_at = after;
            calls += usize::from(taken.allowed);
        }
        calls
    }

    #[test]
    fn a_burst_goes_at_once_and_the_next_call_waits_for_its_turn() {
        let (first, taken) = TEN_A_SECOND.take(0, 5_000_000);
        assert!(taken.allowed && taken.remaining == 2 && taken.retry_after_ms == 0);
        let (second, _) = TEN_A_SECOND.take(first, 5_000_000);
        let (third, taken) = TEN_A_SECOND.take(second, 5_000_000);
        assert!(taken.allowed && taken.remaining == 0);
        assert_eq!((taken.retry_after_ms, taken.reset_ms), (100, 300));
        let (fourth, taken) = TEN_A_SECOND.take(third, 5_000_000);
        assert!(!taken.allowed && fourth == third);
        let (_, taken) = TEN_A_SECOND.take(fourth, 5_100_000);
        assert!(taken.allowed);
    }

    #[test]
    fn over_a_second_the_rate_and_the_burst_go_on_and_no_more() {
        for every in [1, 7, 999, 33_000] {
            let calls = allowed(TEN_A_SECOND, every);
            assert!((12..=13).contains(&calls), "{every}: {calls}");
        }
    }

    #[test]
    fn a_rate_above_a_call_in_a_millisecond_is_kept() {
        let fast = Rate {
            calls: 4_000,
            per_ms: 1_000,
            burst: 1,
        };
        assert_eq!(allowed(fast, 50), 4_000);
    }
}
