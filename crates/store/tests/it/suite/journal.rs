//! Intents, outcomes, and what happens to those without.

use tenon_engine::model::{
    BootId, EndedBy, Execution, ExecutionState, Millis, NodeStatus, Outcome,
};
use tenon_engine::ports::StoreError;

use super::nouns::{NOW, begun, execution, finished, key, result, tenant, with_accounts};
use crate::engine::{Engine, promises};

promises![
    an_intent_is_read_back_as_it_was_written,
    an_outcome_is_read_back_as_it_was_written,
    an_outcome_counts_once,
    an_outcome_without_an_intent_is_not_written,
    a_read_is_recorded_in_one_row,
    one_id_is_one_execution,
    an_answer_is_kept_with_the_outcome,
    an_answer_of_a_deleted_account_is_not_kept,
    a_late_outcome_takes_the_place_of_an_assumed_one,
    an_unknown_end_is_resolved_once,
    executions_of_dead_processes_end_as_unknown,
    executions_of_this_process_are_not_swept,
    executions_whose_end_was_never_written_end_as_unknown,
    answers_past_their_life_are_forgotten,
    a_thousand_answers_past_their_life_are_forgotten,
    what_was_written_is_there_after_a_restart,
];

async fn an_intent_is_read_back_as_it_was_written(engine: &impl Engine) {
    let store = engine.open().await;
    let execution = execution();
    begun(&*store, &execution).await;
    let read = store.execution(&tenant(), &execution.id).await.unwrap();
    assert_eq!(read, Some(execution));
}

async fn an_outcome_is_read_back_as_it_was_written(engine: &impl Engine) {
    let store = engine.open().await;
    let execution = execution();
    begun(&*store, &execution).await;
    let finished = finished(&execution);
    assert!(store.finish(&finished, None).await.unwrap());
    let read = store.execution(&tenant(), &execution.id).await.unwrap();
    assert_eq!(read, Some(finished));
}

async fn an_outcome_counts_once(engine: &impl Engine) {
    let store = engine.open().await;
    let execution = execution();
    begun(&*store, &execution).await;
    let first = finished(&execution);
    store.finish(&first, None).await.unwrap();
    let mut second = first.clone();
    second.outcome = Some(Outcome::Succeeded);
    assert!(!store.finish(&second, None).await.unwrap());
    let read = store.execution(&tenant(), &execution.id).await.unwrap();
    assert_eq!(read, Some(first));
}

async fn an_outcome_without_an_intent_is_not_written(engine: &impl Engine) {
    let store = engine.open().await;
    let execution = finished(&execution());
    assert!(!store.finish(&execution, None).await.unwrap());
    assert_eq!(
        store.execution(&tenant(), &execution.id).await.unwrap(),
        None
    );
}

async fn a_read_is_recorded_in_one_row(engine: &impl Engine) {
    let store = engine.open().await;
    let execution = finished(&execution());
    store.record(&execution).await.unwrap();
    let read = store.execution(&tenant(), &execution.id).await.unwrap();
    assert_eq!(read, Some(execution));
}

async fn one_id_is_one_execution(engine: &impl Engine) {
    let store = engine.open().await;
    let execution = execution();
    begun(&*store, &execution).await;
    let again = store.begin(&execution, None, None).await;
    assert!(matches!(again, Err(StoreError::Exists)), "{again:?}");
}

async fn an_answer_is_kept_with_the_outcome(engine: &impl Engine) {
    let store = engine.open().await;
    with_accounts(&*store, &["a"]).await;
    let execution = execution();
    begun(&*store, &execution).await;
    assert_eq!(store.result(&tenant(), &execution.id).await.unwrap(), None);
    store
        .finish(&finished(&execution), Some(&result()))
        .await
        .unwrap();
    let kept = store.result(&tenant(), &execution.id).await.unwrap();
    assert_eq!(kept, Some(result()));
}

async fn an_answer_of_a_deleted_account_is_not_kept(engine: &impl Engine) {
    let store = engine.open().await;
    with_accounts(&*store, &["a"]).await;
    let execution = execution();
    begun(&*store, &execution).await;
    store
        .delete_account(&tenant(), &execution.account, false)
        .await
        .unwrap();
    let finished = finished(&execution);
    assert!(store.finish(&finished, Some(&result())).await.unwrap());
    assert_eq!(store.result(&tenant(), &execution.id).await.unwrap(), None);
    let read = store.execution(&tenant(), &execution.id).await.unwrap();
    assert_eq!(read, Some(finished));
}

async fn a_late_outcome_takes_the_place_of_an_assumed_one(engine: &impl Engine) {
    let store = engine.open().await;
    with_accounts(&*store, &["a"]).await;
    let execution = execution();
    begun(&*store, &execution).await;
    store.sweep(&BootId::generate(), NOW).await.unwrap();
    let swept = store.execution(&tenant(), &execution.id).await.unwrap();
    assert_eq!(swept.unwrap().ended_by, Some(EndedBy::Sweep));
    let truth = finished(&execution);
    assert!(store.finish(&truth, Some(&result())).await.unwrap());
    let read = store.execution(&tenant(), &execution.id).await.unwrap();
    assert_eq!(read, Some(truth.clone()));
    assert!(!store.finish(&truth, None).await.unwrap());
}

async fn an_unknown_end_is_resolved_once(engine: &impl Engine) {
    let store = engine.open().await;
    let execution = execution();
    begun(&*store, &execution).await;
    let resolved = Execution {
        ended_by: Some(EndedBy::Person),
        ..finished(&execution)
    };
    assert!(!store.resolve(&resolved).await.unwrap());
    store.sweep(&BootId::generate(), NOW).await.unwrap();
    assert!(store.resolve(&resolved).await.unwrap());
    assert!(!store.resolve(&resolved).await.unwrap());
    let read = store.execution(&tenant(), &execution.id).await.unwrap();
    assert_eq!(read, Some(resolved));
}

async fn executions_of_dead_processes_end_as_unknown(engine: &impl Engine) {
    let store = engine.open().await;
    let (lost, done) = (execution(), execution());
    for execution in [&lost, &done] {
        begun(&*store, execution).await;
    }
    let done = finished(&done);
    store.finish(&done, None).await.unwrap();
    let now = NOW.plus(5_000);
    assert_eq!(store.sweep(&BootId::generate(), now).await.unwrap(), 1);
    let read = store.execution(&tenant(), &lost.id).await.unwrap().unwrap();
    assert_eq!(read.state, ExecutionState::Finished);
    assert_eq!(read.node_status, Some(NodeStatus::Unknown));
    assert_eq!(read.outcome, Some(Outcome::Unknown));
    assert_eq!(read.finished_at, Some(now));
    assert_eq!(
        store.execution(&tenant(), &done.id).await.unwrap(),
        Some(done)
    );
}

async fn executions_of_this_process_are_not_swept(engine: &impl Engine) {
    let store = engine.open().await;
    let execution = execution();
    begun(&*store, &execution).await;
    assert_eq!(store.sweep(&execution.boot, NOW).await.unwrap(), 0);
    let read = store.execution(&tenant(), &execution.id).await.unwrap();
    assert_eq!(read, Some(execution));
}

async fn executions_whose_end_was_never_written_end_as_unknown(engine: &impl Engine) {
    let store = engine.open().await;
    // Late by the database's clock too.
    let execution = Execution {
        deadline_at: Millis(1_700_000_000_000),
        ..execution()
    };
    begun(&*store, &execution).await;
    let late = execution.deadline_at.plus(60_000);
    assert_eq!(
        store.sweep(&execution.boot, late.plus(-1)).await.unwrap(),
        0
    );
    assert_eq!(store.sweep(&execution.boot, late).await.unwrap(), 1);
    let read = store.execution(&tenant(), &execution.id).await.unwrap();
    assert_eq!(read.unwrap().outcome, Some(Outcome::Unknown));
}

async fn answers_past_their_life_are_forgotten(engine: &impl Engine) {
    let store = engine.open().await;
    with_accounts(&*store, &["a"]).await;
    let execution = execution();
    begun(&*store, &execution).await;
    store
        .finish(&finished(&execution), Some(&result()))
        .await
        .unwrap();
    let end = result().expires_at;
    assert_eq!(store.expire(end.plus(-1)).await.unwrap(), 0);
    assert!(
        store
            .result(&tenant(), &execution.id)
            .await
            .unwrap()
            .is_some()
    );
    assert_eq!(store.expire(end).await.unwrap(), 1);
    assert_eq!(store.result(&tenant(), &execution.id).await.unwrap(), None);
}

async fn a_thousand_answers_past_their_life_are_forgotten(engine: &impl Engine) {
    let store = engine.open().await;
    with_accounts(&*store, &["a"]).await;
    for _ in 0..1_000 {
        let execution = execution();
        begun(&*store, &execution).await;
        store
            .finish(&finished(&execution), Some(&result()))
            .await
            .unwrap();
    }
    assert_eq!(store.expire(result().expires_at).await.unwrap(), 1_000);
}

async fn what_was_written_is_there_after_a_restart(engine: &impl Engine) {
    let store = engine.open().await;
    with_accounts(&*store, &["a"]).await;
    let (running, read) = (execution(), finished(&execution()));
    store
        .begin(&running, Some(&key(&running)), None)
        .await
        .unwrap();
    store.record(&read).await.unwrap();
    drop(store);
    let store = engine.open().await;
    assert_eq!(
        store.execution(&tenant(), &running.id).await.unwrap(),
        Some(running)
    );
    assert_eq!(
        store.execution(&tenant(), &read.id).await.unwrap(),
        Some(read)
    );
}
