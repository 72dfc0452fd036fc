//! What every answer has in common, and how requests may arrive.

use http::Method;
use serde_json::json;

use crate::world::{ADA, World};

#[tokio::test]
async fn paths_work_behind_a_prefix_and_with_a_slash_at_the_end() {
    let world = World::new().await;
    for path in [
        "/backend/api/v2/public/application",
        "/backend/api/v2/public/application/",
        "/a/b/api/v2/public/application/acme/?linked_account_id=ada%40example.com",
        "/api/v2/public/linked-account/ada%40example.com/",
        "/gateway/healthz",
        "/gateway/openapi.json/",
    ] {
        assert_eq!(
            world.get(path).account(ADA).send().await.status,
            200,
            "{path}"
        );
    }
}

#[tokio::test]
async fn an_id_in_a_path_is_decoded_exactly_once() {
    let world = World::new().await;
    let id = "a/b%2Fc d+e";
    world
        .post("/api/v2/public/linked-account")
        .key()
        .json(json!({"linked_account_id": id}))
        .await
        .ok();
    let path = "/api/v2/public/linked-account/a%2Fb%252Fc%20d+e";
    assert_eq!(world.get(path).key().send().await.ok()["account_id"], id);
}

#[tokio::test]
async fn what_is_no_route_is_refused_in_the_envelope() {
    let world = World::new().await;
    for path in [
        "/",
        "/api/v2/public/lost",
        "/api/v2/public/linked-account/%ff",
    ] {
        world
            .get(path)
            .key()
            .send()
            .await
            .refused(404, "ROUTE_NOT_FOUND");
    }
    let wrong = world
        .ask(Method::PATCH, "/api/v2/public/linked-account")
        .key()
        .send()
        .await;
    wrong.refused(405, "METHOD_NOT_ALLOWED");
    assert!(
        wrong.header("allow").contains("GET"),
        "{}",
        wrong.header("allow")
    );
}

#[tokio::test]
async fn errors_are_problem_json_for_those_who_ask() {
    let world = World::new().await;
    let plain = world
        .get("/lost")
        .header("accept", "application/json")
        .send()
        .await;
    assert_eq!(plain.header("content-type"), "application/json");
    let problem = world
        .get("/lost")
        .header("accept", "application/problem+json")
        .send()
        .await;
    assert_eq!(problem.header("content-type"), "application/problem+json");
    problem.refused(404, "ROUTE_NOT_FOUND");
}

#[tokio::test]
async fn browsers_may_call_with_a_token_and_never_with_a_key() {
    let world = World::new().await;
    let preflight = world
        .ask(Method::OPTIONS, crate::world::RUN)
        .header("origin", "https://app.example")
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "authorization,content-type,idempotency-key",
        )
        .send()
        .await;
    assert_eq!(preflight.status, 200);
    assert_eq!(preflight.header("access-control-allow-origin"), "*");
    let allowed = preflight
        .header("access-control-allow-headers")
        .to_ascii_lowercase();
    for name in [
        "authorization",
        "slug",
        "connection_id",
        "auth_type",
        "prefer",
        "x-dry-run",
    ] {
        assert!(allowed.contains(name), "{name}: {allowed}");
    }
    assert!(!allowed.contains("x-api-key") && !allowed.contains("x-admin-key"));
    assert!(!preflight.header("x-request-id").is_empty());
    let refused = world
        .get("/api/v2/public/application")
        .header("origin", "https://app.example")
        .send()
        .await;
    assert_eq!(refused.header("access-control-allow-origin"), "*");
    let exposed = refused.header("access-control-expose-headers");
    for name in [
        "x-request-id",
        "x-execution-id",
        "x-node-status",
        "idempotent-replayed",
        "retry-after",
    ] {
        assert!(exposed.contains(name), "{name}: {exposed}");
    }
}

#[tokio::test]
async fn metrics_are_a_text_that_prometheus_reads() {
    let world = World::new().await;
    let metrics = world.get("/metrics").send().await;
    assert_eq!(metrics.status, 200);
    assert!(metrics.header("content-type").starts_with("text/plain"));
}
