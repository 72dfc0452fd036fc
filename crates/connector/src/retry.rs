//! Whether to try again: one table, pure. It knows no clock; time and chance are given.
//!
//! The one rule that everything else bows to: a request that may have had an effect is never sent twice
//! (RFC 9110, 9.2.2).

use std::time::Duration;

use crate::document::Effect;

/// The greatest number of attempts at one request.
const ATTEMPTS: u32 = 3;

const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(8);

/// What sending a request twice would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Safety {
    /// It changes nothing, or twice is the same as once.
    Repeatable,
    /// It may do something a second time.
    Unsafe,
}

impl Safety {
    /// The safety of a request.
    pub fn of(effect: Effect, idempotent: bool) -> Self {
        if effect == Effect::Read || idempotent {
            Self::Repeatable
        } else {
            Self::Unsafe
        }
    }
}

/// How an attempt ended short of success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Not one byte of the request left: name look-up, connect, TLS, or a connection that was closed before.
    NotSent,
    /// A byte may have left and no complete answer came.
    Interrupted,
    /// The application had too many requests and did nothing.
    RateLimited,
    /// The application answered with this status.
    Status(u16),
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Nothing more.
    Stop,
    /// Wait so long, then send it again.
    Wait(Duration),
}

/// Decides after the attempt with this number (from 1).
///
/// `asked` is how long the application asks to wait, `remaining` what is left of the caller's deadline, and `chance`
/// a number from 0 to 1: waits are spread over the whole range, so that callers who failed together do not return together.
pub fn decide(
    safety: Safety,
    ending: Ending,
    attempt: u32,
    asked: Option<Duration>,
    remaining: Duration,
    chance: f64,
) -> Decision {
    if attempt >= ATTEMPTS || !may_repeat(safety, ending) {
        return Decision::Stop;
    }
    let wait = asked.unwrap_or_else(|| backoff(attempt).mul_f64(chance.clamp(0.0, 1.0)));
    // A wait that uses up the deadline leaves no time for the attempt that it is for.
    if wait < remaining {
        Decision::Wait(wait)
    } else {
        Decision::Stop
    }
}

/// Whether a caller may make the same call again without harm.
pub fn may_repeat(safety: Safety, ending: Ending) -> bool {
    match (ending, safety) {
        (Ending::NotSent | Ending::RateLimited, _) => true,
        (Ending::Interrupted, safety) => safety == Safety::Repeatable,
        (Ending::Status(408 | 425 | 500 | 502 | 503 | 504), Safety::Repeatable) => true,
        (Ending::Status(_), _) => false,
    }
}

fn backoff(attempt: u32) -> Duration {
    FIRST_WAIT
        .saturating_mul(1 << attempt.min(10))
        .min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn decision(safety: Safety, ending: Ending) -> Decision {
        decide(safety, ending, 1, None, MINUTE, 0.5)
    }

    #[test]
    fn an_unsafe_request_is_repeated_only_when_the_application_cannot_have_acted() {
        let unsafe_one = |ending| decision(Safety::Unsafe, ending) != Decision::Stop;
        assert!(unsafe_one(Ending::NotSent));
        assert!(unsafe_one(Ending::RateLimited));
        assert!(!unsafe_one(Ending::Interrupted));
        for status in [400, 401, 404, 408, 409, 425, 500, 502, 503, 504] {
            assert!(!unsafe_one(Ending::Status(status)), "{status}");
        }
    }

    #[test]
    fn a_repeatable_request_is_repeated_after_passing_faults_only() {
        let repeated =
            |status| decision(Safety::Repeatable, Ending::Status(status)) != Decision::Stop;
        assert!([408, 425, 500, 502, 503, 504].into_iter().all(repeated));
        assert!(
            ![400, 401, 403, 404, 409, 422, 501]
                .into_iter()
                .any(repeated)
        );
        assert_ne!(
            decision(Safety::Repeatable, Ending::Interrupted),
            Decision::Stop
        );
    }

    #[test]
    fn the_third_attempt_is_the_last_and_no_wait_outlives_the_deadline() {
        assert_eq!(
            decide(Safety::Repeatable, Ending::NotSent, 3, None, MINUTE, 0.5),
            Decision::Stop
        );
        let asked = Some(Duration::from_secs(90));
        assert_eq!(
            decide(
                Safety::Repeatable,
                Ending::RateLimited,
                1,
                asked,
                MINUTE,
                0.5
            ),
            Decision::Stop
        );
        let asked = Some(Duration::from_secs(9));
        let wait = decide(Safety::Unsafe, Ending::RateLimited, 1, asked, MINUTE, 0.0);
        assert_eq!(wait, Decision::Wait(Duration::from_secs(9)));
    }
}
