//! When Tenon's own parts fail: nothing is done that could not be proved.

use serde_json::json;
use tenon_engine::error::Code;
use tenon_engine::model::{NodeStatus, Outcome};

use crate::fixture::World;

#[tokio::test]
async fn without_a_journal_a_write_is_refused_before_anything_is_sent() {
    let world = World::new().await;
    let before = world.application.seen();
    world.store.close().await;
    let error = world
        .run("add", json!({"path": "notes"}))
        .await
        .unwrap_err();
    assert_eq!(error.code, Code::LogUnavailable);
    assert_eq!(world.application.seen(), before);
}

#[tokio::test]
async fn an_application_that_cannot_be_reached_is_not_sent_and_may_be_called_again() {
    let world = World::new().await;
    // A port that nobody listens on any more.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    world
        .engine
        .registry()
        .replace([crate::fixture::connector(&base, "x-token")]);
    world.connect().await;
    let error = world.refused("add", "notes").await;
    assert_eq!(
        (error.code, error.retryable),
        (Code::UpstreamUnreachable, true)
    );
    let ended = error.execution.unwrap();
    assert_eq!(
        (ended.node_status, ended.outcome),
        (NodeStatus::Failed, Outcome::NotSent)
    );
    assert_eq!(world.newest().await.attempts.len(), 3);
}

#[tokio::test]
async fn a_private_address_that_nobody_opened_is_refused() {
    let world = World::new().await;
    world.engine.registry().replace([crate::fixture::connector(
        "https://169.254.169.254",
        "x-token",
    )]);
    world.connect().await;
    let error = world.refused("get", "latest").await;
    assert_eq!(error.code, Code::EgressDenied);
}

#[tokio::test]
async fn what_another_life_left_running_becomes_unknown() {
    let world = World::new().await;
    world.answered("add", "notes").await;
    let mut open = world.newest().await;
    open.id = tenon_engine::model::ExecutionId::generate();
    open.boot = tenon_engine::model::BootId::generate();
    open.state = tenon_engine::model::ExecutionState::Running;
    (open.node_status, open.outcome, open.finished_at) = (None, None, None);
    tenon_engine::ports::Journal::begin(world.store.as_ref(), &open, None)
        .await
        .unwrap();
    assert_eq!(world.engine.sweep().await.unwrap(), 1);
    let swept = world
        .engine
        .execution(&world.caller, open.id.as_str())
        .await
        .unwrap()
        .execution;
    assert_eq!(
        (swept.node_status, swept.outcome),
        (Some(NodeStatus::Unknown), Some(Outcome::Unknown))
    );
}
