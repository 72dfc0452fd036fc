//! Values as texts and numbers, and how they compare: the rules that all conditions share.
//!
//! An application knows its fields' types and the emulation does not, so what reads as a number or a time compares
//! as one, and everything else as text without regard to case.

use std::cmp::Ordering;

use chrono::{DateTime, NaiveDate, NaiveTime};
use serde_json::Value;

/// A value as it stands in a text: texts bare, `null` empty, everything else as JSON.
pub(crate) fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// The number that a value is or reads as. A time counts as its Unix milliseconds.
pub(crate) fn magnitude(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse().ok().or_else(|| unix_ms(text)),
        _ => None,
    };
    number.filter(|number| number.is_finite())
}

/// The Unix milliseconds of a date or of a date with a time.
pub(crate) fn unix_ms(text: &str) -> Option<f64> {
    let instant = DateTime::parse_from_rfc3339(text)
        .or_else(|_other_form| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"));
    let midnight = || {
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
        Some(date.and_time(NaiveTime::MIN).and_utc().timestamp_millis())
    };
    let ms = instant
        .ok()
        .map(|instant| instant.timestamp_millis())
        .or_else(midnight)?;
    // Milliseconds of any year that can be written are exact in an f64.
    #[expect(
        clippy::cast_precision_loss,
        reason = "below 2^53 for every writable year"
    )]
    Some(ms as f64)
}

/// Whether two values are equal: as texts without regard to case, or as numbers where one of them is not a bare text of digits.
pub(crate) fn equal(one: &Value, other: &Value) -> bool {
    let folded = |value: &Value| text_of(value).to_lowercase();
    let typed = |value: &Value| value.is_number() || value.as_str().and_then(unix_ms).is_some();
    let by_magnitude = || match (magnitude(one), magnitude(other)) {
        (Some(one), Some(other)) => one.total_cmp(&other).is_eq(),
        _ => false,
    };
    one.is_null() == other.is_null()
        && (folded(one) == folded(other) || ((typed(one) || typed(other)) && by_magnitude()))
}

/// How two values compare; `None` where one is `null` or only one reads as a number.
pub(crate) fn compare(one: &Value, other: &Value) -> Option<Ordering> {
    if one.is_null() || other.is_null() {
        return None;
    }
    match (magnitude(one), magnitude(other)) {
        (Some(one), Some(other)) => Some(one.total_cmp(&other)),
        (None, None) => Some(
            text_of(one)
                .to_lowercase()
                .cmp(&text_of(other).to_lowercase()),
        ),
        _ => None,
    }
}

/// A total order for sorting: numbers and times first, then texts. `null`s are the caller's business.
pub(crate) fn sort_order(one: &Value, other: &Value) -> Ordering {
    match (magnitude(one), magnitude(other)) {
        (Some(one), Some(other)) => one.total_cmp(&other),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => text_of(one)
            .to_lowercase()
            .cmp(&text_of(other).to_lowercase()),
    }
}

/// The two signs of a pattern that do not stand for themselves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wildcards {
    /// Any text, also none.
    pub(crate) any: char,
    /// Exactly one letter.
    pub(crate) one: Option<char>,
}

/// Whether a text fits a pattern, without regard to case. Takes time in proportion to the product of both lengths at most.
pub(crate) fn fits(text: &str, pattern: &str, wildcards: Wildcards) -> bool {
    let text: Vec<char> = text.to_lowercase().chars().collect();
    let pattern: Vec<char> = pattern.to_lowercase().chars().collect();
    let (mut at, mut of) = (0, 0);
    // Where the latest `any` stands, and how much of the text it has taken so far.
    let mut retry: Option<(usize, usize)> = None;
    while let Some(letter) = text.get(at) {
        match pattern.get(of) {
            Some(sign) if *sign == wildcards.any => {
                retry = Some((of, at));
                of += 1;
            }
            Some(sign) if sign == letter || Some(*sign) == wildcards.one => {
                at += 1;
                of += 1;
            }
            _ => match retry {
                Some((star, taken)) => {
                    retry = Some((star, taken + 1));
                    at = taken + 1;
                    of = star + 1;
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(of).all(|sign| *sign == wildcards.any)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_time_equals_the_same_instant_written_another_way() {
        let iso = json!("2026-03-02T09:30:00.000Z");
        assert!(equal(&iso, &json!("2026-03-02T09:30:00.000+0000")));
        assert!(equal(&iso, &json!("1772443800000")));
        assert_eq!(compare(&iso, &json!("2026-03-02")), Some(Ordering::Greater));
    }

    #[test]
    fn texts_of_digits_keep_their_leading_zeros() {
        assert!(!equal(&json!("0150"), &json!("150")));
        assert!(equal(&json!("150"), &json!(150)));
        assert!(equal(&json!("Ada"), &json!("ADA")));
        assert!(!equal(&json!(""), &Value::Null));
    }

    #[test]
    fn a_number_is_neither_below_nor_above_a_word() {
        assert_eq!(compare(&json!("9"), &json!("10")), Some(Ordering::Less));
        assert_eq!(compare(&json!("9"), &json!("ten")), None);
        assert_eq!(compare(&json!("NaN"), &json!("1")), None);
    }

    #[test]
    fn patterns_match_as_their_wildcards_say() {
        let like = Wildcards {
            any: '%',
            one: Some('_'),
        };
        let cases = [
            ("Smith", "smi%", true),
            ("Smith", "%t_", true),
            ("Smith", "%it%", true),
            ("Smith", "Smit", false),
            ("", "%", true),
            ("aab", "%ab", true),
            ("abc", "%%c%", true),
        ];
        for (text, pattern, expected) in cases {
            assert_eq!(fits(text, pattern, like), expected, "{text} LIKE {pattern}");
        }
    }
}
