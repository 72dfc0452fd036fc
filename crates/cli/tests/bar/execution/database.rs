//! A10: PostgreSQL comes and goes under load.

use std::time::{Duration, Instant};

use tenon_testkit::{Caller, Postgres, promise};
use tokio::task::JoinSet;

use crate::engines::{Engine, Evidence, Load, Stage, Tally, running};

const CALLERS: usize = 16;
/// Within how long the service is back, by the promise.
const BACK: Duration = Duration::from_secs(5);
/// How much longer it may take on a machine that does other things as well.
const LENIENCE: u32 = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a10_postgresql_may_be_stopped_and_killed_under_load() {
    let times = promise::scale(4, 20);
    let cluster = Postgres::start();
    let stage = Stage::new().await;
    let server = stage.server(&Engine::postgres(&cluster));
    let caller = stage.caller(&server);
    let mut told = Tally::default();
    let mut longest = Duration::ZERO;
    for time in 0..times {
        let load = Load::start(CALLERS, &caller, true);
        load.until(100).await;
        match time % 2 {
            0 => cluster.kill(),
            _ => cluster.stop_at_once(),
        }
        load.until(50).await;
        cluster.restart();
        longest = longest.max(until_back(&caller).await);
        load.until(50).await;
        told.add(load.end().await);
    }
    assert_only_unavailable(&told);
    until_nothing_runs(&caller).await;
    let evidence = Evidence::collect(&stage, &caller, told).await;
    evidence.assert_whole();
    let figure = format!(
        "{times} times killed or stopped: {} acknowledged, 0 lost; {:?}; back after {longest:.1?} at most; {} unknown",
        evidence.told.acknowledged.len(),
        evidence.told.refused,
        evidence.unknown(),
    );
    promise::kept("A10", figure);
    server.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a10_a_database_that_hangs_exhausts_its_connections_and_is_never_a_wrong_key() {
    let cluster = Postgres::start();
    let stage = Stage::new().await;
    let server = stage.server(&Engine::postgres(&cluster));
    let caller = stage.caller(&server);
    cluster.signal_sessions("STOP");
    let mut calls = JoinSet::new();
    for _ in 0..200 {
        let caller = caller.clone();
        calls.spawn(async move {
            let began = Instant::now();
            let path = "/api/v2/public/action-execution?limit=1";
            let answer = caller.try_call("GET", path, &[], None).await;
            (answer.unwrap().status, began.elapsed())
        });
    }
    let calls = calls.join_all().await;
    cluster.signal_sessions("CONT");
    let longest = calls.iter().map(|(_, took)| *took).max().unwrap();
    assert!(calls.iter().all(|(status, _)| *status == 503), "{calls:?}");
    assert!(longest < Duration::from_secs(2) * LENIENCE, "{longest:?}");
    let back = until_back(&caller).await;
    let figure = format!(
        "{} calls to a database that hangs: all 503 within {longest:.1?}, back after {back:.1?}",
        calls.len()
    );
    promise::kept("A10", figure);
    server.finish().await;
}

fn assert_only_unavailable(told: &Tally) {
    assert_eq!(told.unanswered.len(), 0, "{:?}", told.unanswered);
    let other = |answer: &&String| !answer.starts_with("503 ");
    let others: Vec<_> = told.refused.keys().filter(other).collect();
    assert!(others.is_empty(), "{others:?}");
}

async fn until_back(caller: &Caller) -> Duration {
    let since = Instant::now();
    loop {
        let path = "/api/v2/public/action-execution?limit=1";
        if let Ok(answer) = caller.try_call("GET", path, &[], None).await
            && answer.status == 200
        {
            return since.elapsed();
        }
        assert!(since.elapsed() < BACK * LENIENCE, "not back");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// What was begun while the database went away ends a minute after its deadline at the latest.
async fn until_nothing_runs(caller: &Caller) {
    let since = Instant::now();
    while running(caller).await > 0 {
        assert!(since.elapsed() < Duration::from_secs(150), "some never end");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
