//! Records of API keys, admin keys and data keys.

use tenon_engine::model::{AdminKey, DataKeyId, DataKeyRow};
use tenon_engine::ports::StoreError;

use super::nouns::{NOW, api_key, tenant};
use crate::engine::{Engine, promises};

promises![
    an_api_key_is_found_by_its_hash,
    a_hash_belongs_to_one_api_key,
    api_keys_are_listed_oldest_first,
    a_revoked_api_key_opens_nothing_and_stays_listed,
    an_admin_key_is_known_by_its_hash,
    data_keys_are_listed_oldest_first,
];

async fn an_api_key_is_found_by_its_hash(engine: &impl Engine) {
    let store = engine.open().await;
    let key = api_key(1);
    store.add_api_key(&key).await.unwrap();
    assert_eq!(store.api_key(&key.hash).await.unwrap(), Some(key));
    assert_eq!(store.api_key(&[2; 32]).await.unwrap(), None);
}

async fn a_hash_belongs_to_one_api_key(engine: &impl Engine) {
    let store = engine.open().await;
    store.add_api_key(&api_key(1)).await.unwrap();
    let again = store.add_api_key(&api_key(1)).await;
    assert!(matches!(again, Err(StoreError::Exists)), "{again:?}");
}

async fn api_keys_are_listed_oldest_first(engine: &impl Engine) {
    let store = engine.open().await;
    let (old, new) = (api_key(1), api_key(2));
    for key in [&new, &old] {
        store.add_api_key(key).await.unwrap();
    }
    assert_eq!(store.api_keys(&tenant()).await.unwrap(), [old, new]);
}

async fn a_revoked_api_key_opens_nothing_and_stays_listed(engine: &impl Engine) {
    let store = engine.open().await;
    let mut key = api_key(1);
    store.add_api_key(&key).await.unwrap();
    assert!(store.revoke_api_key(&tenant(), &key.id, NOW).await.unwrap());
    assert!(
        !store
            .revoke_api_key(&tenant(), &key.id, NOW.plus(1))
            .await
            .unwrap()
    );
    assert_eq!(store.api_key(&key.hash).await.unwrap(), None);
    key.revoked_at = Some(NOW);
    assert_eq!(store.api_keys(&tenant()).await.unwrap(), [key]);
}

async fn an_admin_key_is_known_by_its_hash(engine: &impl Engine) {
    let store = engine.open().await;
    assert!(!store.any_admin_key().await.unwrap());
    let key = AdminKey {
        hash: [1; 32],
        created_at: NOW,
    };
    store.add_admin_key(&key).await.unwrap();
    assert!(store.any_admin_key().await.unwrap());
    assert!(store.has_admin_key(&[1; 32]).await.unwrap());
    assert!(!store.has_admin_key(&[2; 32]).await.unwrap());
}

async fn data_keys_are_listed_oldest_first(engine: &impl Engine) {
    let store = engine.open().await;
    let old = DataKeyRow {
        id: DataKeyId::generate(),
        scope: tenant().scope(),
        generation: 1,
        wrapped: vec![1, 0, 255],
        created_at: NOW,
    };
    let id = DataKeyId::generate();
    let new = DataKeyRow {
        id,
        generation: 2,
        created_at: NOW.plus(1),
        ..old.clone()
    };
    for key in [&new, &old] {
        assert!(store.add_data_key(key).await.unwrap());
    }
    let late = DataKeyRow {
        id: DataKeyId::generate(),
        ..new.clone()
    };
    assert!(!store.add_data_key(&late).await.unwrap());
    assert_eq!(store.data_keys().await.unwrap(), [old, new]);
}
