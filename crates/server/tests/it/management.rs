//! The management API: what an operator does with the admin key.

use serde_json::json;

use crate::world::{ADA, BOB, World};

#[tokio::test]
async fn organizations_are_made_renamed_and_kept_apart() {
    let world = World::new().await;
    let first = world
        .get("/api/v2/admin/organization")
        .admin()
        .send()
        .await
        .ok();
    let made = world
        .post("/api/v2/admin/organizations")
        .admin()
        .json(json!({"name": "Two"}))
        .await
        .ok();
    let id = made["organization_id"].as_str().unwrap();
    let path = format!("/api/v2/admin/organizations/{id}");
    let renamed = world
        .put(&path)
        .admin()
        .json(json!({"name": "Zwei"}))
        .await
        .ok();
    assert_eq!(renamed["name"], "Zwei");
    let all = world
        .get("/api/v2/admin/organizations")
        .admin()
        .send()
        .await
        .ok();
    assert_eq!((&all[0], &all[1]), (&first, &renamed));
    let path = format!("/api/v2/admin/linked-accounts?organization_id={id}");
    assert_eq!(world.get(&path).admin().send().await.ok()["totalDocs"], 0);
    let path = "/api/v2/admin/linked-accounts?environment=production";
    assert_eq!(world.get(path).admin().send().await.ok()["totalDocs"], 1);
    let path = "/api/v2/admin/organizations/org_lost";
    world
        .get(path)
        .admin()
        .send()
        .await
        .refused(404, "RESOURCE_NOT_FOUND");
    let path = "/api/v2/admin/linked-accounts?environment=staging";
    world
        .get(path)
        .admin()
        .send()
        .await
        .refused(400, "VALIDATION_ERROR");
}

#[tokio::test]
async fn a_key_is_shown_once_and_is_over_at_once_when_it_is_revoked() {
    let world = World::new().await;
    let path = "/api/v2/admin/api-keys";
    let made = world
        .post(path)
        .admin()
        .json(json!({"name": "ci"}))
        .await
        .ok();
    let key = made["api_key"].as_str().unwrap();
    assert!(key.starts_with("tk"), "{key}");
    let use_it = || {
        world
            .get("/api/v2/public/linked-account")
            .header("x-api-key", key)
            .send()
    };
    use_it().await.ok();
    let listed = world.get(path).admin().send().await;
    assert!(!listed.text().contains(key));
    let mine = format!("{path}/{}", made["api_key_id"].as_str().unwrap());
    world.delete(&mine).admin().send().await.ok();
    use_it().await.refused(401, "INVALID_CREDENTIALS");
    world
        .delete(&mine)
        .admin()
        .send()
        .await
        .refused(404, "RESOURCE_NOT_FOUND");
    let misspelt = world.post(path).admin().json(json!({"nmae": "ci"})).await;
    let body = misspelt.refused(400, "VALIDATION_ERROR");
    assert!(body["message"].as_str().unwrap().contains("nmae"), "{body}");
}

#[tokio::test]
async fn an_operator_connects_an_account_runs_an_action_and_reads_the_record() {
    let world = World::new().await;
    let account = format!("/api/v2/admin/linked-accounts/{BOB}");
    let connections = format!("{account}/connections");
    let path = format!("{connections}/acme");
    let body = json!({"fields": {"api_token": "t"}, "label": "Bob's"});
    let made = world.post(&path).admin().json(body).await.ok();
    assert_eq!(
        (&made["label"], &made["status"]),
        (&json!("Bob's"), &json!("active"))
    );
    let listed = world.get(&connections).admin().send().await.ok();
    assert_eq!(listed, json!([made]));
    let run = format!("{account}/actions/acme/add/execute");
    let ran = world.post(&run).admin().json(json!({"path": "x"})).await;
    ran.ok();
    let path = format!("/api/v2/admin/executions/{}", ran.header("x-execution-id"));
    assert_eq!(world.get(&path).admin().send().await.ok()["source"], "cli");
    let list = format!("/api/v2/admin/executions?linked_account_id={ADA}");
    assert_eq!(world.get(&list).admin().send().await.ok()["totalDocs"], 0);
    let minted = world
        .post(&format!("{account}/session-token"))
        .admin()
        .json(json!({}))
        .await
        .ok();
    let token = minted["token"].as_str().unwrap();
    world
        .get("/api/v2/public/application")
        .bearer(token)
        .send()
        .await
        .ok();
    let removed = world
        .delete(&format!("{connections}/acme"))
        .admin()
        .send()
        .await
        .ok();
    assert_eq!(removed["removed"], 1);
    assert_eq!(removed["revocations"][0]["revocation"], "not_offered");
}

#[tokio::test]
async fn a_sandbox_connection_takes_no_real_credential() {
    let world = World::new().await;
    let path = format!("/api/v2/admin/linked-accounts/{BOB}/connections/acme");
    let body = json!({"sandbox": true, "fields": {"api_token": "real"}});
    world
        .post(&path)
        .admin()
        .json(body)
        .await
        .refused(400, "VALIDATION_ERROR");
    let made = world
        .post(&path)
        .admin()
        .json(json!({"sandbox": true}))
        .await
        .ok();
    assert_eq!(made["sandbox"], true);
}

#[tokio::test]
async fn connectors_are_listed_and_the_sandbox_is_made_to_fail() {
    let world = World::new().await;
    let listed = world
        .get("/api/v2/admin/connectors")
        .admin()
        .send()
        .await
        .ok();
    assert_eq!(listed.as_array().unwrap().len(), 3);
    let shown = world
        .get("/api/v2/admin/connectors/acme")
        .admin()
        .send()
        .await
        .ok();
    assert_eq!(shown["actions"], json!(["add", "get", "httprequest"]));
    assert_eq!(shown["problems"], json!([]));
    let approved = world
        .post("/api/v2/admin/applications/acme/approve")
        .admin()
        .send()
        .await
        .ok();
    assert_eq!(approved, json!({"approved": 0}));
    let path = "/api/v2/admin/sandbox/faults/acme";
    let fault = json!({"kind": "server_error", "status": 503, "times": 2});
    let set = world.put(path).admin().json(fault.clone()).await.ok();
    assert_eq!(set, json!({"acme": fault}));
    assert_eq!(world.delete(path).admin().send().await.ok(), json!({}));
    let unknown = world
        .put("/api/v2/admin/sandbox/faults/lost")
        .admin()
        .json(fault)
        .await;
    unknown.refused(404, "APPLICATION_NOT_FOUND");
}
