//! A. Execution: nothing lost, nothing doubled.

mod database;
mod fail_closed;
mod kill;
mod replicas;
mod resolving;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;
use tenon_testkit::vendor::{Fault, Scheme};
use tenon_testkit::{Caller, promise};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::hostile::Hostile;
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

/// Calls, and hangs up after `patience` without having read a word.
#[expect(
    clippy::disallowed_methods,
    reason = "a caller of the server under test, not a way out of it"
)]
async fn call_and_hang_up(caller: Caller, slug: String, number: u64, patience: Duration) {
    let body = json!({"fault": "slow", "number": number}).to_string();
    let text = format!(
        "POST /api/v2/integration-schema/{slug}/actions/post/execute HTTP/1.1\r\nhost: tenon\r\n\
         x-api-key: {}\r\nlinked_account_id: {}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        caller.key,
        caller.account,
        body.len()
    );
    let address = caller.base().trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    tokio::time::sleep(patience).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a7_a_caller_who_hangs_up_stops_nothing() {
    let place = (Fault::Html, Scheme::Http);
    let hostile = Hostile::start(&[place]).await;
    let (slug, caller) = hostile.caller(place.0, place.1);
    let calls = promise::scale(200, 1_000);
    let mut running = JoinSet::new();
    for number in 0..calls {
        // From 0 to 300 ms, in an order that looks like none.
        let patience = Duration::from_millis(number * 7919 % 301);
        running.spawn(call_and_hang_up(
            caller.clone(),
            slug.clone(),
            number,
            patience,
        ));
        if running.len() >= 32 {
            running.join_next().await.unwrap().unwrap();
        }
    }
    running.join_all().await;

    let end = tokio::time::Instant::now() + Duration::from_secs(30);
    let rows = loop {
        let rows = hostile.journal().await;
        let ended = rows
            .values()
            .filter(|outcome| *outcome == "succeeded")
            .count() as u64;
        if ended == calls || tokio::time::Instant::now() > end {
            break rows;
        }
    };
    let mut outcomes = BTreeMap::<_, u64>::new();
    for outcome in rows.values() {
        *outcomes.entry(outcome.as_str()).or_default() += 1;
    }
    let deliveries = hostile.deliveries();
    let arrived: u64 = deliveries.values().sum();
    assert_eq!(
        (&outcomes, deliveries.len() as u64, arrived),
        (&BTreeMap::from([("succeeded", calls)]), calls, calls),
        "rows by outcome, calls that arrived, requests in all"
    );
    hostile.server.finish().await;
    promise::kept(
        "A7",
        format!(
            "{calls} callers hung up within 300 ms: {arrived} requests, {} rows, all ended",
            rows.len()
        ),
    );
}
