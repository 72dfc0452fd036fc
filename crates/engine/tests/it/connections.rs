//! Credentials: taken in, told apart, sealed for where they go.

use serde_json::json;
use tenon_engine::connections::{Choice, NewConnection, imported_fields};
use tenon_engine::error::Code;
use tenon_engine::execute::ExecuteRequest;
use tenon_engine::model::ConnectionStatus;

use crate::fixture::{World, account, connector, fields};

#[tokio::test]
async fn the_application_says_whose_credential_it_is_and_its_refusal_is_told() {
    let world = World::new().await;
    let connections = world
        .engine
        .connections(world.tenant.tenant(), &account(), None)
        .await
        .unwrap();
    assert_eq!(connections[0].identifier.as_deref(), Some("vendor-7"));
    let mut dead = connector(&world.application.base, "x-token");
    let text = dead.files.get_mut("connector.yaml").unwrap();
    *text = text.replace("get: /me", "get: /refuse");
    world.engine.registry().replace([dead]);
    let new = NewConnection {
        fields: fields("another"),
        another: true,
        ..NewConnection::default()
    };
    let error = world
        .engine
        .save_connection(world.tenant.tenant(), &account(), "acme", new)
        .await
        .unwrap_err();
    assert!(
        error.message.starts_with("Failed to verify credentials: "),
        "{}",
        error.message
    );
}

#[tokio::test]
async fn a_refused_credential_is_a_result_and_is_dead_only_once_confirmed() {
    let world = World::new().await;
    let rejected = world.answered("get", "refuse").await;
    assert_eq!(rejected.error.unwrap().code, "CREDENTIAL_REJECTED");
    let status = |world: &World| {
        let (engine, tenant) = (world.engine.clone(), world.tenant.tenant().clone());
        async move { engine.connections(&tenant, &account(), None).await.unwrap()[0].status }
    };
    assert_eq!(
        status(&world).await,
        ConnectionStatus::Active,
        "the application still knows who this is"
    );

    let mut dead = connector(&world.application.base, "x-token");
    let text = dead.files.get_mut("connector.yaml").unwrap();
    *text = text.replace("get: /me", "get: /refuse");
    world.engine.registry().replace([dead]);
    world.answered("get", "refuse").await;
    assert_eq!(status(&world).await, ConnectionStatus::ReauthRequired);
    assert_eq!(
        world
            .run("get", json!({"path": "x"}))
            .await
            .unwrap_err()
            .code,
        Code::ReauthRequired
    );
}

#[tokio::test]
async fn missing_and_unknown_fields_are_all_named() {
    let world = World::new().await;
    let given = json!({"api_tokn": "x", "other": 1})
        .as_object()
        .unwrap()
        .clone();
    let new = NewConnection {
        fields: given,
        ..NewConnection::default()
    };
    let error = world
        .engine
        .save_connection(world.tenant.tenant(), &account(), "acme", new)
        .await
        .unwrap_err();
    let mut named: Vec<_> = error
        .errors
        .iter()
        .map(|error| error.param.as_str())
        .collect();
    named.sort_unstable();
    assert_eq!(named, ["api_token", "api_tokn", "other"]);
}

#[tokio::test]
async fn several_connections_have_to_be_told_apart() {
    let world = World::new().await;
    let new = NewConnection {
        fields: fields("another"),
        another: true,
        ..NewConnection::default()
    };
    let (second, added) = world
        .engine
        .save_connection(world.tenant.tenant(), &account(), "acme", new)
        .await
        .unwrap();
    assert!(added);
    assert_eq!(
        world
            .run("get", json!({"path": "x"}))
            .await
            .unwrap_err()
            .code,
        Code::ConnectionAmbiguous
    );
    let mut request = ExecuteRequest::new("acme", "get", json!({"path": "x"}));
    request.choice = Choice {
        connection: Some(second.id.to_string()),
        auth: None,
    };
    world.engine.execute(&world.caller, request).await.unwrap();
    assert_eq!(world.newest().await.connection, second.id);
    let removed = world
        .engine
        .delete_connections(
            world.tenant.tenant(),
            &account(),
            "acme",
            &Choice::default(),
        )
        .await
        .unwrap();
    assert_eq!(removed.len(), 2);
    assert_eq!(
        world
            .run("get", json!({"path": "x"}))
            .await
            .unwrap_err()
            .code,
        Code::ConnectionRequired
    );
}

#[tokio::test]
async fn a_connector_that_moves_its_credential_needs_approval() {
    let world = World::new().await;
    for changed in [
        connector(&world.application.base, "x-elsewhere"),
        connector("http://127.0.0.1:9", "x-token"),
    ] {
        world.engine.registry().replace([changed]);
        let before = world.application.seen();
        let error = world.refused("get", "notes").await;
        assert_eq!(error.code, Code::ConnectorChanged);
        assert_eq!(world.application.seen(), before);
    }
    world
        .engine
        .registry()
        .replace([connector(&world.application.base, "x-elsewhere")]);
    assert_eq!(
        world
            .engine
            .approve_connector(world.tenant.tenant(), "acme")
            .await
            .unwrap(),
        1
    );
    assert!(world.answered("get", "notes").await.success);
}

#[tokio::test]
async fn imported_tokens_are_taken_flat_and_nested_and_refused_in_the_documented_words() {
    let world = World::new().await;
    let acme = world.engine.registry().connector("acme").unwrap();
    let import = |object: serde_json::Value| imported_fields(&acme, object.as_object().unwrap());
    let flat = import(json!({"api_token": "t"})).unwrap();
    let nested = import(json!({"keybased": {"api_token": "t"}})).unwrap();
    assert_eq!(flat.1, nested.1);
    let refused = |object| import(object).unwrap_err().message;
    assert_eq!(
        refused(json!({"api_token": 7})),
        "auth_object values must be valid strings"
    );
    let tokens = "access_token and/or refresh_token only permitted in auth_object for OAuth2 based applications";
    assert_eq!(refused(json!({"access_token": "t"})), tokens);
    assert_eq!(
        refused(json!({"other": "t"})),
        "api_token only permitted in auth_object of auth_type: key_based for application acme."
    );
}

#[tokio::test]
async fn a_key_that_was_pasted_with_a_line_break_is_refused_when_it_is_saved() {
    let world = World::new().await;
    let new = NewConnection {
        fields: fields("tok\n"),
        ..NewConnection::default()
    };
    let saved = world
        .engine
        .save_connection(world.tenant.tenant(), &account(), "acme", new)
        .await;
    let error = saved.unwrap_err();
    assert_eq!(error.errors.len(), 1);
    assert!(error.message.contains("line breaks"), "{}", error.message);
}
