//! Connections and the versions of their credentials.

use std::slice::from_ref;

use tenon_engine::model::{Connection, ConnectionStatus};
use tenon_engine::ports::{Store, StoreError};

use super::nouns::{NOW, account_id, connection, tenant, with_accounts};
use crate::engine::{Engine, promises};

promises![
    a_connection_is_read_back_as_it_was_written,
    a_connection_needs_its_account,
    connections_are_listed_oldest_first,
    connections_are_found_by_application,
    a_new_version_follows_the_stored_one,
    a_version_that_does_not_follow_is_refused,
    of_many_new_versions_one_is_stored,
    a_status_is_set_for_the_version_that_it_was_found_for,
    deleted_connections_are_counted_and_gone,
];

async fn of_a(store: &dyn Store, slug: Option<&str>) -> Vec<Connection> {
    store
        .connections(&tenant(), &account_id("a"), slug)
        .await
        .unwrap()
}

/// The connection after the account authorized again, everything changed that can be.
fn renewed(connection: &Connection) -> Connection {
    let mut renewed = connection.clone();
    renewed.auth = "token".into();
    renewed.label = None;
    renewed.facts.clear();
    renewed.identifier = None;
    renewed.status = ConnectionStatus::ReauthRequired;
    renewed.sandbox = false;
    renewed.trust = "other.example.com".into();
    renewed.version += 1;
    renewed.credential.blob = vec![7];
    renewed.connected_at = NOW.plus(9);
    renewed
}

async fn a_connection_is_read_back_as_it_was_written(engine: &impl Engine) {
    let store = engine.open().await;
    with_accounts(&*store, &["a"]).await;
    let connection = connection("crm");
    store.add_connection(&connection).await.unwrap();
    assert_eq!(of_a(&*store, None).await, [connection]);
}

async fn a_connection_needs_its_account(engine: &impl Engine) {
    let store = engine.open().await;
    let refused = store.add_connection(&connection("crm")).await;
    assert!(
        matches!(refused, Err(StoreError::Unavailable(_))),
        "{refused:?}"
    );
    assert!(of_a(&*store, None).await.is_empty());
}

async fn connections_are_listed_oldest_first(engine: &impl Engine) {
    let store = engine.open().await;
    with_accounts(&*store, &["a"]).await;
    let new = Connection {
        created_at: NOW.plus(1),
        ..connection("crm")
    };
    let old = connection("shop");
    for connection in [&new, &old] {
        store.add_connection(connection).await.unwrap();
    }
    assert_eq!(of_a(&*store, None).await, [old, new]);
}

async fn connections_are_found_by_application(engine: &impl Engine) {
    let store = engine.open().await;
    with_accounts(&*store, &["a", "b"]).await;
    let shop = connection("shop");
    let crm = connection("crm");
    let crm_of_b = Connection {
        account: account_id("b"),
        ..connection("crm")
    };
    for connection in [&shop, &crm, &crm_of_b] {
        store.add_connection(connection).await.unwrap();
    }
    assert_eq!(of_a(&*store, Some("crm")).await, from_ref(&crm));
    let all = store
        .connections_of_application(&tenant(), "crm")
        .await
        .unwrap();
    assert_eq!(all, [crm, crm_of_b]);
}

async fn a_new_version_follows_the_stored_one(engine: &impl Engine) {
    let store = engine.open().await;
    with_accounts(&*store, &["a"]).await;
    let first = connection("crm");
    store.add_connection(&first).await.unwrap();
    let second = renewed(&first);
    assert!(store.update_connection(&second).await.unwrap());
    assert_eq!(of_a(&*store, None).await, [second]);
}

async fn a_version_that_does_not_follow_is_refused(engine: &impl Engine) {
    let store = engine.open().await;
    with_accounts(&*store, &["a"]).await;
    let first = connection("crm");
    store.add_connection(&first).await.unwrap();
    for version in [1, 3, i64::MIN] {
        let update = Connection {
            version,
            ..renewed(&first)
        };
        assert!(!store.update_connection(&update).await.unwrap());
    }
    assert_eq!(of_a(&*store, None).await, [first]);
}

async fn of_many_new_versions_one_is_stored(engine: &impl Engine) {
    let store = engine.open().await;
    with_accounts(&*store, &["a"]).await;
    let first = connection("crm");
    store.add_connection(&first).await.unwrap();
    let mut updates = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (store, second) = (store.clone(), renewed(&first));
        updates.spawn(async move { store.update_connection(&second).await.unwrap() });
    }
    let stored = updates
        .join_all()
        .await
        .into_iter()
        .filter(|stored| *stored)
        .count();
    assert_eq!(stored, 1);
}

async fn a_status_is_set_for_the_version_that_it_was_found_for(engine: &impl Engine) {
    let store = engine.open().await;
    with_accounts(&*store, &["a"]).await;
    let connection = connection("crm");
    store.add_connection(&connection).await.unwrap();
    let status = ConnectionStatus::ReauthRequired;
    let (tenant, id) = (tenant(), &connection.id);
    assert!(
        !store
            .set_connection_status(&tenant, id, 2, status)
            .await
            .unwrap()
    );
    assert_eq!(of_a(&*store, None).await, from_ref(&connection));
    assert!(
        store
            .set_connection_status(&tenant, id, 1, status)
            .await
            .unwrap()
    );
    assert_eq!(
        of_a(&*store, None).await,
        [Connection {
            status,
            ..connection.clone()
        }]
    );
}

async fn deleted_connections_are_counted_and_gone(engine: &impl Engine) {
    let store = engine.open().await;
    with_accounts(&*store, &["a"]).await;
    let (one, two, kept) = (connection("crm"), connection("crm"), connection("crm"));
    for connection in [&one, &two, &kept] {
        store.add_connection(connection).await.unwrap();
    }
    let ids = [one.id.clone(), two.id, one.id];
    assert_eq!(store.delete_connections(&tenant(), &ids).await.unwrap(), 2);
    assert_eq!(of_a(&*store, None).await, [kept]);
    assert_eq!(store.delete_connections(&tenant(), &[]).await.unwrap(), 0);
}
