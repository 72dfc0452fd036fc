//! Starting: key ring and database belong together, or nothing starts.

use std::sync::Arc;

use tenon_engine::keychain::{KeyChain, KeyChainError};
use tenon_engine::model::{Environment, OrgId, Tenant};
use tenon_engine::ports::Keys as _;
use tenon_store::SqliteStore;
use tenon_vault::KeyRing;
use tokio::task::JoinSet;

use crate::fixture::{clock, engine};

#[tokio::test]
async fn another_key_ring_is_refused_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("t.db")).unwrap();
    engine(Arc::clone(&store), clock(), KeyRing::generate()).await;
    let refused = KeyChain::open(KeyRing::generate(), store, clock())
        .await
        .err()
        .unwrap();
    assert!(matches!(refused, KeyChainError::Foreign(_)));
    assert!(refused.to_string().contains("tenon.key"), "{refused}");
}

#[tokio::test]
async fn calls_that_need_a_new_tenants_key_at_once_all_get_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("t.db")).unwrap();
    let keys = KeyChain::open(KeyRing::generate(), store.clone(), clock())
        .await
        .unwrap();
    let keys = Arc::new(keys);
    let tenant = Tenant {
        org: OrgId::generate(),
        environment: Environment::Test,
    };
    let mut asking = JoinSet::new();
    for _ in 0..20 {
        let (keys, tenant) = (Arc::clone(&keys), tenant.clone());
        asking.spawn(async move { keys.of_tenant(&tenant).await.unwrap().0 });
    }
    asking.join_all().await;
    let kept = store.data_keys().await.unwrap();
    let of_tenant = kept.iter().filter(|key| key.scope == tenant.scope());
    assert_eq!(of_tenant.count(), 1);
}

#[tokio::test]
async fn a_connector_that_breaks_keeps_serving_from_what_compiled_last() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("t.db")).unwrap();
    let engine = engine(store, clock(), KeyRing::generate()).await;
    let good = crate::fixture::connector("https://api.acme.test", "x-token");
    engine.registry().replace([good.clone()]);
    let mut bad = good;
    bad.files
        .insert("actions/add.yaml".to_owned(), "name: [".to_owned());
    let snapshot = engine.registry().replace([bad]);
    assert!(engine.registry().action("acme", "add").is_ok());
    assert_eq!(snapshot.problems().len(), 1);
    engine.registry().replace([]);
    assert!(engine.registry().action("acme", "add").is_err());
}
