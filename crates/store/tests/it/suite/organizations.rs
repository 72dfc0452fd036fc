//! Organizations, their settings, and the store's health.

use tenon_engine::model::{ApplicationSettings, OrgId, Organization};
use tenon_engine::ports::StoreError;

use super::nouns::{NOW, tenant};
use crate::engine::{Engine, promises};

promises![
    organizations_are_listed_oldest_first,
    an_organization_is_made_once,
    an_organization_is_renamed,
    settings_are_replaced,
    a_working_store_answers_a_ping,
];

fn organization(id: &str, age: i64) -> Organization {
    Organization {
        id: OrgId::parse(id).unwrap(),
        name: "Example".into(),
        created_at: NOW.plus(-age),
    }
}

async fn organizations_are_listed_oldest_first(engine: &impl Engine) {
    let store = engine.open().await;
    let (new, old) = (organization("org_1", 0), organization("org_2", 1));
    for organization in [&new, &old] {
        store.add_organization(organization).await.unwrap();
    }
    assert_eq!(store.organizations().await.unwrap(), [old, new.clone()]);
    assert_eq!(store.organization(&new.id).await.unwrap(), Some(new));
}

async fn an_organization_is_made_once(engine: &impl Engine) {
    let store = engine.open().await;
    store
        .add_organization(&organization("org_1", 0))
        .await
        .unwrap();
    let again = store.add_organization(&organization("org_1", 0)).await;
    assert!(matches!(again, Err(StoreError::Exists)), "{again:?}");
}

async fn an_organization_is_renamed(engine: &impl Engine) {
    let store = engine.open().await;
    let organization = organization("org_1", 0);
    assert!(
        !store
            .rename_organization(&organization.id, "New")
            .await
            .unwrap()
    );
    store.add_organization(&organization).await.unwrap();
    assert!(
        store
            .rename_organization(&organization.id, "New")
            .await
            .unwrap()
    );
    let read = store.organization(&organization.id).await.unwrap().unwrap();
    assert_eq!(read.name, "New");
}

async fn settings_are_replaced(engine: &impl Engine) {
    let store = engine.open().await;
    assert!(
        store
            .application_settings(&tenant())
            .await
            .unwrap()
            .is_empty()
    );
    for enabled in [false, true, false] {
        let settings = ApplicationSettings { enabled };
        store
            .set_application_settings(&tenant(), "crm", &settings)
            .await
            .unwrap();
        let read = store.application_settings(&tenant()).await.unwrap();
        assert_eq!(read, [("crm".to_owned(), settings)]);
    }
}

async fn a_working_store_answers_a_ping(engine: &impl Engine) {
    engine.open().await.ping().await.unwrap();
}
