//! Credentials that a tenant brings, and what applications look like before and after.

use serde_json::json;

use tenon_testkit::SECRET;

use crate::world::{ADA, BOB, World};

const SAVE: &str = "/api/v2/public/linked-account/integration/save-key-credentials/acme";
const MIGRATE: &str = "/api/v2/public/migrate-token";

#[tokio::test]
async fn a_credential_that_the_application_knows_is_kept_and_never_shown() {
    let world = World::new().await;
    let shown = world
        .get("/api/v2/public/application")
        .account(ADA)
        .send()
        .await
        .ok();
    let acme = shown
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["slug"] == "acme")
        .unwrap();
    assert_eq!(
        (&acme["connected"], &acme["reauth_required"]),
        (&json!(true), &json!(false))
    );
    let account = &acme["connected_accounts"][0];
    assert_eq!(
        (&account["status"], &account["auth_type"]),
        (&json!("active"), &json!("keybased"))
    );
    assert_eq!(account["identifier"], "vendor-7");
    assert_eq!(acme["auth_type_options"]["oauth2"], json!([]));
    assert_eq!(
        acme["auth_type_options"]["keybased"],
        acme["auth_input_map"]
    );
    assert_eq!(acme["auth_input_map"][0]["name"], "api_token");
    assert!(!shown.to_string().contains(SECRET));
    let filtered = world
        .get("/api/v2/public/application?slug=gone&tags=crm,x")
        .account(ADA)
        .send()
        .await
        .ok();
    assert_eq!(filtered.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_credential_that_the_application_refuses_is_not_kept() {
    let world = World::new().await;
    let refused = world
        .put(SAVE)
        .account(BOB)
        .json(json!({"api_token": "dead-token"}))
        .await;
    let body = refused.refused(400, "BAD_REQUEST");
    let message = body["message"].as_str().unwrap();
    assert!(
        message.starts_with("Failed to verify credentials: "),
        "{message}"
    );
    assert!(!refused.text().contains("dead-token"));
    let body = world
        .put(SAVE)
        .account(BOB)
        .json(json!({}))
        .await
        .refused(400, "VALIDATION_ERROR");
    assert_eq!(body["message"], "Required parameter 'api_token' is missing");
    let limited = world.token(ADA, json!({"apps": ["acme"]})).await;
    let refused = world
        .put(SAVE)
        .bearer(&limited)
        .json(json!({"api_token": "t"}))
        .await;
    refused.refused(403, "FORBIDDEN");
    let whole = world.token(BOB, json!({})).await;
    let saved = world
        .put(SAVE)
        .bearer(&whole)
        .json(json!({"api_token": "t"}))
        .await
        .ok();
    assert_eq!(saved["success"], true);
}

#[tokio::test]
async fn what_a_credential_is_made_of_is_known_to_everybody() {
    let world = World::new().await;
    let shown = world
        .get("/api/v2/public/auth-structure/acme")
        .send()
        .await
        .ok();
    let wanted = json!({
        "keybased": {"api_token": "string"},
        "oauth2": {"access_token": "string", "refresh_token": {"type": "string", "required": false}},
    });
    assert_eq!(shown, wanted);
    let unknown = world.get("/api/v2/public/auth-structure/lost").send().await;
    let message = "Schema not found for integration type: lost";
    assert_eq!(
        unknown.refused(404, "APPLICATION_NOT_FOUND")["message"],
        message
    );
}

#[tokio::test]
async fn a_credential_is_imported_flat_or_under_its_way() {
    let world = World::new().await;
    let migrate = |object| {
        let body = json!({"slug": "acme", "auth_object": object, "linked_account_id": BOB});
        world.put(MIGRATE).account(BOB).body(body).send()
    };
    let made = migrate(json!({"api_token": "t"})).await.ok();
    assert_eq!(
        (&made["success"], &made["message"]),
        (&json!(true), &json!("Integration - acme created"))
    );
    let again = migrate(json!({"keybased": {"api_token": "u"}})).await.ok();
    assert_eq!(again["message"], "Integration - acme updated");
    let oauth = migrate(json!({"oauth2": {"access_token": "a", "refresh_token": "b"}}))
        .await
        .ok();
    assert_eq!(oauth["message"], "Integration - acme created");
}

#[tokio::test]
async fn an_import_is_refused_in_the_documented_words() {
    let world = World::new().await;
    let migrate =
        |account: &'static str, body| world.put(MIGRATE).account(account).body(body).send();
    let body = json!({"slug": "acme", "auth_object": {"api_token": "t"}});
    let unknown = migrate("nobody", body.clone())
        .await
        .refused(400, "BAD_REQUEST");
    assert_eq!(
        unknown["message"],
        "linked account with id nobody does not exist in test env"
    );
    let body = json!({"slug": "acme", "auth_object": {"api_token": 7}});
    let number = migrate(BOB, body).await.refused(400, "BAD_REQUEST");
    assert_eq!(
        number["message"],
        "auth_object values must be valid strings"
    );
    let body = json!({"slug": "acme", "auth_object": {"lost": "t"}});
    let lost = migrate(BOB, body).await.refused(400, "BAD_REQUEST");
    assert_eq!(
        lost["message"],
        "api_token only permitted in auth_object of auth_type: key_based for application acme."
    );
    let body =
        json!({"slug": "acme", "auth_object": {"oauth2": {"access_token": "t", "lost": "t"}}});
    let lost = migrate(BOB, body).await.refused(400, "VALIDATION_ERROR");
    assert_eq!(lost["errors"][0]["param"], "lost");
    let body = json!({"slug": "acme", "auth_object": {"lost": {"api_token": "t"}}});
    let way = migrate(BOB, body).await.refused(400, "VALIDATION_ERROR");
    assert_eq!(way["message"], "auth_type must be one of: keybased, oauth2");
    let body = migrate(BOB, json!({"auth_object": {}}))
        .await
        .refused(400, "VALIDATION_ERROR");
    assert_eq!(body["message"], "Required parameter 'slug' is missing");
    let body = json!({"slug": "acme", "auth_object": {"api_token": "t"}});
    world
        .put(MIGRATE)
        .key()
        .json(body.clone())
        .await
        .refused(400, "MISSING_LINKED_ACCOUNT_ID");
    let token = world.token(BOB, json!({})).await;
    world
        .put(MIGRATE)
        .bearer(&token)
        .json(body)
        .await
        .refused(401, "INVALID_CREDENTIALS");
}
