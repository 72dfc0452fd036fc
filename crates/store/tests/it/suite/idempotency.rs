//! One key, one execution.

use tenon_engine::model::{BootId, Execution, IdempotencyKey, Millis, Outcome};
use tenon_engine::ports::{Begun, Store, StoreError};
use tokio::task::JoinSet;

use super::nouns::{NOW, account_id, begun, execution, finished, key, tenant, with_accounts};
use crate::engine::{Engine, promises};

promises![
    two_hundred_calls_with_one_key_are_one_execution,
    a_held_key_writes_nothing_and_names_its_holder,
    a_key_belongs_to_its_account_application_and_action,
    a_key_past_its_life_is_free_again,
    a_key_of_a_running_execution_outlives_its_life,
    an_execution_that_sent_nothing_gives_its_key_back,
    keys_past_their_life_are_forgotten,
    a_key_for_a_missing_account_begins_nothing,
    a_key_of_an_unknown_end_can_be_taken_over,
];

async fn holder(store: &dyn Store, key: &IdempotencyKey, now: Millis) -> Option<IdempotencyKey> {
    let (tenant, account, hash) = (tenant(), account_id("a"), &key.key_hash);
    let asked = store.idempotency_key(&tenant, &account, &key.slug, &key.action, hash, now);
    asked.await.unwrap()
}

/// A begun execution with its key.
async fn held(store: &dyn Store) -> (Execution, IdempotencyKey) {
    with_accounts(store, &["a"]).await;
    let execution = execution();
    let key = key(&execution);
    assert_eq!(
        store.begin(&execution, Some(&key), None).await.unwrap(),
        Begun::Started
    );
    (execution, key)
}

async fn two_hundred_calls_with_one_key_are_one_execution(engine: &impl Engine) {
    let store = engine.open().await;
    with_accounts(&*store, &["a"]).await;
    let mut calls = JoinSet::new();
    for _ in 0..200 {
        let (store, execution) = (store.clone(), execution());
        calls.spawn(async move {
            store
                .begin(&execution, Some(&key(&execution)), None)
                .await
                .unwrap()
        });
    }
    let ends = calls.join_all().await;
    let started = ends.iter().filter(|end| **end == Begun::Started).count();
    assert_eq!(started, 1);
    let holder = holder(&*store, &key(&execution()), NOW).await.unwrap();
    let held = ends
        .iter()
        .filter(|end| **end == Begun::Held(holder.clone()))
        .count();
    assert_eq!(held, 199);
}

async fn a_held_key_writes_nothing_and_names_its_holder(engine: &impl Engine) {
    let store = engine.open().await;
    let (_, first) = held(&*store).await;
    let second = execution();
    let begun = store
        .begin(&second, Some(&key(&second)), None)
        .await
        .unwrap();
    assert_eq!(begun, Begun::Held(first.clone()));
    assert_eq!(store.execution(&tenant(), &second.id).await.unwrap(), None);
    assert_eq!(holder(&*store, &first, NOW).await, Some(first));
}

async fn a_key_belongs_to_its_account_application_and_action(engine: &impl Engine) {
    let store = engine.open().await;
    let (_, first) = held(&*store).await;
    with_accounts(&*store, &["b"]).await;
    let mut others = [execution(), execution(), execution()];
    others[0].account = account_id("b");
    others[1].slug = "shop".into();
    others[2].action = "delete".into();
    for other in &others {
        let key = key(other);
        assert_eq!(key.key_hash, first.key_hash);
        assert_eq!(
            store.begin(other, Some(&key), None).await.unwrap(),
            Begun::Started
        );
    }
}

async fn a_key_past_its_life_is_free_again(engine: &impl Engine) {
    let store = engine.open().await;
    let (first, old) = held(&*store).await;
    store.finish(&finished(&first), None).await.unwrap();
    let mut early = execution();
    early.started_at = old.expires_at.plus(-1);
    let refused = store.begin(&early, Some(&key(&early)), None).await.unwrap();
    assert_eq!(refused, Begun::Held(old.clone()));
    assert_eq!(holder(&*store, &old, old.expires_at).await, None);
    let mut second = execution();
    second.started_at = old.expires_at;
    let new = key(&second);
    assert_eq!(
        store.begin(&second, Some(&new), None).await.unwrap(),
        Begun::Started
    );
    assert_eq!(holder(&*store, &old, second.started_at).await, Some(new));
}

async fn a_key_of_a_running_execution_outlives_its_life(engine: &impl Engine) {
    let store = engine.open().await;
    let (_, old) = held(&*store).await;
    let late = old.expires_at.plus(1);
    assert_eq!(store.expire(late).await.unwrap(), 0);
    assert_eq!(holder(&*store, &old, late).await, Some(old.clone()));
    let mut second = execution();
    second.started_at = late;
    let begun = store
        .begin(&second, Some(&key(&second)), None)
        .await
        .unwrap();
    assert_eq!(begun, Begun::Held(old));
}

async fn an_execution_that_sent_nothing_gives_its_key_back(engine: &impl Engine) {
    let store = engine.open().await;
    let (first, old) = held(&*store).await;
    let mut unsent = finished(&first);
    unsent.outcome = Some(Outcome::NotSent);
    store.finish(&unsent, None).await.unwrap();
    assert_eq!(holder(&*store, &old, NOW).await, None);
    let second = execution();
    let begun = store
        .begin(&second, Some(&key(&second)), None)
        .await
        .unwrap();
    assert_eq!(begun, Begun::Started);
}

async fn keys_past_their_life_are_forgotten(engine: &impl Engine) {
    let store = engine.open().await;
    let (first, old) = held(&*store).await;
    store.finish(&finished(&first), None).await.unwrap();
    assert_eq!(store.expire(old.expires_at.plus(-1)).await.unwrap(), 0);
    assert_eq!(store.expire(old.expires_at).await.unwrap(), 1);
    assert_eq!(holder(&*store, &old, NOW).await, None);
}

async fn a_key_for_a_missing_account_begins_nothing(engine: &impl Engine) {
    let store = engine.open().await;
    let execution = execution();
    let refused = store.begin(&execution, Some(&key(&execution)), None).await;
    assert!(
        matches!(refused, Err(StoreError::Unavailable(_))),
        "{refused:?}"
    );
    assert_eq!(
        store.execution(&tenant(), &execution.id).await.unwrap(),
        None
    );
    begun(&*store, &execution).await;
}

async fn a_key_of_an_unknown_end_can_be_taken_over(engine: &impl Engine) {
    let store = engine.open().await;
    with_accounts(&*store, &["a"]).await;
    let (first, second) = (execution(), execution());
    store.begin(&first, Some(&key(&first)), None).await.unwrap();
    let over = Some(&first.id);
    let held = store.begin(&second, Some(&key(&second)), over).await;
    assert_eq!(held.unwrap(), Begun::Held(key(&first)));
    store.sweep(&BootId::generate(), NOW).await.unwrap();
    let begun = store.begin(&second, Some(&key(&second)), over).await;
    assert_eq!(begun.unwrap(), Begun::Started);
    let third = execution();
    let late = store.begin(&third, Some(&key(&third)), over).await;
    assert_eq!(late.unwrap(), Begun::Held(key(&second)));
}
