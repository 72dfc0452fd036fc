//! Linked accounts: the shapes and messages that clients of the compatible API know.

use serde_json::json;

use crate::world::{ADA, BOB, World};

const PATH: &str = "/api/v2/public/linked-account";

#[tokio::test]
async fn an_account_is_created_once() {
    let world = World::new().await;
    let body = json!({"account_id": "c-1", "name": "Carol", "udf": {"plan": "pro", "seats": 3}});
    let made = world.post(PATH).key().json(body.clone()).await.ok();
    assert_eq!(
        (&made["account_id"], &made["name"]),
        (&json!("c-1"), &json!("Carol"))
    );
    assert_eq!(
        (&made["environment"], &made["__v"]),
        (&json!("test"), &json!(0))
    );
    assert!(made["associated_org"].as_str().unwrap().starts_with("org_"));
    assert_eq!(made["udf"][0]["key_name"], "plan");
    assert_eq!(made["udf"][1]["key_value"], 3);
    let again = world
        .post(PATH)
        .key()
        .json(body)
        .await
        .refused(400, "BAD_REQUEST");
    let message = "Linked account with id c-1 already exists in the test environment";
    assert_eq!(
        (&again["message"], &again["error_code"]),
        (&json!(message), &json!("SERVER_ERROR"))
    );
}

#[tokio::test]
async fn what_the_compatible_api_refuses_is_refused_in_its_words() {
    let world = World::new().await;
    let post = |body| world.post(PATH).key().body(body).send();
    let put = |body| world.put(PATH).key().body(body).send();
    let body = post(json!({"name": "x"}))
        .await
        .refused(400, "INVALID_LINKED_ACCOUNT_ID");
    assert_eq!(body["message"], "linked_account_id required");
    let body = post(json!({"linked_account_id": "y", "your_app": {}}))
        .await
        .refused(400, "BAD_REQUEST");
    assert_eq!(
        body["message"],
        "Valid App ID and Auth credentials required in your_app"
    );
    let body = put(json!({"linked_account_id": "y", "your_app": {}}))
        .await
        .refused(400, "BAD_REQUEST");
    assert_eq!(body["message"], "A valid app_id is required");
    let twice = json!([{"key_name": "k", "key_value": "1"}, {"key_name": "k", "key_value": "2"}]);
    let body =
        json!({"linked_account_id": "y", "your_app": {"app_id": "a", "auth_credentials": twice}});
    let body = put(body).await.refused(400, "BAD_REQUEST");
    assert_eq!(body["message"], "Duplicate Auth key_name not allowed");
    let body = json!({"linked_account_id": "y", "udf": {"deep": {"er": 1}}});
    assert_eq!(
        post(body).await.refused(400, "VALIDATION_ERROR")["errors"][0]["param"],
        "udf.deep"
    );
    let body = json!({"linked_account_id": "y", "name": "é".repeat(256)});
    let body = post(body).await.refused(400, "VALIDATION_ERROR");
    assert_eq!(body["errors"][0]["param"], "name");
    let fitting = json!({"linked_account_id": "y", "your_app": {"app_id": "a", "auth_credentials": {"k": "1"}}});
    post(fitting).await.ok();
}

#[tokio::test]
async fn an_account_is_created_or_changed_also_under_payload() {
    let world = World::new().await;
    let body = json!({"payload": {"linked_account_id": "d", "name": "Dora"}, "linked_account_id": "ignored"});
    let made = world.put(PATH).key().json(body).await.ok();
    assert_eq!(
        (&made["account_id"], &made["new_account"]),
        (&json!("d"), &json!(true))
    );
    let changed = world
        .put(PATH)
        .key()
        .json(json!({"linked_account_id": "d", "udf": {"a": true}}))
        .await
        .ok();
    assert_eq!(
        (&changed["name"], &changed["new_account"]),
        (&json!("Dora"), &json!(false))
    );
    let beside = json!({"payload": {"name": "Dee"}, "linked_account_id": "d", "name": "ignored"});
    let changed = world.put(PATH).key().json(beside).await.ok();
    assert_eq!(
        (&changed["account_id"], &changed["name"]),
        (&json!("d"), &json!("Dee"))
    );
}

#[tokio::test]
async fn a_token_changes_its_own_account_only() {
    let world = World::new().await;
    let token = world.token(ADA, json!({})).await;
    let changed = world
        .put(PATH)
        .bearer(&token)
        .json(json!({"name": "Ada L."}))
        .await
        .ok();
    assert_eq!(
        (&changed["account_id"], &changed["name"]),
        (&json!(ADA), &json!("Ada L."))
    );
    let other = world
        .put(PATH)
        .bearer(&token)
        .json(json!({"linked_account_id": BOB}))
        .await;
    other.refused(403, "FORBIDDEN");
    let limited = world.token(ADA, json!({"read_only": true})).await;
    let refused = world
        .put(PATH)
        .bearer(&limited)
        .json(json!({"name": "x"}))
        .await;
    refused.refused(403, "FORBIDDEN");
}

#[tokio::test]
async fn accounts_are_listed_page_by_page_and_found_by_a_part_of_their_name() {
    let world = World::new().await;
    for index in 0..11 {
        let body =
            json!({"linked_account_id": format!("n-{index}"), "name": format!("Number {index}")});
        world.post(PATH).key().json(body).await.ok();
    }
    let page = world
        .get(&format!("{PATH}?page=2&limit=5"))
        .key()
        .send()
        .await
        .ok();
    assert_eq!(page["docs"].as_array().unwrap().len(), 5);
    let facts = json!({"totalDocs": 13, "limit": 5, "totalPages": 3, "page": 2, "pagingCounter": 6,
        "hasPrevPage": true, "hasNextPage": true, "prevPage": 1, "nextPage": 3});
    for (name, value) in facts.as_object().unwrap() {
        assert_eq!(&page[name], value, "{name}");
    }
    let found = world
        .get(&format!("{PATH}?search=number%2010"))
        .key()
        .send()
        .await
        .ok();
    assert_eq!(found["totalDocs"], 1);
    assert_eq!(found["nextPage"], json!(null));
    let refused = world.get(&format!("{PATH}?page=first")).key().send().await;
    refused.refused(400, "VALIDATION_ERROR");
}

#[tokio::test]
async fn an_account_is_read_with_its_connections_and_deleted_with_them() {
    let world = World::new().await;
    let path = format!("{PATH}/ada%40example.com");
    let read = world.get(&path).key().send().await.ok();
    assert_eq!(read["integrations"][0]["type"], "acme");
    assert_eq!(read["integrations"][0]["identifier"], "vendor-7");
    assert!(!read.to_string().contains("canary"));
    let token = world.token(ADA, json!({})).await;
    assert_eq!(
        world.get(&path).bearer(&token).send().await.ok()["account_id"],
        ADA
    );
    let gone = world.delete(&path).key().send().await.ok();
    assert_eq!(gone["message"], "User deleted successfully");
    world
        .delete(&path)
        .key()
        .send()
        .await
        .refused(404, "LINKED_ACCOUNT_NOT_FOUND");
    let late = world
        .get("/api/v2/public/application")
        .bearer(&token)
        .send()
        .await;
    assert_eq!(late.status, 401, "{}", late.text());
}

#[tokio::test]
async fn disconnecting_gives_the_account_without_the_connection_and_may_be_repeated() {
    let world = World::new().await;
    let path = format!("{PATH}/integration/acme?linked_account_id=ada%40example.com");
    for _ in 0..2 {
        let account = world.delete(&path).key().send().await.ok();
        assert_eq!(account["integrations"], json!([]));
    }
    let token = world.token(ADA, json!({})).await;
    world
        .delete(&path)
        .bearer(&token)
        .send()
        .await
        .refused(401, "INVALID_CREDENTIALS");
}
