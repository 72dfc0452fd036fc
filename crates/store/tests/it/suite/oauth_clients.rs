//! Tenants' OAuth clients, and credentials for their own applications.

use tenon_engine::model::{OauthClient, OauthClientId};
use tenon_engine::ports::SealedValue;

use super::nouns::{NOW, account_id, strangers, tenant, with_accounts};
use crate::engine::{Engine, promises};

promises![
    a_client_is_read_back_and_replaced_by_its_next_version,
    clients_belong_to_their_tenant,
    a_credential_for_the_own_application_is_replaced_by_its_next_version,
];

fn client(slug: &str) -> OauthClient {
    OauthClient {
        id: OauthClientId::generate(),
        tenant: tenant(),
        slug: slug.into(),
        auth: "oauth2".into(),
        client_id: "client-1".into(),
        secret: Some(vec![1, 2]),
        scopes: vec!["read".into()],
        version: 1,
        created_at: NOW,
        updated_at: NOW,
    }
}

async fn a_client_is_read_back_and_replaced_by_its_next_version(engine: &impl Engine) {
    let store = engine.open().await;
    let first = client("crm");
    assert!(store.put_oauth_client(&first).await.unwrap());
    let found = store.oauth_client(&tenant(), "crm", "oauth2").await;
    assert_eq!(found.unwrap(), Some(first.clone()));
    assert!(
        !store.put_oauth_client(&client("crm")).await.unwrap(),
        "another first one was late"
    );
    let second = OauthClient {
        client_id: "client-2".into(),
        secret: None,
        version: 2,
        updated_at: NOW.plus(1),
        ..first
    };
    assert!(store.put_oauth_client(&second).await.unwrap());
    assert!(!store.put_oauth_client(&second).await.unwrap());
    let all = store.oauth_clients(&tenant()).await.unwrap();
    assert_eq!(all, [second]);
    for gone in [true, false] {
        let deleted = store.delete_oauth_client(&tenant(), "crm", "oauth2").await;
        assert_eq!(deleted.unwrap(), gone);
    }
}

async fn clients_belong_to_their_tenant(engine: &impl Engine) {
    let store = engine.open().await;
    assert!(store.put_oauth_client(&client("crm")).await.unwrap());
    for stranger in strangers() {
        let found = store.oauth_client(&stranger, "crm", "oauth2").await;
        assert_eq!(found.unwrap(), None);
        assert!(store.oauth_clients(&stranger).await.unwrap().is_empty());
        let deleted = store.delete_oauth_client(&stranger, "crm", "oauth2").await;
        assert!(!deleted.unwrap());
    }
}

async fn a_credential_for_the_own_application_is_replaced_by_its_next_version(
    engine: &impl Engine,
) {
    let store = engine.open().await;
    with_accounts(&*store, &["a"]).await;
    let (tenant, a) = (tenant(), account_id("a"));
    let value = |version| SealedValue {
        blob: vec![7, 7],
        version,
    };
    for (version, kept) in [(1, true), (1, false), (2, true), (4, false)] {
        let value = value(version);
        let put = store.put_app_credential(&tenant, &a, "token", &value);
        assert_eq!(put.await.unwrap(), kept, "version {version}");
    }
    let found = store.app_credential(&tenant, &a, "token").await.unwrap();
    assert_eq!(found, Some(value(2)));
    for stranger in strangers() {
        let found = store.app_credential(&stranger, &a, "token").await.unwrap();
        assert_eq!(found, None);
    }
    for gone in [true, false] {
        let deleted = store.delete_app_credential(&tenant, &a, "token").await;
        assert_eq!(deleted.unwrap(), gone);
    }
}
