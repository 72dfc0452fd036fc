//! When tokens are renewed. Pure: time and chance are given.

use crate::model::{Millis, Renewal};

const MINUTE_MS: i64 = 60_000;
/// The first wait after a failure, which doubles up to the last.
const FIRST_WAIT_MS: i64 = 30_000;
const LONGEST_WAIT_MS: i64 = 15 * MINUTE_MS;
/// A token with less than this left is not sent any more: it might end on the way.
const TOO_SHORT_MS: i64 = 10_000;
/// A token without an end is asked for anew this often where the application forgets idle grants.
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// The renewal of tokens that live for so many seconds from `asked_at`, the moment when they were asked for.
///
/// They are renewed a minute or a tenth of their life before they end, whichever is more, and a little earlier by chance,
/// so that tokens that were granted together are not renewed together.
pub(super) fn renewal(
    asked_at: Millis,
    life_seconds: Option<i64>,
    idle_days: Option<u32>,
    renewable: bool,
    chance: f64,
) -> Renewal {
    let idle = idle_days.map(|days| i64::from(days) * DAY_MS / 2);
    let expires_at = life_seconds.map(|life| asked_at.plus(life.saturating_mul(1000)));
    let wait = match life_seconds.map(|life| life.saturating_mul(1000)) {
        Some(life) => Some(early(life, chance).min(idle.unwrap_or(i64::MAX))),
        None => idle,
    };
    Renewal {
        expires_at,
        due_at: wait.filter(|_| renewable).map(|wait| asked_at.plus(wait)),
        ..Renewal::default()
    }
}

/// How long a token of this life is used before it is renewed. One that lives less than two minutes is used for half of it.
fn early(life_ms: i64, chance: f64) -> i64 {
    let before = (life_ms / 10).max(MINUTE_MS).min(life_ms / 2);
    let latest = life_ms - before;
    latest - portion(latest / 20, chance)
}

/// The renewal after so many failures in a row that may pass, the last of them now. The application may ask for more patience.
pub(super) fn after_failure(
    renewal: &Renewal,
    now: Millis,
    asked_ms: Option<i64>,
    chance: f64,
) -> Renewal {
    let failures = renewal.failures.saturating_add(1);
    let doubled = FIRST_WAIT_MS.saturating_mul(1_i64 << (failures - 1).min(10));
    let wait = doubled.min(LONGEST_WAIT_MS);
    let wait = wait + portion(wait / 10, chance);
    let wait = wait.max(asked_ms.unwrap_or(0).min(LONGEST_WAIT_MS));
    Renewal {
        expires_at: renewal.expires_at,
        due_at: Some(now.plus(wait)),
        failures,
        lease: None,
        started_at: None,
    }
}

/// Whether the access token is over, or so nearly that it could end on the way.
pub(super) fn is_over(renewal: &Renewal, now: Millis) -> bool {
    let left = |end: Millis| end.0.saturating_sub(now.0);
    renewal
        .expires_at
        .is_some_and(|end| left(end) < TOO_SHORT_MS)
}

/// Whether a failed refresh is not to be tried again yet, and for how long.
pub(super) fn patience(renewal: &Renewal, now: Millis) -> Option<i64> {
    let due = renewal.due_at.filter(|_| renewal.failures > 0)?;
    let wait = due.0.saturating_sub(now.0);
    (wait > 0).then_some(wait)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "a part of a wait, in milliseconds"
)]
fn portion(of: i64, chance: f64) -> i64 {
    (of as f64 * chance.clamp(0.0, 1.0)) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: Millis = Millis(1_800_000_000_000);

    fn due_in(life: Option<i64>, idle: Option<u32>, chance: f64) -> Option<i64> {
        let renewal = renewal(ASKED, life, idle, true, chance);
        renewal.due_at.map(|due| due.0 - ASKED.0)
    }

    #[test]
    fn a_token_is_renewed_a_minute_or_a_tenth_of_its_life_before_it_ends() {
        assert_eq!(due_in(Some(300), None, 0.0), Some(240_000));
        assert_eq!(due_in(Some(3600), None, 0.0), Some(3_240_000));
        assert_eq!(due_in(Some(60), None, 0.0), Some(30_000));
        assert_eq!(due_in(Some(3600), None, 1.0), Some(3_078_000));
    }

    #[test]
    fn a_token_without_an_end_is_renewed_where_idle_grants_are_forgotten() {
        assert_eq!(due_in(None, None, 0.0), None);
        assert_eq!(due_in(None, Some(30), 0.0), Some(15 * DAY_MS));
        assert_eq!(due_in(Some(100 * 86_400), Some(30), 0.0), Some(15 * DAY_MS));
    }

    #[test]
    fn tokens_that_cannot_be_renewed_are_never_due() {
        let renewal = renewal(ASKED, Some(3600), None, false, 0.0);
        assert_eq!(renewal.due_at, None);
        assert!(!is_over(&renewal, ASKED));
        assert!(is_over(&renewal, ASKED.plus(3_595_000)));
    }

    #[test]
    fn b5_failures_wait_half_a_minute_doubling_to_a_quarter_of_an_hour() {
        let (mut renewal, mut now, mut calls) = (Renewal::default(), ASKED, 0);
        while now.0 < ASKED.0 + 3_600_000 {
            calls += 1;
            renewal = after_failure(&renewal, now, None, 0.0);
            now = now.plus(patience(&renewal, now).unwrap_or_default());
        }
        assert!(calls <= 12, "{calls} token calls in an hour");
        assert_eq!(
            after_failure(&renewal, now, None, 0.0).due_at,
            Some(now.plus(900_000))
        );
    }

    #[test]
    fn the_application_may_ask_for_more_patience_but_not_for_hours() {
        let asked = |ms| after_failure(&Renewal::default(), ASKED, Some(ms), 0.0).due_at;
        assert_eq!(asked(120_000), Some(ASKED.plus(120_000)));
        assert_eq!(asked(i64::MAX), Some(ASKED.plus(LONGEST_WAIT_MS)));
    }
}
