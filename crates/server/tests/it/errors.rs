//! Everything that keeps an action from being run, with the status and code that the contract gives it.

use std::io::Write as _;
use std::net::TcpListener;

use serde_json::json;

use crate::world::{ADA, BOB, RUN, World, connector};

#[tokio::test]
async fn wrong_parameters_are_all_named_at_once() {
    let world = World::new().await;
    let body = json!({"count": "many", "lost": 1});
    let refused = world.post(RUN).account(ADA).json(body).await;
    let body = refused.refused(400, "VALIDATION_ERROR");
    let params: Vec<_> = body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["param"])
        .collect();
    for name in ["path", "count", "lost"] {
        assert!(params.contains(&&json!(name)), "{name}: {body}");
    }
    let missing = world.post(RUN).account(ADA).json(json!({})).await;
    let body = missing.refused(400, "VALIDATION_ERROR");
    assert_eq!(body["message"], "Required parameter 'path' is missing");
    assert_eq!(body["http_error_type"], "BAD_REQUEST");
    let list = world.post(RUN).account(ADA).json(json!([1])).await;
    list.refused(400, "VALIDATION_ERROR");
    let none = world.post(RUN).account(ADA).send().await;
    none.refused(400, "VALIDATION_ERROR");
}

#[tokio::test]
async fn a_query_that_is_wrong_is_refused_with_the_name_of_the_member() {
    let world = World::new().await;
    let cases = [
        ("page=x", "`page` in the query must be a whole number"),
        ("limit=", "`limit` in the query must be a whole number"),
        ("page=1&page=2", "`page` in the query came more than once"),
        ("sortAsc=up", "`sortAsc` in the query must be true or false"),
        (
            "execution_type=odd",
            "`execution_type` in the query must be one of: All, SYNC, ASYNC",
        ),
    ];
    for (query, message) in cases {
        let path = format!("/api/v2/public/action-execution?{query}");
        let answer = world.get(&path).account(ADA).send().await;
        let body = answer.refused(400, "VALIDATION_ERROR");
        assert_eq!(body["message"], message);
        let name = query.split('=').next().unwrap();
        assert_eq!(body["errors"][0]["param"], name, "{body}");
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_or_no_json_is_refused() {
    let world = World::new().await;
    let json = |bytes| {
        world
            .post(RUN)
            .account(ADA)
            .header("content-type", "application/json; charset=utf-8")
            .bytes(bytes)
    };
    let large = json(vec![b' '; 3 * 1024 * 1024 + 1]).send().await;
    large.refused(413, "BODY_TOO_LARGE");
    let broken = json(b"{\"path\": ".to_vec()).send().await;
    broken.refused(400, "VALIDATION_ERROR");
    let form = world
        .post(RUN)
        .account(ADA)
        .header("content-type", "application/x-www-form-urlencoded");
    form.bytes(b"path=x".to_vec())
        .send()
        .await
        .refused(415, "UNSUPPORTED_MEDIA_TYPE");
    let nameless = world
        .post(RUN)
        .account(ADA)
        .bytes(b"{}".to_vec())
        .send()
        .await;
    nameless.refused(415, "UNSUPPORTED_MEDIA_TYPE");
}

#[tokio::test]
async fn credentials_that_are_wrong_are_refused_in_the_documented_words() {
    let world = World::new().await;
    let refused = world.post(RUN).bearer("x.y.z").json(json!({})).await;
    let body = refused.refused(401, "INVALID_SESSION_TOKEN");
    assert_eq!(body["message"], "Invalid session token");
    assert_eq!(body["error_code"], "SERVER_ERROR");
    assert_eq!(body["http_error_type"], "UNAUTHORIZED");
    let refused = world
        .post(RUN)
        .header("x-api-key", "tk_wrong")
        .json(json!({}))
        .await;
    let body = refused.refused(401, "INVALID_CREDENTIALS");
    assert_eq!(body["message"], "Invalid Credentials");
    let refused = world.post(RUN).key().json(json!({})).await;
    refused.refused(400, "MISSING_LINKED_ACCOUNT_ID");
    let token = world.token(ADA, json!({})).await;
    world
        .post("/api/v2/public/session-token/revoke")
        .bearer(&token)
        .send()
        .await
        .ok();
    let refused = world.post(RUN).bearer(&token).json(json!({})).await;
    refused.refused(401, "INVALID_SESSION_TOKEN");
}

#[tokio::test]
async fn what_does_not_exist_is_not_found_in_the_documented_words() {
    let world = World::new().await;
    let run = |slug: &str, action: &str| {
        let path = format!("/api/v2/integration-schema/{slug}/actions/{action}/execute");
        world.post(&path).account(ADA).body(json!({"path": "x"}))
    };
    let action = "Action not found for the specified slug and action_id";
    let body = run("acme", "lost")
        .send()
        .await
        .refused(404, "ACTION_NOT_FOUND");
    assert_eq!(
        (&body["message"], &body["error_code"]),
        (&json!(action), &json!("SERVER_ERROR"))
    );
    let body = run("lost", "add")
        .send()
        .await
        .refused(404, "APPLICATION_NOT_FOUND");
    assert_eq!(body["message"], action);
    run("acme", "add_v1").send().await.ok();
    let unknown = world
        .post(RUN)
        .account("nobody")
        .json(json!({"path": "x"}))
        .await;
    let body = unknown.refused(404, "LINKED_ACCOUNT_NOT_FOUND");
    assert!(
        body["message"]
            .as_str()
            .unwrap()
            .starts_with("Linked Account with account id nobody for org org_")
    );
}

#[tokio::test]
async fn an_account_without_a_usable_connection_is_told_so() {
    let world = World::new().await;
    let refused = world
        .post(RUN)
        .account(BOB)
        .json(json!({"path": "x"}))
        .await;
    refused.refused(409, "CONNECTION_REQUIRED");
}

#[tokio::test]
async fn a_credential_that_the_application_refuses_has_to_be_brought_again() {
    let world = World::new().await;
    world.application.refuse();
    let body = world.run("x").send().await.ok();
    assert_eq!(body["node_status"], "Failed");
    assert_eq!(body["error"]["code"], "CREDENTIAL_REJECTED");
    world.run("x").send().await.refused(409, "REAUTH_REQUIRED");
    let path = "/api/v2/public/application/acme";
    let shown = world.get(path).account(ADA).send().await.ok();
    assert_eq!(
        (&shown["connected"], &shown["reauth_required"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(shown["connected_accounts"][0]["status"], "expired");
}

#[tokio::test]
async fn a_limited_token_is_held_to_its_limits() {
    let world = World::new().await;
    for scopes in [
        json!({"apps": ["gone"]}),
        json!({"actions": ["acme.get"]}),
        json!({"read_only": true}),
    ] {
        let token = world.token(ADA, scopes.clone()).await;
        let refused = world
            .post(RUN)
            .bearer(&token)
            .json(json!({"path": "x"}))
            .await;
        let body = refused.refused(403, "FORBIDDEN");
        assert_eq!(body["http_error_type"], "FORBIDDEN", "{scopes}");
    }
    let token = world
        .token(ADA, json!({"apps": ["acme"], "actions": ["add_v1"]}))
        .await;
    world
        .post(RUN)
        .bearer(&token)
        .json(json!({"path": "x"}))
        .await
        .ok();
}

#[tokio::test]
async fn an_application_that_cannot_be_reached_says_what_is_known_of_the_outcome() {
    let world = World::new().await;
    for slug in ["gone", "private"] {
        let path = format!("/api/v2/admin/linked-accounts/{ADA}/connections/{slug}");
        let body = json!({"fields": {"api_token": "t"}});
        world.post(&path).admin().json(body).await.ok();
    }
    let run = |slug: &str| {
        let path = format!("/api/v2/integration-schema/{slug}/actions/add/execute");
        world.post(&path).account(ADA).body(json!({"path": "x"}))
    };
    let gone = run("gone").send().await;
    let body = gone.refused(502, "UPSTREAM_UNREACHABLE");
    assert_eq!(
        (&body["node_status"], &body["outcome"]),
        (&json!("Failed"), &json!("not_sent"))
    );
    assert_eq!(body["execution_id"], gone.header("x-execution-id"));
    assert_eq!(gone.header("x-node-status"), "Failed");
    assert_eq!(body["http_error_type"], "EXTERNAL_API_ERROR");
    run("private").send().await.refused(403, "EGRESS_DENIED");
}

#[tokio::test]
async fn an_answer_over_the_limit_is_refused_and_the_outcome_is_not_claimed() {
    let world = World::new().await;
    let body = world.run("large").send().await;
    let body = body.refused(502, "UPSTREAM_TOO_LARGE");
    assert_eq!(
        (&body["outcome"], &body["retryable"]),
        (&json!("unknown"), &json!(false))
    );
}

#[tokio::test]
async fn a_connector_that_sends_credentials_elsewhere_has_to_be_approved() {
    let world = World::new().await;
    let mut moved = connector("acme", &world.application.base);
    let file = moved.files.get_mut("connector.yaml").unwrap();
    *file = file.replace(
        "bearer: '{{ api_token }}'",
        "headers: { X-Elsewhere: '{{ api_token }}' }",
    );
    world.app.engine.registry().replace([moved]);
    let seen = world.application.seen();
    world
        .run("x")
        .send()
        .await
        .refused(409, "CONNECTOR_CHANGED");
    assert_eq!(world.application.seen(), seen);
    let approved = world
        .post("/api/v2/admin/applications/acme/approve")
        .admin();
    approved.send().await.ok();
    world.run("x").send().await.ok();
}

#[tokio::test]
async fn without_a_journal_nothing_is_sent() {
    let world = World::new().await;
    let seen = world.application.seen();
    world.store.close().await;
    let refused = world.run("x").send().await;
    refused.refused(503, "LOG_UNAVAILABLE");
    assert!(!refused.header("retry-after").is_empty());
    assert_eq!(world.application.seen(), seen);
}

#[tokio::test]
async fn a_lost_answer_and_a_passed_deadline_leave_the_outcome_unknown() {
    let world = World::new().await;
    let body = world
        .run("drop")
        .send()
        .await
        .refused(502, "UPSTREAM_OUTCOME_UNKNOWN");
    assert_eq!(
        (&body["node_status"], &body["outcome"]),
        (&json!("Unknown"), &json!("unknown"))
    );
    assert_eq!(body["retryable"], false);
    let path = format!("{RUN}?timeout_ms=200");
    let late = world
        .post(&path)
        .account(ADA)
        .json(json!({"path": "hold"}))
        .await;
    let body = late.refused(504, "UPSTREAM_TIMEOUT");
    assert_eq!(
        (&body["node_status"], &body["outcome"]),
        (&json!("Timed_Out"), &json!("unknown"))
    );
    let path = format!("{RUN}?timeout_ms=300001");
    let refused = world
        .post(&path)
        .account(ADA)
        .json(json!({"path": "x"}))
        .await;
    refused.refused(400, "VALIDATION_ERROR");
}

#[tokio::test]
async fn an_application_that_was_switched_off_is_refused_and_left_out_of_the_list() {
    let world = World::new().await;
    let path = "/api/v2/admin/applications/acme";
    world
        .put(path)
        .admin()
        .json(json!({"enabled": false}))
        .await
        .ok();
    world
        .run("x")
        .send()
        .await
        .refused(403, "APPLICATION_DISABLED");
    let listed = world
        .get("/api/v2/public/application")
        .account(ADA)
        .send()
        .await
        .ok();
    assert!(
        listed
            .as_array()
            .unwrap()
            .iter()
            .all(|one| one["slug"] != "acme")
    );
}

#[tokio::test]
async fn a_program_that_is_ending_is_not_ready() {
    let world = World::new().await;
    world.get("/readyz").send().await.ok();
    world.app.stopping.cancel();
    let refused = world.get("/readyz").send().await;
    refused.refused(503, "UNAVAILABLE");
    assert_eq!(refused.header("retry-after"), "1");
    world.get("/healthz").send().await.ok();
}

/// The address of something that answers a TLS greeting in plain words.
fn speaks_no_tls() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("https://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let _gone = (&stream).write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    base
}

#[tokio::test]
async fn an_application_without_tls_is_sent_nothing() {
    let world = World::new().await;
    world
        .app
        .engine
        .registry()
        .replace([connector("clear", &speaks_no_tls())]);
    let path = format!("/api/v2/admin/linked-accounts/{ADA}/connections/clear");
    let body = json!({"fields": {"api_token": "t"}});
    world.post(&path).admin().json(body).await.ok();
    let run = world.post("/api/v2/integration-schema/clear/actions/add/execute");
    let refused = run.account(ADA).json(json!({"path": "x"})).await;
    assert_eq!(refused.refused(502, "UPSTREAM_TLS")["outcome"], "not_sent");
}
