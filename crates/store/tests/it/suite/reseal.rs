//! Sealing again under other keys.

use tenon_engine::model::{Connection, DataKeyId, DataKeyRow, SealedCredential, StoredResult};
use tenon_engine::ports::Store;

use super::nouns::{
    NOW, add, begun, connection, execution, finished, remove, result, tenant, with_accounts,
};
use crate::engine::{Engine, promises};

promises![
    a_wrapped_key_is_replaced_once,
    what_a_key_seals_is_found_and_sealed_under_another,
    a_key_that_seals_something_is_not_deleted,
];

async fn add_key(store: &dyn Store, id: &str, generation: i64) -> DataKeyId {
    let row = DataKeyRow {
        id: DataKeyId::parse(id).unwrap(),
        scope: tenant().scope(),
        generation,
        wrapped: vec![1, 2],
        created_at: NOW,
    };
    assert!(store.add_data_key(&row).await.unwrap());
    row.id
}

async fn a_wrapped_key_is_replaced_once(engine: &impl Engine) {
    let store = engine.open().await;
    let id = add_key(&*store, "dek_1", 1).await;
    assert!(store.replace_wrapped(&id, &[1, 2], &[3]).await.unwrap());
    assert!(!store.replace_wrapped(&id, &[1, 2], &[4]).await.unwrap());
    assert_eq!(store.data_keys().await.unwrap()[0].wrapped, [3]);
}

async fn what_a_key_seals_is_found_and_sealed_under_another(engine: &impl Engine) {
    let store = engine.open().await;
    with_accounts(&*store, &["a"]).await;
    let (old, new) = (
        add_key(&*store, "dek_1", 1).await,
        add_key(&*store, "dek_2", 2).await,
    );
    let (connection, execution) = (connection("crm"), execution());
    add(&*store, &connection).await;
    begun(&*store, &execution).await;
    let execution = finished(&execution);
    store.finish(&execution, Some(&result())).await.unwrap();

    let connections = store.connections_under(&old, 10).await.unwrap();
    assert_eq!(connections, std::slice::from_ref(&connection));
    let results = store.results_under(&old, 10).await.unwrap();
    let [kept] = results.as_slice() else {
        panic!("{results:?}");
    };
    assert_eq!((&kept.execution, &kept.result), (&execution, &result()));

    let resealed = Connection {
        version: connection.version + 1,
        credential: SealedCredential {
            key: new.clone(),
            blob: vec![7],
        },
        ..connection
    };
    assert!(store.reseal_connection(&resealed, None).await.unwrap());
    let again = StoredResult {
        key: new.clone(),
        blob: vec![8],
        ..result()
    };
    assert!(
        store
            .replace_result(&old, &execution.id, &again)
            .await
            .unwrap()
    );
    assert!(
        !store
            .replace_result(&old, &execution.id, &again)
            .await
            .unwrap()
    );
    assert_eq!(
        store.result(&tenant(), &execution.id).await.unwrap(),
        Some(again)
    );
    assert!(store.connections_under(&old, 10).await.unwrap().is_empty());
    assert!(store.results_under(&old, 10).await.unwrap().is_empty());
    assert!(store.delete_data_key(&old).await.unwrap());
    let left: Vec<_> = store.data_keys().await.unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].id, new);
}

async fn a_key_that_seals_something_is_not_deleted(engine: &impl Engine) {
    let store = engine.open().await;
    with_accounts(&*store, &["a"]).await;
    let key = add_key(&*store, "dek_1", 1).await;
    let connection = connection("crm");
    add(&*store, &connection).await;
    assert!(!store.delete_data_key(&key).await.unwrap());
    assert!(remove(&*store, &connection).await);
    assert!(store.delete_data_key(&key).await.unwrap());
    assert!(!store.delete_data_key(&key).await.unwrap());
}
