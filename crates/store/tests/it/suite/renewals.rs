//! Leases on refreshing: one owner at a time, and a late owner writes nothing.

use std::time::Duration;

use tenon_engine::model::ConnectionEventKind::{Created, Reauthorized, RefreshFailed, Refreshed};
use tenon_engine::model::{BootId, Connection, LeaseOwner, Renewal};
use tenon_engine::ports::Store;

use super::nouns::{ALL, NOW, account_id, add, connection, event, tenant, with_accounts};
use crate::engine::{Engine, promises};

promises![
    a_lease_has_one_owner,
    a_lease_is_of_one_version,
    a_lease_ends_and_is_taken_by_another,
    the_owner_writes_new_tokens_once,
    whoever_lost_the_lease_writes_nothing,
    a_failed_refresh_leaves_the_credential,
    a_new_credential_ends_a_refresh,
    sealing_anew_leaves_the_lease,
    due_connections_are_found_when_nobody_refreshes_them,
];

const LONG: i64 = 60_000;

fn owner() -> LeaseOwner {
    LeaseOwner::new(&BootId::generate())
}

async fn stored(store: &dyn Store, connection: &Connection) -> Connection {
    let found = store.connection(&tenant(), &connection.id).await.unwrap();
    found.expect("the connection")
}

/// The connection with its next tokens.
fn refreshed(connection: &Connection) -> Connection {
    let mut next = connection.clone();
    next.version += 1;
    next.credential.blob = vec![1, 2, 3];
    next.renewal = Renewal {
        expires_at: Some(NOW.plus(7_200_000)),
        due_at: Some(NOW.plus(7_000_000)),
        ..Renewal::default()
    };
    next
}

async fn with_connection(store: &dyn Store) -> Connection {
    with_accounts(store, &["a"]).await;
    let one = connection("crm");
    add(store, &one).await;
    one
}

async fn a_lease_has_one_owner(engine: &impl Engine) {
    let store = engine.open().await;
    let one = with_connection(&*store).await;
    let mut takers = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (store, one) = (store.clone(), one.clone());
        takers.spawn(async move { store.take_lease(&one, &owner(), LONG).await.unwrap() });
    }
    let taken = takers.join_all().await;
    assert_eq!(taken.into_iter().filter(|taken| *taken).count(), 1);
    let renewal = stored(&*store, &one).await.renewal;
    assert!(renewal.lease.is_some() && renewal.started_at.is_some());
}

async fn a_lease_is_of_one_version(engine: &impl Engine) {
    let store = engine.open().await;
    let one = with_connection(&*store).await;
    let other = Connection {
        version: 2,
        ..one.clone()
    };
    assert!(!store.take_lease(&other, &owner(), LONG).await.unwrap());
    assert!(store.take_lease(&one, &owner(), LONG).await.unwrap());
}

/// A lease of no length is over at once; the database's clock decides, so it is asked until it agrees.
async fn take_over(store: &dyn Store, one: &Connection, by: &LeaseOwner) {
    for _ in 0..500 {
        if store.take_lease(one, by, LONG).await.unwrap() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    panic!("the lease does not end");
}

async fn a_lease_ends_and_is_taken_by_another(engine: &impl Engine) {
    let store = engine.open().await;
    let one = with_connection(&*store).await;
    let (first, second) = (owner(), owner());
    assert!(store.take_lease(&one, &first, 0).await.unwrap());
    take_over(&*store, &one, &second).await;
    assert!(!store.extend_lease(&one, &first, LONG).await.unwrap());
    assert!(store.extend_lease(&one, &second, LONG).await.unwrap());
    let lease = stored(&*store, &one).await.renewal.lease.unwrap();
    assert_eq!(lease.owner, second);
}

async fn the_owner_writes_new_tokens_once(engine: &impl Engine) {
    let store = engine.open().await;
    let one = with_connection(&*store).await;
    let me = owner();
    assert!(store.take_lease(&one, &me, LONG).await.unwrap());
    let next = refreshed(&one);
    let told = event(&next, Refreshed);
    assert!(store.finish_refresh(&next, &me, &told).await.unwrap());
    assert!(!store.finish_refresh(&next, &me, &told).await.unwrap());
    assert_eq!(stored(&*store, &one).await, next);
    let lines = store
        .timeline(&tenant(), &account_id("a"), &one.id, ALL)
        .await
        .unwrap();
    let kinds: Vec<_> = lines.items.iter().map(|line| line.kind).collect();
    assert_eq!(kinds, [Refreshed, Created]);
}

async fn whoever_lost_the_lease_writes_nothing(engine: &impl Engine) {
    let store = engine.open().await;
    let one = with_connection(&*store).await;
    let (late, next_owner) = (owner(), owner());
    assert!(store.take_lease(&one, &late, 0).await.unwrap());
    take_over(&*store, &one, &next_owner).await;
    let next = refreshed(&one);
    let (told, failed) = (event(&next, Refreshed), event(&one, RefreshFailed));
    assert!(!store.finish_refresh(&next, &late, &told).await.unwrap());
    let given_up = store.give_up_refresh(&one, &late, Some(&failed)).await;
    assert!(!given_up.unwrap());
    let kept = stored(&*store, &one).await;
    assert_eq!(kept.credential, one.credential);
    assert_eq!(kept.renewal.lease.unwrap().owner, next_owner);
}

async fn a_failed_refresh_leaves_the_credential(engine: &impl Engine) {
    let store = engine.open().await;
    let one = with_connection(&*store).await;
    let me = owner();
    assert!(store.take_lease(&one, &me, LONG).await.unwrap());
    let mut failed = one.clone();
    failed.renewal.failures = 2;
    failed.renewal.due_at = Some(NOW.plus(60_000));
    let told = event(&failed, RefreshFailed);
    assert!(
        store
            .give_up_refresh(&failed, &me, Some(&told))
            .await
            .unwrap()
    );
    assert_eq!(stored(&*store, &one).await, failed);
}

async fn a_new_credential_ends_a_refresh(engine: &impl Engine) {
    let store = engine.open().await;
    let one = with_connection(&*store).await;
    let me = owner();
    assert!(store.take_lease(&one, &me, LONG).await.unwrap());
    let typed = refreshed(&one);
    let told = event(&typed, Reauthorized);
    assert!(store.update_connection(&typed, &told).await.unwrap());
    let late = refreshed(&one);
    let told = event(&late, Refreshed);
    assert!(!store.finish_refresh(&late, &me, &told).await.unwrap());
    assert_eq!(stored(&*store, &one).await, typed);
}

async fn sealing_anew_leaves_the_lease(engine: &impl Engine) {
    let store = engine.open().await;
    let one = with_connection(&*store).await;
    let me = owner();
    assert!(store.take_lease(&one, &me, LONG).await.unwrap());
    let mut resealed = one.clone();
    resealed.version = 2;
    resealed.credential.blob = vec![5];
    assert!(store.reseal_connection(&resealed, None).await.unwrap());
    let kept = stored(&*store, &one).await;
    assert_eq!(kept.renewal.lease.unwrap().owner, me);
    let next = refreshed(&resealed);
    let told = event(&next, Refreshed);
    assert!(store.finish_refresh(&next, &me, &told).await.unwrap());
}

async fn due_connections_are_found_when_nobody_refreshes_them(engine: &impl Engine) {
    let store = engine.open().await;
    let one = with_connection(&*store).await;
    let due = one.renewal.due_at.unwrap();
    let before = store.due_connections(due.plus(-1), 10).await.unwrap();
    assert!(before.is_empty());
    let found = store.due_connections(due, 10).await.unwrap();
    assert_eq!(found, std::slice::from_ref(&one));
    let me = owner();
    assert!(store.take_lease(&one, &me, LONG).await.unwrap());
    assert!(store.due_connections(due, 10).await.unwrap().is_empty());
    assert!(store.abandoned_refreshes(10).await.unwrap().is_empty());
    assert!(store.extend_lease(&one, &me, -1000).await.unwrap());
    let abandoned = store.abandoned_refreshes(10).await.unwrap();
    assert_eq!(abandoned.len(), 1);
    assert_eq!(abandoned[0].renewal.lease.as_ref().unwrap().owner, me);
}
