//! No tenant and no environment sees, changes or removes what another owns, even with its ids.

use tenon_engine::model::{
    ApplicationSettings, BootId, Connection, ConnectionEventKind, ConnectionStatus, Execution,
    ExecutionFilter, LeaseOwner,
};
use tenon_engine::ports::Begun;

use super::nouns::{
    ALL, NOW, account, account_id, add, api_key, connection, event, execution, finished, key,
    remove, result, session, strangers, tenant, with_accounts,
};
use crate::engine::{Engine, promises};

promises![
    strangers_do_not_see_the_journal,
    strangers_do_not_end_an_execution,
    strangers_hold_keys_of_their_own,
    strangers_do_not_see_or_change_an_account,
    strangers_do_not_see_or_change_a_connection,
    strangers_do_not_see_or_change_a_session,
    strangers_do_not_see_or_revoke_an_api_key,
    strangers_have_settings_of_their_own,
];

async fn strangers_do_not_see_the_journal(engine: &impl Engine) {
    let store = engine.open().await;
    with_accounts(&*store, &["a"]).await;
    let execution = execution();
    let key = key(&execution);
    store.begin(&execution, Some(&key), None).await.unwrap();
    store
        .finish(&finished(&execution), Some(&result()))
        .await
        .unwrap();
    for stranger in strangers() {
        assert_eq!(
            store.execution(&stranger, &execution.id).await.unwrap(),
            None
        );
        assert_eq!(store.result(&stranger, &execution.id).await.unwrap(), None);
        let filter = ExecutionFilter::default();
        let page = store.executions(&stranger, &filter, ALL).await.unwrap();
        assert_eq!((page.total, page.items.len()), (0, 0));
        let (slug, action, hash) = (&key.slug, &key.action, &key.key_hash);
        let holder = store.idempotency_key(&stranger, &execution.account, slug, action, hash, NOW);
        assert_eq!(holder.await.unwrap(), None);
    }
}

async fn strangers_do_not_end_an_execution(engine: &impl Engine) {
    let store = engine.open().await;
    with_accounts(&*store, &["a"]).await;
    let execution = execution();
    store.begin(&execution, None, None).await.unwrap();
    for stranger in strangers() {
        let end = Execution {
            tenant: stranger,
            ..finished(&execution)
        };
        assert!(!store.finish(&end, Some(&result())).await.unwrap());
    }
    assert_eq!(
        store.execution(&tenant(), &execution.id).await.unwrap(),
        Some(execution)
    );
}

async fn strangers_hold_keys_of_their_own(engine: &impl Engine) {
    let store = engine.open().await;
    with_accounts(&*store, &["a"]).await;
    let first = execution();
    store.begin(&first, Some(&key(&first)), None).await.unwrap();
    for stranger in strangers() {
        store.add_account(&stranger, &account("a")).await.unwrap();
        let own = Execution {
            tenant: stranger,
            ..execution()
        };
        assert_eq!(
            store.begin(&own, Some(&key(&own)), None).await.unwrap(),
            Begun::Started
        );
    }
}

async fn strangers_do_not_see_or_change_an_account(engine: &impl Engine) {
    let store = engine.open().await;
    let own = account("a");
    store.add_account(&tenant(), &own).await.unwrap();
    for stranger in strangers() {
        assert_eq!(
            store.account(&stranger, &own.account_id).await.unwrap(),
            None
        );
        assert_eq!(store.accounts(&stranger, None, ALL).await.unwrap().total, 0);
        let mut changed = own.clone();
        changed.name = "Taken over".into();
        store.update_account(&stranger, &changed).await.unwrap();
        assert!(
            store
                .delete_account(&stranger, &own.account_id, false)
                .await
                .unwrap()
                .is_none()
        );
    }
    assert_eq!(
        store.account(&tenant(), &own.account_id).await.unwrap(),
        Some(own)
    );
}

async fn strangers_do_not_see_or_change_a_connection(engine: &impl Engine) {
    let store = engine.open().await;
    with_accounts(&*store, &["a"]).await;
    let own = connection("crm");
    add(&*store, &own).await;
    let a = account_id("a");
    for stranger in strangers() {
        assert!(
            store
                .connections(&stranger, &a, None)
                .await
                .unwrap()
                .is_empty()
        );
        assert!(
            store
                .connections(&stranger, &a, Some("crm"))
                .await
                .unwrap()
                .is_empty()
        );
        assert!(
            store
                .connections_of_application(&stranger, "crm")
                .await
                .unwrap()
                .is_empty()
        );
        let found = store.connection(&stranger, &own.id).await.unwrap();
        assert_eq!(found, None);
        let lines = store.timeline(&stranger, &a, &own.id, ALL).await.unwrap();
        assert!(lines.items.is_empty());
        let theirs = |version| Connection {
            tenant: stranger.clone(),
            version,
            status: ConnectionStatus::ReauthRequired,
            ..own.clone()
        };
        let (same, next) = (theirs(1), theirs(2));
        let event = event(&same, ConnectionEventKind::Changed);
        assert!(!store.mark_connection(&same, &event).await.unwrap());
        assert!(!store.describe_connection(&same, &event).await.unwrap());
        assert!(!store.update_connection(&next, &event).await.unwrap());
        assert!(!store.reseal_connection(&next, None).await.unwrap());
        let owner = LeaseOwner::new(&BootId::generate());
        assert!(!store.take_lease(&same, &owner, 1000).await.unwrap());
        assert!(!remove(&*store, &same).await);
    }
    assert_eq!(store.connections(&tenant(), &a, None).await.unwrap(), [own]);
}

async fn strangers_do_not_see_or_change_a_session(engine: &impl Engine) {
    let store = engine.open().await;
    with_accounts(&*store, &["a"]).await;
    let own = session();
    store.add_session(&own).await.unwrap();
    let a = account_id("a");
    for stranger in strangers() {
        assert!(
            store
                .live_sessions(&stranger, &a, NOW)
                .await
                .unwrap()
                .is_empty()
        );
        assert!(!store.revoke_session(&stranger, &own.id, NOW).await.unwrap());
        assert!(!store.count_call(&stranger, &own.id).await.unwrap());
    }
    assert_eq!(store.session(&own.id).await.unwrap(), Some(own));
}

async fn strangers_do_not_see_or_revoke_an_api_key(engine: &impl Engine) {
    let store = engine.open().await;
    let own = api_key(1);
    store.add_api_key(&own).await.unwrap();
    for stranger in strangers() {
        assert!(store.api_keys(&stranger).await.unwrap().is_empty());
        assert!(!store.revoke_api_key(&stranger, &own.id, NOW).await.unwrap());
    }
    assert_eq!(store.api_key(&own.hash).await.unwrap(), Some(own));
}

async fn strangers_have_settings_of_their_own(engine: &impl Engine) {
    let store = engine.open().await;
    let off = ApplicationSettings { enabled: false };
    store
        .set_application_settings(&tenant(), "crm", &off)
        .await
        .unwrap();
    for stranger in strangers() {
        assert!(
            store
                .application_settings(&stranger)
                .await
                .unwrap()
                .is_empty()
        );
        let on = ApplicationSettings { enabled: true };
        store
            .set_application_settings(&stranger, "crm", &on)
            .await
            .unwrap();
    }
    let own = store.application_settings(&tenant()).await.unwrap();
    assert_eq!(own, [("crm".to_owned(), off)]);
}
