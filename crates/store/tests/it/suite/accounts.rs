//! Linked accounts, and what goes with them.

use serde_json::Map;
use tenon_engine::model::{Account, Paging};
use tenon_engine::ports::{Store, StoreError};

use super::nouns::{
    ALL, NOW, account, account_id, add, begun, connection, execution, finished, key, result,
    session, tenant, with_accounts,
};
use crate::engine::{Engine, promises};

promises![
    an_account_is_read_back_as_it_was_written,
    an_account_id_is_taken_once,
    a_change_replaces_name_facts_and_time,
    accounts_are_listed_newest_first_in_pages,
    a_search_finds_parts_of_ids_and_names_in_any_case,
    a_search_takes_every_character_as_it_is,
    a_deleted_account_leaves_only_its_record,
    deleting_an_account_leaves_others_alone,
    a_missing_account_is_not_deleted,
];

async fn found(store: &dyn Store, search: &str) -> Vec<String> {
    let page = store.accounts(&tenant(), Some(search), ALL).await.unwrap();
    assert_eq!(page.total, page.items.len() as u64);
    page.items
        .iter()
        .map(|account| account.account_id.to_string())
        .collect()
}

async fn an_account_is_read_back_as_it_was_written(engine: &impl Engine) {
    let store = engine.open().await;
    let account = account("jane@example.com");
    store.add_account(&tenant(), &account).await.unwrap();
    let read = store.account(&tenant(), &account.account_id).await.unwrap();
    assert_eq!(read, Some(account));
}

async fn an_account_id_is_taken_once(engine: &impl Engine) {
    let store = engine.open().await;
    with_accounts(&*store, &["a"]).await;
    let again = store.add_account(&tenant(), &account("a")).await;
    assert!(matches!(again, Err(StoreError::Exists)), "{again:?}");
}

async fn a_change_replaces_name_facts_and_time(engine: &impl Engine) {
    let store = engine.open().await;
    let before = account("a");
    store.add_account(&tenant(), &before).await.unwrap();
    let after = Account {
        name: "Renamed".into(),
        udf: Map::new(),
        updated_at: NOW.plus(1),
        ..before
    };
    store.update_account(&tenant(), &after).await.unwrap();
    assert_eq!(
        store.account(&tenant(), &after.account_id).await.unwrap(),
        Some(after)
    );
    assert_eq!(found(&*store, "renamed").await, ["a"]);
    assert!(found(&*store, "ltd").await.is_empty());
}

async fn accounts_are_listed_newest_first_in_pages(engine: &impl Engine) {
    let store = engine.open().await;
    for (number, text) in ["old", "middle", "new"].into_iter().enumerate() {
        let created_at = NOW.plus(number as i64);
        let account = Account {
            created_at,
            ..account(text)
        };
        store.add_account(&tenant(), &account).await.unwrap();
    }
    for (page, expected) in [(1, &["new", "middle"][..]), (2, &["old"]), (3, &[])] {
        let paging = Paging { page, limit: 2 };
        let page = store.accounts(&tenant(), None, paging).await.unwrap();
        assert_eq!(page.total, 3);
        let ids: Vec<_> = page
            .items
            .iter()
            .map(|account| account.account_id.as_str())
            .collect();
        assert_eq!(ids, expected);
    }
}

async fn a_search_finds_parts_of_ids_and_names_in_any_case(engine: &impl Engine) {
    let store = engine.open().await;
    let zoe = Account {
        name: "ZOË Ärzte".into(),
        ..account("customer-1")
    };
    store.add_account(&tenant(), &zoe).await.unwrap();
    with_accounts(&*store, &["other"]).await;
    for search in ["zoë", "ÄRZ", "mer-1", "CUSTOMER"] {
        assert_eq!(found(&*store, search).await, ["customer-1"], "{search}");
    }
}

async fn a_search_takes_every_character_as_it_is(engine: &impl Engine) {
    let store = engine.open().await;
    with_accounts(&*store, &["100%_sure", "unsure"]).await;
    assert_eq!(found(&*store, "%_").await, ["100%_sure"]);
    assert!(found(&*store, "' OR 1=1 --").await.is_empty());
}

async fn a_deleted_account_leaves_only_its_record(engine: &impl Engine) {
    let store = engine.open().await;
    with_accounts(&*store, &["a"]).await;
    let (connection, session, execution) = (connection("crm"), session(), execution());
    let key = key(&execution);
    add(&*store, &connection).await;
    store.add_session(&session).await.unwrap();
    store.begin(&execution, Some(&key), None).await.unwrap();
    store
        .finish(&finished(&execution), Some(&result()))
        .await
        .unwrap();

    let a = account_id("a");
    assert!(
        store
            .delete_account(&tenant(), &a, false)
            .await
            .unwrap()
            .is_some()
    );

    assert_eq!(store.account(&tenant(), &a).await.unwrap(), None);
    assert!(
        store
            .connections(&tenant(), &a, None)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(store.session(&session.id).await.unwrap(), None);
    let (tenant, slug, action, hash) = (tenant(), &key.slug, &key.action, &key.key_hash);
    let holder = store.idempotency_key(&tenant, &a, slug, action, hash, NOW);
    assert_eq!(holder.await.unwrap(), None);
    assert_eq!(store.result(&tenant, &execution.id).await.unwrap(), None);
    let record = store.execution(&tenant, &execution.id).await.unwrap();
    assert_eq!(record, Some(finished(&execution)));
}

async fn deleting_an_account_leaves_others_alone(engine: &impl Engine) {
    let store = engine.open().await;
    with_accounts(&*store, &["a", "b"]).await;
    let (connection, session, execution) = (connection("crm"), session(), execution());
    add(&*store, &connection).await;
    store.add_session(&session).await.unwrap();
    begun(&*store, &execution).await;
    store
        .finish(&finished(&execution), Some(&result()))
        .await
        .unwrap();
    assert!(
        store
            .delete_account(&tenant(), &account_id("b"), false)
            .await
            .unwrap()
            .is_some()
    );
    let connections = store
        .connections(&tenant(), &account_id("a"), None)
        .await
        .unwrap();
    assert_eq!(connections, [connection]);
    assert!(store.session(&session.id).await.unwrap().is_some());
    assert!(
        store
            .result(&tenant(), &execution.id)
            .await
            .unwrap()
            .is_some()
    );
}

async fn a_missing_account_is_not_deleted(engine: &impl Engine) {
    let store = engine.open().await;
    assert!(
        store
            .delete_account(&tenant(), &account_id("a"), false)
            .await
            .unwrap()
            .is_none()
    );
}
