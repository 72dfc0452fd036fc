//! Session tokens' records.

use tenon_engine::model::{Session, SessionId};
use tenon_engine::ports::StoreError;

use super::nouns::{NOW, account_id, session, tenant, with_accounts};
use crate::engine::{Engine, promises};

promises![
    a_session_is_read_back_as_it_was_written,
    a_session_needs_its_account,
    live_sessions_are_neither_revoked_nor_over,
    a_session_is_revoked_once,
    calls_are_counted_up_to_the_limit,
    of_many_calls_at_once_no_more_than_the_limit_count,
    calls_without_a_limit_are_counted,
];

async fn a_session_is_read_back_as_it_was_written(engine: &impl Engine) {
    let store = engine.open().await;
    with_accounts(&*store, &["a"]).await;
    let session = session();
    store.add_session(&session).await.unwrap();
    assert_eq!(store.session(&session.id).await.unwrap(), Some(session));
    assert_eq!(store.session(&SessionId::generate()).await.unwrap(), None);
}

async fn a_session_needs_its_account(engine: &impl Engine) {
    let store = engine.open().await;
    let refused = store.add_session(&session()).await;
    assert!(
        matches!(refused, Err(StoreError::Unavailable(_))),
        "{refused:?}"
    );
}

async fn live_sessions_are_neither_revoked_nor_over(engine: &impl Engine) {
    let store = engine.open().await;
    with_accounts(&*store, &["a", "b"]).await;
    let old = session();
    let new = Session {
        issued_at: NOW.plus(1_000),
        ..session()
    };
    let over = Session {
        expires_at: NOW,
        ..session()
    };
    let revoked = Session {
        revoked_at: Some(NOW),
        ..session()
    };
    let of_b = Session {
        account: account_id("b"),
        ..session()
    };
    for session in [&old, &new, &over, &revoked, &of_b] {
        store.add_session(session).await.unwrap();
    }
    let live = store
        .live_sessions(&tenant(), &account_id("a"), NOW)
        .await
        .unwrap();
    assert_eq!(live, [new, old]);
}

async fn a_session_is_revoked_once(engine: &impl Engine) {
    let store = engine.open().await;
    with_accounts(&*store, &["a"]).await;
    let session = session();
    store.add_session(&session).await.unwrap();
    assert!(
        store
            .revoke_session(&tenant(), &session.id, NOW)
            .await
            .unwrap()
    );
    assert!(
        !store
            .revoke_session(&tenant(), &session.id, NOW.plus(1))
            .await
            .unwrap()
    );
    assert!(
        !store
            .revoke_session(&tenant(), &SessionId::generate(), NOW)
            .await
            .unwrap()
    );
    let read = store.session(&session.id).await.unwrap().unwrap();
    assert_eq!(read.revoked_at, Some(NOW));
}

async fn calls_are_counted_up_to_the_limit(engine: &impl Engine) {
    let store = engine.open().await;
    with_accounts(&*store, &["a"]).await;
    let session = session();
    store.add_session(&session).await.unwrap();
    for expected in [true, true, false] {
        assert_eq!(
            store.count_call(&tenant(), &session.id).await.unwrap(),
            expected
        );
    }
    assert_eq!(store.session(&session.id).await.unwrap().unwrap().calls, 2);
}

async fn of_many_calls_at_once_no_more_than_the_limit_count(engine: &impl Engine) {
    let store = engine.open().await;
    with_accounts(&*store, &["a"]).await;
    let session = Session {
        max_calls: Some(7),
        ..session()
    };
    store.add_session(&session).await.unwrap();
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (store, id) = (store.clone(), session.id.clone());
        calls.spawn(async move { store.count_call(&tenant(), &id).await.unwrap() });
    }
    let counted = calls
        .join_all()
        .await
        .into_iter()
        .filter(|counted| *counted)
        .count();
    assert_eq!(counted, 7);
}

async fn calls_without_a_limit_are_counted(engine: &impl Engine) {
    let store = engine.open().await;
    with_accounts(&*store, &["a"]).await;
    let session = Session {
        max_calls: None,
        ..session()
    };
    store.add_session(&session).await.unwrap();
    assert!(store.count_call(&tenant(), &session.id).await.unwrap());
    assert_eq!(store.session(&session.id).await.unwrap().unwrap().calls, 1);
    assert!(
        !store
            .count_call(&tenant(), &SessionId::generate())
            .await
            .unwrap()
    );
}
