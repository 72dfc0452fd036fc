//! What environments decide, and what is removed for it.

use tenon_engine::model::{EnvironmentSettings, Erasure};
use tenon_engine::ports::Store;

use super::nouns::{
    NOW, account_id, add, begun, connection, execution, finished, key, result, session, strangers,
    tenant, with_accounts,
};
use crate::engine::{Engine, promises};

promises![
    an_environment_that_decided_nothing_has_the_defaults,
    a_decision_is_replaced_and_listed,
    old_executions_are_purged_with_what_belongs_to_them,
    a_purge_removes_so_many_and_the_oldest_first,
    running_and_later_executions_are_not_purged,
    an_erased_account_leaves_nothing_and_says_what_it_was,
    an_erased_account_keeps_what_still_runs,
];

fn days(days: u32) -> EnvironmentSettings {
    EnvironmentSettings {
        retention_days: Some(days),
        ..EnvironmentSettings::default()
    }
}

async fn an_environment_that_decided_nothing_has_the_defaults(engine: &impl Engine) {
    let store = engine.open().await;
    let settings = store.environment_settings(&tenant()).await.unwrap();
    assert_eq!(settings, EnvironmentSettings::default());
    assert!(store.decided_environments().await.unwrap().is_empty());
}

async fn a_decision_is_replaced_and_listed(engine: &impl Engine) {
    let store = engine.open().await;
    for settings in [days(30), days(7)] {
        store
            .set_environment_settings(&tenant(), &settings)
            .await
            .unwrap();
        let read = store.environment_settings(&tenant()).await.unwrap();
        assert_eq!(read, settings);
    }
    let decided = store.decided_environments().await.unwrap();
    assert_eq!(decided, [(tenant(), days(7))]);
    for stranger in strangers() {
        let theirs = store.environment_settings(&stranger).await.unwrap();
        assert_eq!(theirs, EnvironmentSettings::default());
    }
}

async fn old_executions_are_purged_with_what_belongs_to_them(engine: &impl Engine) {
    let store = engine.open().await;
    with_accounts(&*store, &["a"]).await;
    let (old, tenant) = (execution(), tenant());
    let key = key(&old);
    store.begin(&old, Some(&key), None).await.unwrap();
    store
        .finish(&finished(&old), Some(&result()))
        .await
        .unwrap();

    assert_eq!(store.purge(&tenant, NOW.plus(1), 10).await.unwrap(), 1);

    assert_eq!(store.execution(&tenant, &old.id).await.unwrap(), None);
    assert_eq!(store.result(&tenant, &old.id).await.unwrap(), None);
    let holder = store.idempotency_key(
        &tenant,
        &old.account,
        &key.slug,
        &key.action,
        &key.key_hash,
        NOW,
    );
    assert_eq!(holder.await.unwrap(), None);
}

async fn a_purge_removes_so_many_and_the_oldest_first(engine: &impl Engine) {
    let store = engine.open().await;
    let mut all = Vec::new();
    for age in [1, 3, 2] {
        let mut execution = finished(&execution());
        execution.started_at = NOW.plus(-age);
        store.record(&execution).await.unwrap();
        all.push(execution);
    }
    assert_eq!(store.purge(&tenant(), NOW, 2).await.unwrap(), 2);
    let newest = store.execution(&tenant(), &all[0].id).await.unwrap();
    assert_eq!(newest.as_ref(), all.first());
    assert_eq!(store.purge(&tenant(), NOW, 2).await.unwrap(), 1);
}

async fn running_and_later_executions_are_not_purged(engine: &impl Engine) {
    let store = engine.open().await;
    let (running, later) = (execution(), finished(&execution()));
    begun(&*store, &running).await;
    store.record(&later).await.unwrap();
    assert_eq!(store.purge(&tenant(), NOW, 10).await.unwrap(), 0);
    for stranger in strangers() {
        assert_eq!(store.purge(&stranger, NOW.plus(1), 10).await.unwrap(), 0);
    }
    assert_eq!(store.purge(&tenant(), NOW.plus(1), 10).await.unwrap(), 1);
    let read = store.execution(&tenant(), &running.id).await.unwrap();
    assert_eq!(read, Some(running));
}

/// Deletes the account `a` with its history.
async fn erase(store: &dyn Store) -> Option<Erasure> {
    let a = account_id("a");
    store.delete_account(&tenant(), &a, true).await.unwrap()
}

async fn an_erased_account_leaves_nothing_and_says_what_it_was(engine: &impl Engine) {
    let store = engine.open().await;
    with_accounts(&*store, &["a"]).await;
    add(&*store, &connection("crm")).await;
    store.add_session(&session()).await.unwrap();
    let (kept, read) = (execution(), finished(&execution()));
    store.begin(&kept, Some(&key(&kept)), None).await.unwrap();
    store
        .finish(&finished(&kept), Some(&result()))
        .await
        .unwrap();
    store.record(&read).await.unwrap();

    let erased = erase(&*store).await;

    let expected = Erasure {
        connections: 1,
        sessions: 1,
        idempotency_keys: 1,
        results: 1,
        executions: 2,
    };
    assert_eq!(erased, Some(expected));
    for id in [&kept.id, &read.id] {
        assert_eq!(store.execution(&tenant(), id).await.unwrap(), None);
    }
    let again = erase(&*store).await;
    assert_eq!(again, None);
}

async fn an_erased_account_keeps_what_still_runs(engine: &impl Engine) {
    let store = engine.open().await;
    with_accounts(&*store, &["a"]).await;
    let running = execution();
    begun(&*store, &running).await;
    let erased = erase(&*store).await;
    assert_eq!(erased, Some(Erasure::default()));
    assert!(store.finish(&finished(&running), None).await.unwrap());
}
