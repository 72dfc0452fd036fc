//! The counts against an application that is simulated: a sliding window, a fixed one, and ways that are slow.

use std::collections::{BinaryHeap, VecDeque};

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn meter(limit: u32, period: Duration) -> Meter {
    Meter {
        logs: vec![Log::new(Some(limit), period)],
        ..Meter::default()
    }
}

fn all(_: usize) -> bool {
    true
}

fn nothing(_: usize) -> Told {
    Told::default()
}

/// An application that refuses whatever does not fit in the second before it.
#[derive(Default)]
struct Application {
    counted: VecDeque<Duration>,
    accepted: u32,
    refused: u32,
}

impl Application {
    fn arrive(&mut self, at: Duration, limit: usize, period: Duration) {
        while self.counted.front().is_some_and(|old| *old + period <= at) {
            self.counted.pop_front();
        }
        if self.counted.len() < limit {
            self.counted.push_back(at);
            self.accepted += 1;
        } else {
            self.refused += 1;
        }
    }
}

/// Offers a call every `every` for `seconds`, with ways of `way(number)` there and back; says what the application saw.
fn offered(
    limit: u32,
    every: Duration,
    seconds: u32,
    way: impl Fn(u64) -> Duration,
) -> Application {
    let mut meter = meter(limit, SECOND);
    let mut application = Application::default();
    // Arrivals and answers in the order of their time; `true` is an answer.
    let mut events = BinaryHeap::new();
    let (end, mut now, mut waiting) = (SECOND * seconds, Duration::ZERO, 0_u64);
    while now < end {
        while let Some(std::cmp::Reverse((at, ticket))) = events.pop() {
            if at > now {
                events.push(std::cmp::Reverse((at, ticket)));
                break;
            }
            match ticket {
                None => application.arrive(at, limit as usize, SECOND),
                Some((number, counted)) => meter.settle(Ticket { number, counted }, at, nothing),
            }
        }
        waiting += 1;
        while waiting > 0
            && let Ok(ticket) = meter.take(now, all)
        {
            waiting -= 1;
            let there = now + way(ticket.number);
            events.push(std::cmp::Reverse((there, None)));
            let back = there + way(ticket.number + 7);
            events.push(std::cmp::Reverse((
                back,
                Some((ticket.number, ticket.counted)),
            )));
        }
        now += every;
    }
    application
}

#[test]
fn d4_ten_times_the_quota_offered_uses_it_and_is_never_refused() {
    let quick = |number: u64| Duration::from_micros(300 + number % 5 * 200);
    let seen = offered(10, SECOND / 100, 100, quick);
    assert_eq!(seen.refused, 0);
    let used = f64::from(seen.accepted) / 1000.0;
    assert!(used > 0.95, "{used}");
    println!(
        "D4: offered 100/s against 10/s: 0 refused, {:.1} % of the quota used",
        used * 100.0
    );
}

#[test]
fn d4_a_way_that_is_slow_and_uneven_never_makes_the_application_refuse() {
    let uneven = |number: u64| Duration::from_millis(number * 7919 % 400);
    let seen = offered(10, SECOND / 50, 60, uneven);
    assert_eq!(seen.refused, 0);
    assert!(seen.accepted > 300, "{}", seen.accepted);
}

#[test]
fn a_window_is_free_again_one_length_after_the_answer() {
    let mut meter = meter(1, SECOND);
    let ticket = meter.take(Duration::ZERO, all).unwrap();
    assert_eq!(meter.take(Duration::ZERO, all), Err(SECOND));
    meter.settle(ticket, SECOND / 2, nothing);
    assert_eq!(meter.take(SECOND, all), Err(SECOND / 2));
    assert!(meter.take(SECOND * 3 / 2, all).is_ok());
}

#[test]
fn what_was_not_sent_counts_for_nothing() {
    let mut meter = meter(1, SECOND);
    let ticket = meter.take(Duration::ZERO, all).unwrap();
    meter.unsent(ticket);
    assert!(meter.take(Duration::ZERO, all).is_ok());
}

#[test]
fn the_outlook_counts_those_who_wait_already() {
    let mut meter = meter(2, SECOND);
    for _ in 0..2 {
        let ticket = meter.take(Duration::ZERO, all).unwrap();
        meter.settle(ticket, Duration::ZERO, nothing);
    }
    let outlook = |ahead| meter.outlook(Duration::ZERO, ahead, all);
    assert_eq!((outlook(0), outlook(1)), (SECOND, SECOND));
    assert_eq!((outlook(2), outlook(5)), (SECOND * 2, SECOND * 3));
}

#[test]
fn several_windows_hold_at_once() {
    let mut meter = Meter {
        logs: vec![Log::new(Some(2), SECOND), Log::new(Some(3), SECOND * 60)],
        ..Meter::default()
    };
    for now in [0, 0, 1001] {
        let now = Duration::from_millis(now);
        let ticket = meter.take(now, all).unwrap();
        meter.settle(ticket, now, nothing);
    }
    let now = Duration::from_millis(3000);
    assert_eq!(meter.take(now, all), Err(SECOND * 57));
    // A request that only the first window counts goes.
    assert!(meter.take(now, |index| index == 0).is_ok());
}

#[test]
fn the_applications_count_wins_over_ours_and_the_newest_requests_answer_over_late_ones() {
    let mut meter = meter(10, SECOND * 10);
    let tickets: Vec<_> = (0..3)
        .map(|_| meter.take(Duration::ZERO, all).unwrap())
        .collect();
    let told = |remaining, reset| {
        move |_| Told {
            limit: None,
            remaining: Some(remaining),
            reset: Some(SECOND * reset),
        }
    };
    // Somebody else uses the same quota: nothing is left but what our own two open requests take.
    meter.settle(tickets[2], Duration::ZERO, told(2, 4));
    assert_eq!(meter.take(Duration::ZERO, all), Err(SECOND * 4));
    meter.settle(tickets[0], Duration::ZERO, told(9, 4));
    assert_eq!(meter.take(Duration::ZERO, all), Err(SECOND * 4));
    meter.unsent(tickets[1]);
    assert!(meter.take(SECOND * 4, all).is_ok());
}

#[test]
fn a_limit_that_answers_tell_replaces_the_written_one() {
    let mut meter = meter(1, SECOND);
    let ticket = meter.take(Duration::ZERO, all).unwrap();
    let told = |_| Told {
        limit: Some(3),
        ..Told::default()
    };
    meter.settle(ticket, Duration::ZERO, told);
    assert!(meter.take(Duration::ZERO, all).is_ok());
    assert!(meter.take(Duration::ZERO, all).is_ok());
    assert!(meter.take(Duration::ZERO, all).is_err());
}

#[test]
fn after_too_many_requests_everybody_waits_as_long_as_was_asked_or_longer_each_time() {
    let mut meter = meter(100, SECOND);
    let mut refused = |now: Duration, asked| {
        let ticket = meter.take(now, all).unwrap();
        meter.refuse(ticket, now, nothing, asked);
        meter.outlook(now, 0, all)
    };
    assert_eq!(refused(Duration::ZERO, Some(SECOND * 7)), SECOND * 7);
    assert_eq!(refused(SECOND * 7, None), SECOND * 2);
    assert_eq!(refused(SECOND * 9, None), SECOND * 4);
    let ticket = meter.take(SECOND * 13, all).unwrap();
    meter.settle(ticket, SECOND * 13, nothing);
    let ticket = meter.take(SECOND * 13, all).unwrap();
    meter.refuse(ticket, SECOND * 13, nothing, None);
    assert_eq!(meter.outlook(SECOND * 13, 0, all), SECOND);
}

#[test]
fn a_million_requests_a_day_are_counted_in_little_room() {
    let mut meter = meter(1_000_000, SECOND * 86_400);
    for number in 0..100_000_u32 {
        let now = Duration::from_millis(u64::from(number) * 80);
        let ticket = meter.take(now, all).unwrap();
        meter.settle(ticket, now, nothing);
    }
    assert!(
        meter.logs[0].entries() <= 130,
        "{}",
        meter.logs[0].entries()
    );
    assert!(!meter.is_idle(SECOND * 8_000));
    assert!(meter.is_idle(SECOND * 200_000));
}
