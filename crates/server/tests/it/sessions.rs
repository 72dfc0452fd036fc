//! Session tokens, as tenants mint them and browsers use them.

use serde_json::json;

use crate::world::{ADA, BOB, World};

const PATH: &str = "/api/v2/public/session-token";

#[tokio::test]
async fn an_equal_token_is_given_again_until_it_is_refreshed() {
    let world = World::new().await;
    let mint = |path: &'static str, body| world.post(path).key().body(body).send();
    let first = mint(PATH, json!({"linked_account_id": ADA})).await.ok();
    assert!((1..=86400).contains(&first["expires_in"].as_i64().unwrap()));
    let again = mint(PATH, json!({"linked_account_id": ADA})).await.ok();
    assert_eq!(first["token"], again["token"]);
    let scoped = mint(PATH, json!({"linked_account_id": ADA, "apps": ["acme"]}))
        .await
        .ok();
    assert_ne!(first["token"], scoped["token"]);
    let path = "/api/v2/public/session-token?force_refresh=true";
    let fresh = mint(path, json!({"linked_account_id": ADA})).await.ok();
    assert_ne!(first["token"], fresh["token"]);
    let short = mint(PATH, json!({"linked_account_id": ADA, "expires_in": 60}))
        .await
        .ok();
    assert!(short["expires_in"].as_i64().unwrap() <= 60);
}

#[tokio::test]
async fn who_asks_for_no_life_gets_the_usual_one_though_a_shorter_token_is_good() {
    let world = World::new().await;
    let mint = |body| world.post(PATH).key().body(body).send();
    mint(json!({"linked_account_id": ADA, "expires_in": 60}))
        .await
        .ok();
    let usual = mint(json!({"linked_account_id": ADA})).await.ok();
    assert!(usual["expires_in"].as_i64().unwrap() > 60, "{usual}");
}

#[tokio::test]
async fn minting_is_refused_in_the_documented_words() {
    let world = World::new().await;
    let mint = |body| world.post(PATH).key().body(body).send();
    let body = mint(json!({}))
        .await
        .refused(400, "INVALID_LINKED_ACCOUNT_ID");
    assert_eq!(body["message"], "linked_account_id is required");
    let body = mint(json!({"linked_account_id": "nobody"}))
        .await
        .refused(400, "INVALID_LINKED_ACCOUNT_ID");
    let message = "No linked account found for account id : nobody in environment test";
    assert_eq!(body["message"], message);
    let misspelt = json!({"linked_account_id": ADA, "scopes": {"readonly": true}});
    mint(misspelt).await.refused(400, "VALIDATION_ERROR");
    for name in ["expires_in", "max_calls"] {
        let body = json!({"linked_account_id": ADA, name: 0});
        let body = mint(body).await.refused(400, "VALIDATION_ERROR");
        assert_eq!(body["errors"][0]["param"], name);
    }
}

#[tokio::test]
async fn a_revoked_token_is_over_at_once() {
    let world = World::new().await;
    let token = world.token(ADA, json!({})).await;
    let active = "/api/v2/public/session/active-linked-account";
    let account = world.get(active).bearer(&token).send().await.ok();
    assert_eq!(account["account_id"], ADA);
    assert_eq!(account["integrations"][0]["type"], "acme");
    let revoked = world
        .post("/api/v2/public/session-token/revoke")
        .bearer(&token)
        .send()
        .await
        .ok();
    assert_eq!(revoked, json!({"success": true, "revoked_count": 1}));
    let refused = world
        .get(active)
        .bearer(&token)
        .send()
        .await
        .refused(401, "INVALID_TOKEN");
    assert_eq!(refused["message"], "Invalid token");
    let missing = world.get(active).send().await.refused(401, "INVALID_TOKEN");
    assert_eq!(missing["message"], "Authorization Token Missing");
}

#[tokio::test]
async fn a_token_that_counts_its_calls_ends_with_them() {
    let world = World::new().await;
    let body = json!({"linked_account_id": ADA, "max_calls": 1});
    let minted = world.post(PATH).key().json(body).await.ok();
    let run = || {
        let ask = world
            .post(crate::world::RUN)
            .bearer(minted["token"].as_str().unwrap());
        ask.body(json!({"path": "x"})).send()
    };
    run().await.ok();
    run().await.refused(403, "FORBIDDEN");
}

#[tokio::test]
async fn the_sdks_get_the_empty_shapes_that_they_need() {
    let world = World::new().await;
    let token = world.token(BOB, json!({})).await;
    let basics = world
        .get("/api/v3/org/basics")
        .bearer(&token)
        .send()
        .await
        .ok();
    assert_eq!(basics["linked_account_id"], BOB);
    let body = json!({"slug": "acme", "labels": []});
    let config = world
        .post("/api/v2/f-sdk/config")
        .bearer(&token)
        .json(body)
        .await
        .ok();
    let empty = json!({"slug": "acme", "config_id": BOB, "fields": [], "workflows": [], "field_errors": []});
    assert_eq!(config, empty);
    let path = "/api/v2/f-sdk/slug/acme/config";
    assert_eq!(world.get(path).bearer(&token).send().await.ok(), empty);
    world.delete(path).bearer(&token).send().await.ok();
    let configs = world
        .get("/api/v2/public/slug/acme/configs")
        .bearer(&token)
        .send()
        .await
        .ok();
    assert_eq!(configs, json!([]));
    let shown = world
        .get("/api/v2/f-sdk/application/acme")
        .bearer(&token)
        .send()
        .await
        .ok();
    assert_eq!(
        (&shown["connected"], &shown["connected_accounts"]),
        (&json!(false), &json!([]))
    );
}
