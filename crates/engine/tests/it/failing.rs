//! When Tenon's own parts fail: nothing is done that could not be proved.

use std::future::Future as _;
use std::task::Poll;
use std::time::Duration;

use serde_json::json;
use tenon_engine::error::Code;
use tenon_engine::model::{Execution, ExecutionState, NodeStatus, Outcome};
use tokio::io::AsyncReadExt as _;

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
async fn a_request_that_was_sent_once_is_in_doubt_though_its_repetition_was_not_sent() {
    let world = World::new().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let playing = tokio::spawn(async move {
        let (mut asks_whose_it_is, _) = listener.accept().await.unwrap();
        asks_whose_it_is.read_u8().await.unwrap();
        drop(asks_whose_it_is);
        let (mut reads, _) = listener.accept().await.unwrap();
        reads.read_u8().await.unwrap();
        drop(listener);
        drop(reads);
    });
    world
        .engine
        .registry()
        .replace([crate::fixture::connector(&base, "x-token")]);
    world.connect().await;
    let error = world.refused("get", "latest").await;
    playing.await.unwrap();
    assert_eq!(error.code, Code::UpstreamOutcomeUnknown);
    let attempts = world.newest().await.attempts;
    assert!(attempts.iter().any(|attempt| attempt.sent));
    let ended = error.execution.unwrap();
    assert_eq!(
        (ended.node_status, ended.outcome),
        (NodeStatus::Unknown, Outcome::Unknown)
    );
}

#[tokio::test]
async fn a_caller_who_hangs_up_at_any_moment_leaves_no_execution_without_an_end() {
    let world = World::new().await;
    for moments in 1..16 {
        let mut call = Box::pin(world.run("add", json!({"path": "notes"})));
        let mut left = moments;
        // Waits so often, and drops the call.
        std::future::poll_fn(|context| {
            left -= 1;
            match call.as_mut().poll(context) {
                Poll::Pending if left > 0 => Poll::Pending,
                _ => Poll::Ready(()),
            }
        })
        .await;
    }
    let drained = world.engine.drain();
    tokio::time::timeout(Duration::from_secs(20), drained)
        .await
        .unwrap();
    let journal = world.journal().await;
    let running = |one: &Execution| one.state == ExecutionState::Running;
    assert!(!journal.iter().any(running));
    // One request asked whose the credential is.
    let sent = world.application.seen() - 1;
    assert_eq!(journal.len(), sent);
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
    open.state = ExecutionState::Running;
    (open.node_status, open.outcome, open.finished_at) = (None, None, None);
    tenon_engine::ports::Journal::begin(world.store.as_ref(), &open, None, None)
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
