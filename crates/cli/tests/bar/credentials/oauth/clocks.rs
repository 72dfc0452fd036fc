//! B6: clocks that jump, and replicas whose clocks are apart, cost no call and no grant.

use std::time::{Duration, Instant};

use tenon_testkit::promise::kept;
use tenon_testkit::provider::Hold;
use tenon_testkit::{Postgres, Server, WrongClock};

use super::refresh::storm;
use super::{Linked, Stage, succeeded};
use crate::engines::Engine;

const HOUR: i64 = 3600;
const CALLS: usize = 60;

/// Tokens that are over are renewed by one call, and nobody fails.
async fn renew(stage: &Stage, linked: &Linked, when: &str) -> usize {
    stage.provider.expire_access_tokens();
    let before = stage.refreshes();
    let answers = storm(linked, CALLS, "").await;
    let failed = answers.iter().find(|answer| !succeeded(answer));
    assert!(failed.is_none(), "{when}: {failed:?}");
    assert_eq!(stage.refreshes() - before, 1, "{when}");
    assert_eq!(stage.provider.families_revoked(), 0, "{when}");
    answers.len()
}

async fn is_ready(server: &Server) -> bool {
    server.http.send("GET", "/readyz", &[], None).await.status == 200
}

#[tokio::test(flavor = "multi_thread")]
async fn b6_a_hosts_clock_that_jumps_costs_no_call() {
    let clock = WrongClock::ahead(0);
    let stage = Stage::with(&Engine::Sqlite, [clock.environment().to_vec()]).await;
    let linked = stage.link("ann").await;
    let mut calls = 0;
    for jump in [HOUR, 0, -HOUR, 0, 300, -300] {
        clock.set(jump);
        calls += renew(&stage, &linked, &format!("after {jump} s")).await;
        assert!(is_ready(&stage.servers[0]).await);
    }
    // An hour passes in the middle of a refresh, and its lease with it.
    stage.provider.expire_access_tokens();
    stage
        .provider
        .change(|behaviour| behaviour.hold = Hold::UntilReleased);
    let before = stage.refreshes();
    let storming = storm(&linked, CALLS, "");
    let jumping = async {
        stage.provider.held(1).await;
        clock.set(HOUR);
        tokio::time::sleep(Duration::from_secs(5)).await;
        stage.provider.change(|behaviour| behaviour.hold = Hold::No);
        stage.provider.release();
    };
    let (answers, ()) = tokio::join!(storming, jumping);
    let failed = answers.iter().find(|answer| !succeeded(answer));
    assert!(failed.is_none(), "{failed:?}");
    assert_eq!(stage.refreshes() - before, 1);
    assert_eq!(stage.provider.most_token_calls_at_once(), 1);
    assert_eq!(stage.provider.families_revoked(), 0);
    calls += answers.len();
    stage.finish().await;
    kept(
        "B6",
        format!(
            "SQLite (1 process): jumps of up to an hour, one in the middle of a refresh: {calls} calls, 0 failed, 7 token calls"
        ),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn b6_replicas_whose_clocks_are_apart_renew_once_and_say_that_they_are_not_ready() {
    let clocks = [-45, 45].map(WrongClock::ahead);
    let engine = Engine::postgres(Postgres::shared());
    let environments = clocks.iter().map(|clock| clock.environment().to_vec());
    let stage = Stage::with(&engine, environments).await;
    let linked = stage.link("ann").await;
    let mut calls = 0;
    for round in 0..3 {
        calls += renew(&stage, &linked, &format!("round {round}")).await;
    }
    // A refresh that is slow: it is the database's clock that says how long its lease lasts.
    stage
        .provider
        .change(|behaviour| behaviour.latency = Duration::from_secs(8));
    calls += renew(&stage, &linked, "a slow refresh").await;
    stage
        .provider
        .change(|behaviour| behaviour.latency = Duration::ZERO);
    // To one of them, tokens that live a minute seem over when the other has just got them.
    stage
        .provider
        .change(|behaviour| behaviour.access_life = Duration::from_secs(60));
    calls += renew(&stage, &linked, "a short life").await;
    let end = Instant::now() + Duration::from_secs(12);
    while Instant::now() < end {
        for answer in storm(&linked, 4, "").await {
            assert!(succeeded(&answer), "{answer:?}");
            calls += 1;
        }
    }
    assert_eq!(stage.provider.most_token_calls_at_once(), 1);
    assert_eq!(stage.provider.families_revoked(), 0);
    for (server, clock) in stage.servers.iter().zip(&clocks) {
        assert!(!is_ready(server).await);
        clock.set(10);
        assert!(is_ready(server).await);
    }
    stage.finish().await;
    kept(
        "B6",
        format!(
            "PostgreSQL (2 processes 90 s apart): {calls} calls, 0 failed, at most 1 token call at once, 0 grants ended; not ready at 45 s, ready at 10 s"
        ),
    );
}
