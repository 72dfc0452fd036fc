//! Days and moments in queries: `2025-05-01`, or ISO 8601 with a zone.

use chrono::{DateTime, Days, NaiveDate, NaiveTime};
use tenon_engine::model::Millis;

/// The beginning of the day in UTC, or the moment itself.
pub(super) fn first_moment(text: &str) -> Option<Millis> {
    match day(text) {
        Some(day) => Some(midnight(day)),
        None => moment(text),
    }
}

/// The end of the day in UTC, or the moment itself.
pub(super) fn moment_after(text: &str) -> Option<Millis> {
    match day(text) {
        Some(day) => Some(midnight(day.checked_add_days(Days::new(1))?)),
        None => moment(text),
    }
}

fn day(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}

fn midnight(day: NaiveDate) -> Millis {
    Millis(day.and_time(NaiveTime::MIN).and_utc().timestamp_millis())
}

fn moment(text: &str) -> Option<Millis> {
    let moment = DateTime::parse_from_rfc3339(text).ok()?;
    Some(Millis(moment.timestamp_millis()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_lasts_until_the_next_one_begins() {
        let (start, end) = (first_moment("2025-05-01"), moment_after("2025-05-01"));
        assert_eq!(start.unwrap().to_iso(), "2025-05-01T00:00:00.000Z");
        assert_eq!(end.unwrap().to_iso(), "2025-05-02T00:00:00.000Z");
        let moment = first_moment("2025-05-01T02:00:00+02:00");
        assert_eq!(moment, start);
        assert_eq!(first_moment("yesterday"), None);
    }
}
