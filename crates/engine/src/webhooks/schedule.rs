//! When a delivery is tried again. Pure: time and chance are given.

use std::time::Duration;

/// How long is waited after each attempt, in milliseconds: 9 attempts over a day and 17 hours.
pub(super) const WAITS_MS: [i64; 8] = [
    5_000,
    30_000,
    2 * 60_000,
    15 * 60_000,
    3_600_000,
    4 * 3_600_000,
    12 * 3_600_000,
    24 * 3_600_000,
];

/// The attempts of a delivery that is tried once.
pub(super) const ONLY_ONE: u32 = WAITS_MS.len() as u32;

/// What an attempt comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The endpoint has taken it.
    Delivered,
    /// It is tried again after so many milliseconds.
    Again(i64),
    /// That was the last attempt.
    GivenUp,
    /// The endpoint wants nothing any more.
    Gone,
}

/// What an attempt came to that the endpoint answered with `status`, or with nothing. `tries` were over before it;
/// `asked` is the wait that the endpoint asked for, and `chance` (0 to 1) keeps those who failed together apart.
pub(super) fn end(status: Option<u16>, tries: u32, asked: Option<Duration>, chance: f64) -> End {
    match status {
        Some(200..=299) => End::Delivered,
        Some(410) => End::Gone,
        _ => match WAITS_MS.get(tries as usize) {
            Some(wait) => End::Again(spread(*wait, chance).max(milliseconds(asked))),
            None => End::GivenUp,
        },
    }
}

/// Up to a fifth longer.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "a fifth of a day in milliseconds is exact"
)]
fn spread(wait: i64, chance: f64) -> i64 {
    wait.saturating_add(((wait / 5) as f64 * chance.clamp(0.0, 1.0)) as i64)
}

fn milliseconds(asked: Option<Duration>) -> i64 {
    asked.map_or(0, |asked| {
        i64::try_from(asked.as_millis()).unwrap_or(i64::MAX)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(status: u16, tries: u32) -> End {
        end(Some(status), tries, None, 0.0)
    }

    #[test]
    fn every_status_of_success_is_one_and_nothing_else_is() {
        for status in [200, 201, 202, 204, 299] {
            assert_eq!(after(status, 0), End::Delivered, "{status}");
        }
        for status in [100, 199, 300, 301, 307, 400, 401, 404, 429, 500, 503] {
            assert_eq!(after(status, 0), End::Again(5_000), "{status}");
        }
        assert_eq!(end(None, 0, None, 0.0), End::Again(5_000));
        assert_eq!(after(410, 0), End::Gone);
    }

    #[test]
    fn waits_grow_and_end_after_a_day_and_17_hours() {
        let mut total = 0;
        for (tries, wait) in WAITS_MS.into_iter().enumerate() {
            assert_eq!(after(500, tries as u32), End::Again(wait));
            total += wait;
        }
        assert_eq!(after(500, ONLY_ONE), End::GivenUp);
        assert_eq!(after(500, u32::MAX), End::GivenUp);
        assert_eq!(total / 3_600_000, 41);
    }

    #[test]
    fn chance_makes_a_wait_longer_by_a_fifth_at_most() {
        assert_eq!(end(None, 1, None, 0.5), End::Again(33_000));
        assert_eq!(end(None, 1, None, 1.0), End::Again(36_000));
        assert_eq!(end(None, 1, None, 7.0), End::Again(36_000));
    }

    #[test]
    fn an_endpoint_that_asks_for_a_longer_wait_gets_it() {
        let asking = |seconds| end(Some(429), 0, Some(Duration::from_secs(seconds)), 0.0);
        assert_eq!(asking(60), End::Again(60_000));
        assert_eq!(
            asking(1),
            End::Again(5_000),
            "never sooner than the schedule"
        );
        let last = end(Some(429), ONLY_ONE, Some(Duration::from_secs(60)), 0.0);
        assert_eq!(last, End::GivenUp);
    }
}
