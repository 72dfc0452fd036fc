//! B1, B2: however many ask at once, and however slow the provider is, one call renews the tokens.

use std::time::{Duration, Instant};

use tenon_testkit::Answer;
use tenon_testkit::promise::{kept, scale};
use tokio::task::JoinSet;

use super::{Linked, Stage, engines, execute, place, succeeded};

/// As many executions at once in all, over all servers; `more` is a query such as `?timeout_ms=2000`.
pub(super) async fn storm(linked: &Linked, calls: usize, more: &str) -> Vec<Answer> {
    let mut going = JoinSet::new();
    for number in 0..calls {
        let caller = linked.callers[number % linked.callers.len()].clone();
        let action = ["get_record", "create_record"][number / 2 % 2].to_owned() + more;
        going.spawn(async move { execute(&caller, &action).await });
    }
    going.join_all().await
}

/// Makes the access token count as over, as time does.
fn age(stage: &Stage, engine: &crate::engines::Engine) {
    let sql = "UPDATE connections SET expires_at = 1, due_at = NULL";
    match engine.address() {
        Some(address) => drop(tenon_testkit::Postgres::shared().run(address, sql)),
        None => {
            let file = stage.servers[0].data().join("tenon.db");
            let database = rusqlite::Connection::open(file).unwrap();
            database.busy_timeout(Duration::from_secs(10)).unwrap();
            assert_eq!(database.execute(sql, []).unwrap(), 1);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn b1_four_hundred_executions_at_once_renew_the_tokens_by_one_call() {
    const CALLS: usize = 400;
    let rounds = scale(3, 100);
    let mut seen = Vec::new();
    for (engine, servers) in engines() {
        let stage = Stage::start(&engine, servers, None).await;
        let linked = stage.link("ann").await;
        let begun = Instant::now();
        for round in 0..rounds {
            stage.provider.expire_access_tokens();
            // Every second time it is known that they are over; else the provider has to say so.
            if round % 2 == 0 {
                age(&stage, &engine);
            }
            let before = stage.refreshes();
            let answers = storm(&linked, CALLS, "").await;
            let failed = answers.iter().find(|answer| !succeeded(answer));
            assert!(failed.is_none(), "{}: {failed:?}", engine.name());
            assert_eq!(stage.refreshes() - before, 1, "{} {round}", engine.name());
        }
        assert_eq!(stage.provider.families_revoked(), 0);
        assert_eq!(stage.provider.most_token_calls_at_once(), 1);
        let written = linked.timeline().await;
        let renewed = written.iter().filter(|(event, _)| event == "refreshed");
        assert_eq!(renewed.count(), (rounds as usize).min(100));
        seen.push(format!(
            "{}: {rounds} rounds of {CALLS}, {} token calls, 0 failed, 0 grants ended, {:.1} s a round",
            place(&engine, servers),
            stage.refreshes(),
            begun.elapsed().as_secs_f64() / rounds as f64,
        ));
        stage.finish().await;
    }
    kept("B1", seen.join("; "));
}

#[tokio::test(flavor = "multi_thread")]
async fn b2_however_slow_the_provider_is_nobody_asks_beside_the_one_who_does() {
    const CALLS: usize = 100;
    let mut seen = Vec::new();
    for (engine, servers) in engines() {
        let stage = Stage::start(&engine, servers, None).await;
        let linked = stage.link("ann").await;
        let slow = |seconds| {
            let latency = Duration::from_secs(seconds);
            stage
                .provider
                .change(|behaviour| behaviour.latency = latency);
            stage.provider.expire_access_tokens();
        };
        for seconds in [0, 1, 5, 9] {
            slow(seconds);
            let before = stage.refreshes();
            let answers = storm(&linked, CALLS, "").await;
            let failed = answers.iter().find(|answer| !succeeded(answer));
            assert!(
                failed.is_none(),
                "{} {seconds} s: {failed:?}",
                engine.name()
            );
            assert_eq!(
                stage.refreshes() - before,
                1,
                "{} {seconds} s",
                engine.name()
            );
        }
        let (latency, timeout) = (scale(18, 40), scale(2_000, 30_000));
        slow(latency);
        let before = stage.refreshes();
        let answers = storm(&linked, CALLS, &format!("?timeout_ms={timeout}")).await;
        for answer in &answers {
            // The provider said that the tokens are over, and nothing was done there.
            assert_late(answer, engine.name());
        }
        // The one who asks goes on when everybody is gone, and what it gets is kept.
        let end = Instant::now() + Duration::from_secs(60);
        while !succeeded(&linked.read().await) {
            assert!(Instant::now() < end, "{}", engine.name());
        }
        assert_eq!(stage.refreshes() - before, 1, "{}", engine.name());
        assert_eq!(stage.provider.most_token_calls_at_once(), 1);
        assert_eq!(stage.provider.families_revoked(), 0);
        seen.push(format!(
            "{}: {CALLS} calls at 0, 1, 5 and 9 s all succeed; at {latency} s all {CALLS} are told 503 with Retry-After after {timeout} ms; at most 1 token call at once, 0 grants ended",
            place(&engine, servers),
        ));
        stage.finish().await;
    }
    kept("B2", seen.join("; "));
}

fn assert_late(answer: &Answer, engine: &str) {
    assert_eq!(answer.status, 503, "{engine}: {}", answer.body);
    assert_eq!(answer.body["code"], "CREDENTIAL_REFRESH_TIMEOUT");
    let after = answer
        .header("retry-after")
        .and_then(|text| text.parse::<u64>().ok());
    assert!(after.is_some_and(|seconds| seconds > 0), "{answer:?}");
}
