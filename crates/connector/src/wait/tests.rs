//! The forms in which applications ask to wait.

use super::*;

/// Fri, 10 Jul 2026 22:13:20 GMT.
const NOW: i64 = 1_783_721_600_000;

/// The unit of a bare number, what the application says, and the wait in milliseconds.
type Form = (&'static str, &'static str, Option<u64>);

/// Forty ways to say it: header, its value, and what is meant.
const FORMS: &[Form] = &[
    // RFC 9110, 10.2.3: seconds.
    ("retry-after", "7", Some(7_000)),
    ("retry-after", "0", Some(0)),
    ("retry-after", "120", Some(120_000)),
    ("retry-after", " 3 ", Some(3_000)),
    ("retry-after", "1.5", Some(1_500)),
    ("retry-after", "+2", Some(2_000)),
    ("retry-after", "\"9\"", Some(9_000)),
    // What cannot be meant.
    ("retry-after", "-3", None),
    ("retry-after", "-0.5", None),
    ("retry-after", "1000000000000", Some(86_400_000)),
    (
        "retry-after",
        "99999999999999999999999999",
        Some(86_400_000),
    ),
    ("retry-after", "1e300", Some(86_400_000)),
    ("retry-after", "soon", None),
    ("retry-after", "", None),
    ("retry-after", "NaN", None),
    ("retry-after", "inf", None),
    ("retry-after", "0x10", None),
    ("retry-after", "1,2;3", None),
    // RFC 9110, 5.6.7: the three forms of a date.
    ("retry-after", "Fri, 10 Jul 2026 22:13:30 GMT", Some(10_000)),
    ("retry-after", "Friday, 10-Jul-26 22:13:25 GMT", Some(5_000)),
    ("retry-after", "Fri Jul 10 22:13:21 2026", Some(1_000)),
    ("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT", Some(0)),
    ("retry-after", "Mon, 99 Foo 2026 99:99:99 GMT", None),
    // Moments as numbers.
    ("retry-after", "1783721630", Some(30_000)),
    ("retry-after", "1783721630000", Some(30_000)),
    ("retry-after", "1783721600", Some(0)),
    ("x-ratelimit-reset", "1783721605", Some(5_000)),
    ("x-rate-limit-reset", "1783721605250", Some(5_250)),
    // Moments as ISO 8601.
    ("retry-after", "2026-07-10T22:13:50Z", Some(30_000)),
    ("retry-after", "2026-07-11T00:13:50.500+02:00", Some(30_500)),
    ("retry-after", "2026-07-10 22:13:22", Some(2_000)),
    // Lengths with units.
    ("retry-after", "500ms", Some(500)),
    ("retry-after", "1m30s", Some(90_000)),
    ("retry-after", "PT30S", Some(30_000)),
    ("retry-after", "2 seconds", Some(2_000)),
    ("x-ratelimit-reset-requests", "6m0s", Some(360_000)),
    // Headers of vendors and of the IETF's drafts.
    ("retry-after-ms", "250", Some(250)),
    ("x-ms-retry-after-ms", "1250", Some(1_250)),
    ("ratelimit", "\"burst\";r=0;t=4", Some(4_000)),
    (
        "ratelimit",
        "limit=100, remaining=0, reset=11",
        Some(11_000),
    ),
    ("ratelimit-reset", "13", Some(13_000)),
    ("x-ratelimit-reset-after", "0.75", Some(750)),
    // A header that came twice.
    ("retry-after", "2, 5", Some(5_000)),
];

#[test]
fn d4_every_form_of_retry_after_is_read_and_none_is_read_as_too_short() {
    for (name, value, expected) in FORMS {
        let header = |asked: &str| (asked == *name).then_some(*value);
        let wait = of_headers(header, true, NOW);
        let expected = expected.map(Duration::from_millis);
        assert_eq!(wait, expected, "{name}: {value}");
    }
    assert!(FORMS.len() >= 40);
    println!("D4: {} forms of Retry-After read", FORMS.len());
}

#[test]
fn d4_a_quota_that_is_not_used_up_asks_nobody_to_wait() {
    let header = |asked: &str| (asked == "x-ratelimit-reset").then_some("30");
    assert_eq!(of_headers(header, false, NOW), None);
}

#[test]
fn d4_no_text_makes_the_reader_panic_or_wait_for_ever() {
    proptest::proptest!(|(text in ".{0,40}", now in 0i64..4_000_000_000_000)| {
        for unit in [WaitUnit::Seconds, WaitUnit::Milliseconds] {
            proptest::prop_assert!(read(&text, unit, now).is_none_or(|wait| wait <= LONGEST_WAIT));
        }
    });
}
