//! Connections and the versions of their credentials.

use std::slice::from_ref;

use tenon_engine::model::ConnectionEventKind::{self, *};
use tenon_engine::model::{BootId, Connection, ConnectionStatus, LeaseOwner, Renewal};
use tenon_engine::ports::{Store, StoreError};

use super::nouns::{ALL, NOW, account_id, add, connection, event, remove, tenant, with_accounts};
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
    one_connection_is_the_default,
    a_retired_connection_is_seen_by_who_revokes_it_alone,
    deleted_connections_are_gone,
];

async fn of_a(store: &dyn Store, slug: Option<&str>) -> Vec<Connection> {
    store
        .connections(&tenant(), &account_id("a"), slug)
        .await
        .unwrap()
}

async fn update(store: &dyn Store, connection: &Connection) -> bool {
    let event = event(connection, Reauthorized);
    store.update_connection(connection, &event).await.unwrap()
}

async fn mark(store: &dyn Store, connection: &Connection) -> bool {
    let event = event(connection, Expired);
    store.mark_connection(connection, &event).await.unwrap()
}

/// What happened to the connection, newest first.
async fn timeline(store: &dyn Store, connection: &Connection) -> Vec<ConnectionEventKind> {
    let (tenant, account) = (&connection.tenant, &connection.account);
    let page = store.timeline(tenant, account, &connection.id, ALL).await;
    let lines = page.unwrap().items;
    assert!(
        lines
            .iter()
            .all(|line| line.slug == connection.slug && line.detail["said"] == "so")
    );
    lines.into_iter().map(|line| line.kind).collect()
}

/// The connection after the account authorized again, everything changed that can be.
fn renewed(connection: &Connection) -> Connection {
    let mut renewed = connection.clone();
    renewed.auth = "token".into();
    renewed.label = None;
    renewed.facts.clear();
    renewed.identifier = None;
    renewed.account_name = None;
    renewed.status = ConnectionStatus::ReauthRequired;
    renewed.reason = Some("refused".into());
    renewed.client = None;
    renewed.scopes.clear();
    renewed.renewal = Renewal::default();
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
    add(&*store, &connection).await;
    assert_eq!(of_a(&*store, None).await, [connection]);
}

async fn a_connection_needs_its_account(engine: &impl Engine) {
    let store = engine.open().await;
    let lonely = connection("crm");
    let refused = store
        .add_connection(&lonely, &event(&lonely, Created))
        .await;
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
        add(&*store, connection).await;
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
        add(&*store, connection).await;
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
    add(&*store, &first).await;
    let second = renewed(&first);
    assert!(update(&*store, &second).await);
    assert_eq!(of_a(&*store, None).await, [second]);
}

async fn a_version_that_does_not_follow_is_refused(engine: &impl Engine) {
    let store = engine.open().await;
    with_accounts(&*store, &["a"]).await;
    let first = connection("crm");
    add(&*store, &first).await;
    for version in [1, 3, i64::MIN] {
        let next = Connection {
            version,
            ..renewed(&first)
        };
        assert!(!update(&*store, &next).await);
    }
    assert_eq!(of_a(&*store, None).await, [first]);
}

async fn of_many_new_versions_one_is_stored(engine: &impl Engine) {
    let store = engine.open().await;
    with_accounts(&*store, &["a"]).await;
    let first = connection("crm");
    add(&*store, &first).await;
    let mut updates = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (store, second) = (store.clone(), renewed(&first));
        updates.spawn(async move { update(&*store, &second).await });
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
    add(&*store, &connection).await;
    let dead = |version| Connection {
        status: ConnectionStatus::ReauthRequired,
        reason: Some("invalid_grant".into()),
        version,
        ..connection.clone()
    };
    let (of_another, of_this) = (dead(2), dead(1));
    assert!(!mark(&*store, &of_another).await);
    assert_eq!(of_a(&*store, None).await, from_ref(&connection));
    assert!(mark(&*store, &of_this).await);
    assert!(
        !mark(&*store, &of_this).await,
        "what is marked already is told of once"
    );
    assert_eq!(of_a(&*store, None).await, from_ref(&of_this));
    let kinds = timeline(&*store, &connection).await;
    assert_eq!(kinds, [Expired, Created]);
}

async fn one_connection_is_the_default(engine: &impl Engine) {
    let store = engine.open().await;
    with_accounts(&*store, &["a"]).await;
    let (one, two, elsewhere) = (connection("crm"), connection("crm"), connection("shop"));
    for connection in [&one, &two, &elsewhere] {
        add(&*store, connection).await;
    }
    for connection in [&elsewhere, &one, &two] {
        let chosen = Connection {
            is_default: true,
            label: Some("Chosen".into()),
            ..connection.clone()
        };
        let event = event(&chosen, Changed);
        assert!(store.describe_connection(&chosen, &event).await.unwrap());
    }
    let all = of_a(&*store, None).await;
    let defaults: Vec<_> = all.iter().filter(|one| one.is_default).collect();
    let ids: Vec<_> = defaults.iter().map(|one| one.id.clone()).collect();
    assert_eq!(ids, [two.id, elsewhere.id]);
    assert!(
        defaults
            .iter()
            .all(|one| one.label.as_deref() == Some("Chosen"))
    );
}

async fn a_retired_connection_is_seen_by_who_revokes_it_alone(engine: &impl Engine) {
    let store = engine.open().await;
    with_accounts(&*store, &["a"]).await;
    let (one, lost) = (connection("crm"), connection("crm"));
    let owner = LeaseOwner::new(&BootId::generate());
    let retire = async |connection: &Connection, milliseconds| {
        let gone = event(connection, Deleted);
        let retiring = store.retire_connection(connection, &owner, milliseconds, &gone);
        retiring.await.unwrap()
    };
    for connection in [&one, &lost] {
        add(&*store, connection).await;
    }
    assert!(retire(&one, 60_000).await);
    assert!(!retire(&one, 60_000).await);
    assert!(retire(&lost, -1).await);
    assert!(of_a(&*store, None).await.is_empty());
    assert!(of_a(&*store, Some("crm")).await.is_empty());
    let found = store.connection(&tenant(), &one.id).await.unwrap();
    assert_eq!(found, None);
    assert!(!update(&*store, &renewed(&one)).await);
    // Whoever retired it is at it, and nobody else before the lease is over.
    let another = LeaseOwner::new(&BootId::generate());
    assert!(!store.take_lease(&one, &another, 60_000).await.unwrap());
    let revoking = store.revoking(10).await.unwrap();
    assert_eq!(revoking.len(), 1);
    assert_eq!(revoking[0].credential, lost.credential);
    assert!(store.take_lease(&lost, &another, 60_000).await.unwrap());
    for connection in [&one, &lost] {
        let answered = event(connection, Revoked);
        let deleting = store.delete_connection(connection, Some(&answered));
        deleting.await.unwrap();
        assert_eq!(
            timeline(&*store, connection).await,
            [Revoked, Deleted, Created],
            "the timeline stays"
        );
    }
    assert!(store.revoking(10).await.unwrap().is_empty());
}

async fn deleted_connections_are_gone(engine: &impl Engine) {
    let store = engine.open().await;
    with_accounts(&*store, &["a"]).await;
    let (one, two, kept) = (connection("crm"), connection("crm"), connection("crm"));
    for connection in [&one, &two, &kept] {
        add(&*store, connection).await;
    }
    for (connection, was_there) in [(&one, true), (&two, true), (&one, false)] {
        assert_eq!(remove(&*store, connection).await, was_there);
    }
    assert_eq!(of_a(&*store, None).await, [kept]);
}
