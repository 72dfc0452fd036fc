//! How long an application asks to wait, in every form that applications are known to say it in. Pure: the time is given.
//!
//! What is no sensible wait is no advice. What could be read in two ways is read in the one that waits longer, so that
//! nobody calls too early because of a misreading.

use std::time::Duration;

use chrono::{DateTime, NaiveDateTime};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The longest wait that an application can ask for; longer ones are taken for nonsense and cut.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_hours(24);

/// A number this close to now (a year) is a moment, not a length.
const NEAR_SECONDS: f64 = 366.0 * 24.0 * 3600.0;

/// What a bare number counts. Moments (dates, and seconds or milliseconds since 1970) are recognised under either.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WaitUnit {
    /// Seconds.
    #[default]
    Seconds,
    /// Milliseconds.
    Milliseconds,
}

/// Headers that say how long to wait, whatever the answer's status: unit and name, the most precise first.
const WAITS: &[(&str, WaitUnit)] = &[
    ("retry-after-ms", WaitUnit::Milliseconds),
    ("x-ms-retry-after-ms", WaitUnit::Milliseconds),
    ("retry-after", WaitUnit::Seconds),
    ("x-retry-after", WaitUnit::Seconds),
];

/// Headers that say when a quota is whole again. They come with every answer, and are advice only where it was used up.
const RESETS: &[&str] = &[
    "ratelimit",
    "ratelimit-reset",
    "x-ratelimit-reset-after",
    "x-ratelimit-reset",
    "x-rate-limit-reset",
    "x-ratelimit-reset-requests",
];

/// How long an answer's headers ask to wait. `limited`: the application had too many requests.
pub fn of_headers<'a>(
    header: impl Fn(&str) -> Option<&'a str>,
    limited: bool,
    now_ms: i64,
) -> Option<Duration> {
    let resets = RESETS.iter().filter(|_| limited);
    let named = WAITS
        .iter()
        .copied()
        .chain(resets.map(|name| (*name, WaitUnit::Seconds)));
    named
        .filter_map(|(name, unit)| header(name).map(|text| (text, unit)))
        .find_map(|(text, unit)| read(text, unit, now_ms))
}

/// Reads one text: a number, a length such as `1m30s` or `PT30S`, a moment, or a quota header's parameter `t` or `reset`.
pub fn read(text: &str, unit: WaitUnit, now_ms: i64) -> Option<Duration> {
    let text = text.trim().trim_matches('"');
    number(text, unit, now_ms)
        .or_else(|| moment(text, now_ms))
        .or_else(|| length(text))
        .or_else(|| parameter(text, now_ms))
        .or_else(|| longest_of_list(text, unit, now_ms))
        .map(|wait| wait.min(LONGEST_WAIT))
}

fn number(text: &str, unit: WaitUnit, now_ms: i64) -> Option<Duration> {
    // `parse` would take `inf` and `nan` too.
    if text.contains(|c: char| c.is_alphabetic() && c != 'e' && c != 'E') {
        return None;
    }
    let number: f64 = text.parse().ok().filter(|number| *number >= 0.0)?;
    #[expect(
        clippy::cast_precision_loss,
        reason = "a day's worth of milliseconds is exact"
    )]
    let now = now_ms as f64;
    let seconds = if (number - now / 1000.0).abs() < NEAR_SECONDS {
        number - now / 1000.0
    } else if (number - now).abs() < NEAR_SECONDS * 1000.0 {
        (number - now) / 1000.0
    } else if unit == WaitUnit::Milliseconds {
        number / 1000.0
    } else {
        number
    };
    Some(Duration::from_secs_f64(
        seconds.clamp(0.0, LONGEST_WAIT.as_secs_f64()),
    ))
}

/// A moment that is over is no wait.
fn moment(text: &str, now_ms: i64) -> Option<Duration> {
    let at = http_date(text).or_else(|| iso_date(text))?;
    Some(Duration::from_millis(
        u64::try_from(at.saturating_sub(now_ms)).unwrap_or(0),
    ))
}

fn http_date(text: &str) -> Option<i64> {
    let since = httpdate::parse_http_date(text)
        .ok()?
        .duration_since(std::time::UNIX_EPOCH)
        .ok()?;
    i64::try_from(since.as_millis()).ok()
}

/// ISO 8601 with a zone, or without one in UTC.
fn iso_date(text: &str) -> Option<i64> {
    let zoned = DateTime::parse_from_rfc3339(text).ok();
    let plain = || NaiveDateTime::parse_from_str(&text.replace(' ', "T"), "%Y-%m-%dT%H:%M:%S%.f");
    zoned
        .map(|at| at.timestamp_millis())
        .or_else(|| plain().ok().map(|at| at.and_utc().timestamp_millis()))
}

/// `1m30s`, `500ms`, `30 s`, `2 seconds`, `PT1M30S`.
fn length(text: &str) -> Option<Duration> {
    let text = text.to_ascii_lowercase().replace(' ', "");
    let mut rest = text.strip_prefix("pt").unwrap_or(&text);
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (digits, tail) = rest.split_at_checked(end)?;
        let end = tail
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(tail.len());
        let (word, tail) = tail.split_at_checked(end)?;
        seconds += digits.parse::<f64>().ok()? * unit_seconds(word)?;
        rest = tail;
    }
    let sensible = !text.is_empty() && f64::is_finite(seconds);
    sensible.then(|| Duration::from_secs_f64(seconds.min(LONGEST_WAIT.as_secs_f64())))
}

fn unit_seconds(word: &str) -> Option<f64> {
    Some(match word {
        "ms" | "msec" | "millisecond" | "milliseconds" => 0.001,
        "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
        "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
        "h" | "hr" | "hour" | "hours" => 3600.0,
        _ => return None,
    })
}

/// The seconds in `"default";r=0;t=30` and in `limit=100, remaining=0, reset=30`.
fn parameter(text: &str, now_ms: i64) -> Option<Duration> {
    let members = text
        .split([';', ','])
        .filter_map(|part| part.split_once('='));
    let waits = members
        .filter(|(name, _)| matches!(name.trim(), "t" | "reset"))
        .filter_map(|(_, value)| number(value.trim(), WaitUnit::Seconds, now_ms));
    waits.max()
}

/// A header that came twice, joined by a comma.
fn longest_of_list(text: &str, unit: WaitUnit, now_ms: i64) -> Option<Duration> {
    let parts = text.split_once(',').map(|_| text.split(','))?;
    let waits: Option<Vec<_>> = parts
        .map(|part| number(part.trim(), unit, now_ms).or_else(|| length(part.trim())))
        .collect();
    waits?.into_iter().max()
}

#[cfg(test)]
mod tests;
