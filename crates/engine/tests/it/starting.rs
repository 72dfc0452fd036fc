//! Starting: key ring and database belong together, or nothing starts.

use std::sync::Arc;

use tenon_engine::keychain::{KeyChain, KeyChainError};
use tenon_store::SqliteStore;
use tenon_vault::KeyRing;

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
