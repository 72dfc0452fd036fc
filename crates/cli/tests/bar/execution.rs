//! A. Execution: nothing lost, nothing doubled.

use std::time::Duration;

use tenon_testkit::promise;

use crate::matrix::{expected, matrix};

/// How late an answer may be after its deadline, by the promise.
const GRACE: Duration = Duration::from_millis(250);
/// How much later it may be on a machine that does other things as well.
const LENIENCE: u32 = 8;

#[test]
fn a5_no_fault_of_the_vendor_makes_an_unsafe_request_arrive_twice() {
    let matrix = matrix();
    let most = |unsafe_ones: bool| {
        let calls = matrix.runs.iter().map(|(call, _)| call);
        let calls = calls.filter(|call| call.is_unsafe() == unsafe_ones);
        calls.map(|call| matrix.delivered(call)).max().unwrap_or(0)
    };
    matrix.assert("delivered too often", |call, _| {
        let most = if call.is_unsafe() { 1 } else { 3 };
        matrix.delivered(call) <= most
    });
    let stale = matrix.runs.iter().filter(|(call, seen)| {
        call.fault.is_of_kept_connections() && seen.verdict() != "succeeded"
    });
    let figure = format!(
        "{} runs, {} requests at the vendor: at most {} of an unsafe one, {} of a safe one; {} met a connection that was just closed",
        matrix.runs.len(),
        matrix.arrived,
        most(true),
        most(false),
        stale.count(),
    );
    promise::kept("A5", figure);
}

#[test]
fn a6_unknown_is_said_exactly_where_a_byte_left_and_no_answer_came() {
    let matrix = matrix();
    let outcome = |words: &str| words.split(' ').next().map(str::to_owned);
    matrix.assert("a wrong outcome", |call, seen| {
        let mut right = expected(call.fault, call.scheme).iter();
        right.any(|words| outcome(words) == outcome(&seen.verdict()))
    });
    matrix.assert("an invitation to do it twice", |call, seen| {
        let unknown = seen.verdict().starts_with("unknown");
        !(unknown && call.is_unsafe()) || seen.retryable() == false
    });
    matrix.assert("a journal that says something else", |_, seen| {
        match seen.execution() {
            Some(id) => outcome(&seen.verdict()) == matrix.journal.get(id).cloned(),
            // What did not begin leaves no row.
            None => seen.verdict().ends_with("RATE_LIMITED"),
        }
    });
    let unknown = |(_, seen): &&(_, crate::hostile::Seen)| seen.verdict().starts_with("unknown");
    let (runs, unknown) = (
        matrix.runs.len(),
        matrix.runs.iter().filter(unknown).count(),
    );
    promise::kept(
        "A6",
        format!("{runs} runs, {unknown} of them unknown, all by the table"),
    );
}

#[test]
fn a8_every_answer_comes_inside_its_deadline() {
    let matrix = matrix();
    matrix.assert("an answer that came too late", |call, seen| {
        seen.took <= call.timeout + GRACE * LENIENCE
    });
    let late = |(call, seen): &(crate::hostile::Call, crate::hostile::Seen)| {
        seen.took.saturating_sub(call.timeout).as_millis()
    };
    let latest = matrix.runs.iter().map(late).max().unwrap_or(0);
    let runs = matrix.runs.len();
    promise::kept(
        "A8",
        format!("{runs} runs: at most {latest} ms after the deadline"),
    );
}
