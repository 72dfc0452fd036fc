//! Executions that reach the application.

use serde_json::{Value, json};
use tenon_engine::error::Code;
use tenon_engine::execute::{ExecuteRequest, Reply};
use tenon_engine::model::{ExecutionState, NodeStatus, Outcome};

use tenon_testkit::SECRET;

use crate::fixture::World;

#[tokio::test]
async fn a_write_is_answered_and_leaves_a_whole_record() {
    let world = World::new().await;
    let answered = world.answered("add", "notes").await;
    assert_eq!(
        (answered.node_status, answered.http_status, answered.success),
        (NodeStatus::Success, 200, true)
    );
    let row = world.newest().await;
    assert_eq!(row.id, answered.execution_id);
    assert_eq!(
        (row.state, row.outcome),
        (ExecutionState::Finished, Some(Outcome::Succeeded))
    );
    assert_eq!(
        (row.request.method.as_str(), row.request.path.as_str()),
        ("POST", "/notes")
    );
    assert_eq!(row.attempts.len(), 1);
}

#[tokio::test]
async fn an_empty_answer_is_null_and_the_applications_error_is_a_result() {
    let world = World::new().await;
    assert_eq!(world.answered("add", "empty").await.data, Value::Null);
    let failed = world.answered("add", "down").await;
    assert_eq!(
        (failed.node_status, failed.http_status),
        (NodeStatus::Failed, 503)
    );
    let error = failed.error.unwrap();
    assert_eq!(
        (error.origin.as_str(), error.code.as_str(), error.retryable),
        ("application", "HTTP_503", false)
    );
    assert!(error.hint.unwrap().contains("may have acted"));
}

#[tokio::test]
async fn a_read_is_tried_again_and_a_write_is_not() {
    let world = World::new().await;
    let before = world.application.seen();
    world.answered("add", "down").await;
    assert_eq!(world.application.seen() - before, 1);
    world.answered("get", "down").await;
    assert_eq!(world.application.seen() - before, 4);
    assert_eq!(world.newest().await.attempts.len(), 3);
}

#[tokio::test]
async fn a_lost_answer_to_a_write_is_unknown_and_is_never_sent_again() {
    let world = World::new().await;
    let before = world.application.seen();
    let error = world.refused("add", "drop").await;
    assert_eq!(
        (error.code, error.retryable),
        (Code::UpstreamOutcomeUnknown, false)
    );
    let ended = error.execution.unwrap();
    assert_eq!(
        (ended.node_status, ended.outcome),
        (NodeStatus::Unknown, Outcome::Unknown)
    );
    assert_eq!(world.application.seen() - before, 1);
    assert_eq!(world.newest().await.outcome, Some(Outcome::Unknown));
}

#[tokio::test]
async fn a_caller_who_hangs_up_stops_nothing() {
    let world = World::new().await;
    let call = {
        let (engine, caller) = (world.engine.clone(), world.caller.clone());
        tokio::spawn(async move {
            engine
                .execute(
                    &caller,
                    ExecuteRequest::new("acme", "add", json!({"path": "hold"})),
                )
                .await
        })
    };
    let before = world.journal().await.len();
    while world.journal().await.len() == before || world.application.seen() < 2 {
        tokio::task::yield_now().await;
    }
    call.abort();
    world.application.release.notify_one();
    world.engine.drain().await;
    let row = world.newest().await;
    assert_eq!(
        (row.state, row.outcome),
        (ExecutionState::Finished, Some(Outcome::Succeeded))
    );
}

#[tokio::test]
async fn a_deadline_ends_the_wait_and_says_what_is_not_known() {
    let world = World::new().await;
    let mut request = ExecuteRequest::new("acme", "add", json!({"path": "hold"}));
    request.timeout = std::time::Duration::from_millis(200);
    let Reply::Done(done) = world.engine.execute(&world.caller, request).await.unwrap() else {
        panic!("not done")
    };
    let error = done.unwrap_err();
    assert_eq!(
        (error.code, error.retryable),
        (Code::UpstreamTimeout, false)
    );
    assert_eq!(error.execution.unwrap().node_status, NodeStatus::TimedOut);
}

#[tokio::test]
async fn a_dry_run_shows_the_request_without_its_secret_and_sends_nothing() {
    let world = World::new().await;
    let before = world.application.seen();
    let mut request = ExecuteRequest::new("acme", "two", json!({"path": "x"}));
    request.dry_run = true;
    let Reply::DryRun(shown) = world.engine.execute(&world.caller, request).await.unwrap() else {
        panic!("not dry")
    };
    assert_eq!(shown["requests"][0]["headers"]["x-token"], "***");
    assert!(shown["requests"][1]["waits"].is_string());
    assert!(!shown.to_string().contains(SECRET));
    assert_eq!(world.application.seen(), before);
    assert!(world.journal().await.is_empty());
}

#[tokio::test]
async fn a_failed_step_says_which_were_done_before() {
    let world = World::new().await;
    let answered = world.answered("two", "down").await;
    assert_eq!(answered.node_status, NodeStatus::Failed);
    assert!(
        answered
            .error
            .unwrap()
            .message
            .contains("done before: first")
    );
    let lost = world.refused("two", "drop").await;
    assert!(
        lost.message.contains("done before: first"),
        "{}",
        lost.message
    );
    assert_eq!(world.newest().await.attempts.len(), 2);
}

#[tokio::test]
async fn an_idempotency_key_replays_and_is_free_again_after_its_life() {
    let world = World::new().await;
    let keyed = |name: &str| {
        let mut request =
            ExecuteRequest::new("acme", "add", json!({"path": "notes", "name": name}));
        request.idempotency_key = Some("k".to_owned());
        request
    };
    let Reply::Done(Ok(first)) = world
        .engine
        .execute(&world.caller, keyed("a"))
        .await
        .unwrap()
    else {
        panic!("not done")
    };
    let Reply::Replayed(Ok(again)) = world
        .engine
        .execute(&world.caller, keyed("a"))
        .await
        .unwrap()
    else {
        panic!("not replayed")
    };
    assert_eq!(first, again);
    let reused = world
        .engine
        .execute(&world.caller, keyed("b"))
        .await
        .unwrap_err();
    assert_eq!(reused.code, Code::IdempotencyKeyReused);
    world.clock.pass(25 * 3600 * 1000);
    assert!(matches!(
        world
            .engine
            .execute(&world.caller, keyed("b"))
            .await
            .unwrap(),
        Reply::Done(Ok(_))
    ));
}

#[tokio::test]
async fn an_asynchronous_call_is_accepted_and_its_answer_is_kept() {
    let world = World::new().await;
    let mut request = ExecuteRequest::new("acme", "get", json!({"path": "notes"}));
    request.asynchronous = true;
    let Reply::Accepted(id) = world.engine.execute(&world.caller, request).await.unwrap() else {
        panic!("not accepted")
    };
    world.engine.drain().await;
    let inspected = world
        .engine
        .execution(&world.caller, id.as_str())
        .await
        .unwrap();
    assert_eq!(inspected.execution.state, ExecutionState::Finished);
    assert_eq!(inspected.done.unwrap().unwrap().execution_id, id);
}

#[tokio::test]
async fn an_echoed_credential_is_masked() {
    let world = World::new().await;
    let echoed = world.answered("get", "echo").await;
    let text = echoed.data.to_string();
    assert!(text.contains("***") && !text.contains(SECRET), "{text}");
}
