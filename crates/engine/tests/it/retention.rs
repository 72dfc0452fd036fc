//! How long an idempotency key lives, and what is forgotten after that.

use serde_json::json;
use tenon_engine::error::{Code, Error};
use tenon_engine::execute::{ExecuteRequest, Reply};
use tenon_engine::model::{EnvironmentSettings, ExecutionState};
use tenon_testkit::promise;

use crate::fixture::World;

const HOUR_MS: i64 = 3600 * 1000;

fn keyed(path: &str, key: &str) -> ExecuteRequest {
    let mut request = ExecuteRequest::new("acme", "add", json!({"path": path}));
    request.idempotency_key = Some(key.to_owned());
    request
}

async fn ask(world: &World, path: &str, key: &str) -> Result<Reply, Error> {
    world.engine.execute(&world.caller, keyed(path, key)).await
}

#[tokio::test]
async fn c5_a_key_lives_for_a_day_and_is_fresh_after_it() {
    let world = World::new().await;
    let before = world.application.seen();
    assert!(matches!(
        ask(&world, "notes", "k").await.unwrap(),
        Reply::Done(Ok(_))
    ));
    for _ in 0..23 {
        world.clock.pass(HOUR_MS);
        world.engine.expire().await.unwrap();
        assert!(matches!(
            ask(&world, "notes", "k").await.unwrap(),
            Reply::Replayed(Ok(_))
        ));
    }
    world.clock.pass(HOUR_MS - 1);
    assert!(matches!(
        ask(&world, "notes", "k").await.unwrap(),
        Reply::Replayed(Ok(_))
    ));
    assert_eq!(world.application.seen() - before, 1);
    world.clock.pass(1);
    assert!(matches!(
        ask(&world, "notes", "k").await.unwrap(),
        Reply::Done(Ok(_))
    ));
    assert_eq!(world.application.seen() - before, 2);
    promise::kept(
        "C5",
        "replayed every hour for 24 h less 1 ms, fresh at 24 h",
    );
}

#[tokio::test]
async fn c5_keys_and_answers_are_forgotten_and_the_journal_stays() {
    let world = World::new().await;
    for number in 0..60 {
        ask(&world, "notes", &format!("k{number}")).await.unwrap();
    }
    assert_eq!(world.engine.expire().await.unwrap(), 0);
    world.clock.pass(24 * HOUR_MS);
    let id = world.newest().await.id;
    let inspected = world.engine.execution(&world.caller, id.as_str()).await;
    assert!(inspected.unwrap().done.is_none(), "its day is over");
    let forgotten = world.engine.expire().await.unwrap();
    assert_eq!(forgotten, 120, "a key and an answer for each call");
    assert_eq!(world.engine.expire().await.unwrap(), 0);
    assert_eq!(world.journal().await.len(), 60);
    promise::kept(
        "C5",
        "60 calls: 60 keys and 60 answers forgotten, 60 rows of the journal kept",
    );
}

#[tokio::test]
async fn c5_a_key_outlives_its_day_while_its_execution_runs() {
    let world = World::new().await;
    let before = world.application.seen();
    let mut request = keyed("hold", "k");
    request.asynchronous = true;
    assert!(matches!(
        world.engine.execute(&world.caller, request).await.unwrap(),
        Reply::Accepted(_)
    ));
    while world.application.seen() == before {
        tokio::task::yield_now().await;
    }
    world.clock.pass(48 * HOUR_MS);
    assert_eq!(world.engine.expire().await.unwrap(), 0);
    let refused = ask(&world, "hold", "k").await.unwrap_err();
    assert_eq!(
        (refused.code, refused.retryable),
        (Code::IdempotencyInFlight, true)
    );
    assert!(refused.retry_after_ms.is_some());
    world.application.release.notify_one();
    world.engine.drain().await;
    assert_eq!(world.newest().await.state, ExecutionState::Finished);
    assert_eq!(world.application.seen() - before, 1);
    promise::kept(
        "C5",
        "48 h into a running execution: 0 keys forgotten, 409, 1 request",
    );
}

#[tokio::test]
async fn executions_are_kept_as_long_as_their_environment_says() {
    let world = World::new().await;
    ask(&world, "notes", "old").await.unwrap();
    world.clock.pass(6 * 24 * HOUR_MS);
    ask(&world, "notes", "new").await.unwrap();
    assert_eq!(world.engine.purge().await.unwrap(), 0, "nobody decided");
    let (tenant, days) = (world.tenant.tenant(), |days| EnvironmentSettings {
        retention_days: Some(days),
        ..EnvironmentSettings::default()
    });
    let decide = |days| {
        world
            .engine
            .set_environment_settings(world.admin, tenant, days)
    };
    let (never, week) = (days(0), days(7));
    let refused = decide(&never).await.unwrap_err();
    assert_eq!(refused.code, Code::ValidationError);
    decide(&week).await.unwrap();
    assert_eq!(world.engine.purge().await.unwrap(), 0);
    world.clock.pass(24 * HOUR_MS + 1);
    assert_eq!(world.engine.purge().await.unwrap(), 1);
    assert_eq!(world.journal().await.len(), 1);
    assert_eq!(world.engine.verify_journal().await.unwrap().findings, []);
}
