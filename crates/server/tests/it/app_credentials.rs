//! Credentials for the tenant's own application: kept sealed, in the words that the compatible API documents.

use serde_json::json;

use crate::world::{ADA, World};

const KEY: &str = "/api/v2/public/linked-account/default-app/auth-credentials/crm%20token";

#[tokio::test]
async fn a_credential_is_added_updated_and_removed() {
    let world = World::new().await;
    let secret = json!({"value": "canary-of-the-tenants-own-application"});
    for action in ["added", "updated"] {
        let ask = world.put(KEY).account(ADA);
        let kept = ask.json(secret.clone()).await.ok();
        assert_eq!(kept["action"], action);
        assert_eq!(
            kept["message"],
            "Auth credential 'crm token' added successfully"
        );
    }
    let missing = world.put(KEY).account(ADA).json(json!({})).await;
    assert_eq!(
        missing.refused(400, "VALIDATION_ERROR")["errors"][0]["param"],
        "value"
    );
    let gone = world.delete(KEY).account(ADA).send().await.ok();
    assert_eq!(
        gone["message"],
        "Auth credential 'crm token' deleted successfully"
    );
    let absent = world.delete(KEY).account(ADA).send().await;
    assert_eq!(
        absent.refused(404, "RESOURCE_NOT_FOUND")["message"],
        "Auth credential key 'crm token' not found"
    );
}
