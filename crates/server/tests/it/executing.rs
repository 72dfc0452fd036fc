//! Running an action: the answer, its headers, and everything that a caller can ask for beside it.

use serde_json::json;
use tenon_server::app::ApiSettings;

use crate::world::{ADA, RUN, World};

#[tokio::test]
async fn the_applications_answer_is_the_result() {
    let world = World::new().await;
    let answer = world.run("x").send().await;
    let body = answer.ok();
    assert_eq!(body["data"]["path"], "/x");
    assert_eq!(body["node_status"], "Success");
    assert_eq!(
        (&body["http_status"], &body["success"]),
        (&json!(200), &json!(true))
    );
    assert_eq!(body["execution_id"], answer.header("x-execution-id"));
    assert_eq!(answer.header("x-node-status"), "Success");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
}

#[tokio::test]
async fn an_error_of_the_application_is_a_result_and_not_an_error_of_ours() {
    let world = World::new().await;
    let body = world.run("missing").send().await.ok();
    assert_eq!(body["node_status"], "Failed");
    assert_eq!(body["http_status"], 404);
    assert_eq!(body["error"]["origin"], "application");
    assert_eq!(world.run("empty").send().await.ok()["data"], json!(null));
}

#[tokio::test]
async fn the_applications_status_is_mirrored_for_those_who_prefer_it() {
    let world = World::new().await;
    let mirrored = |at: &'static str| world.run(at).header("prefer", "status=mirror").send();
    assert_eq!(mirrored("missing").await.status, 404);
    assert_eq!(mirrored("down").await.status, 502);
    assert_eq!(mirrored("x").await.status, 200);
    let settings = ApiSettings {
        mirror_status: true,
        ..ApiSettings::default()
    };
    let world = World::with(settings).await;
    assert_eq!(world.run("missing").send().await.status, 404);
    assert_eq!(
        world
            .run("missing")
            .header("prefer", "status=200")
            .send()
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn a_repetition_with_the_same_key_gets_the_same_bytes_and_does_nothing() {
    let world = World::new().await;
    let first = world.run("x").header("idempotency-key", "k").send().await;
    let seen = world.application.seen();
    let again = world
        .run("x")
        .header("idempotency-key", "\"k\"")
        .send()
        .await;
    assert_eq!(first.ok()["success"], true);
    assert_eq!(first.bytes, again.bytes);
    assert_eq!(first.header("idempotent-replayed"), "");
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(
        first.header("x-execution-id"),
        again.header("x-execution-id")
    );
    assert_eq!(world.application.seen(), seen);
    let other = world.run("y").header("idempotency-key", "k").send().await;
    other.refused(422, "IDEMPOTENCY_KEY_REUSED");
}

#[tokio::test]
async fn a_repetition_while_the_first_call_runs_is_told_to_wait() {
    let world = World::new().await;
    let first = world.run("hold").header("idempotency-key", "k").send();
    let second = async {
        world.application.arrived.notified().await;
        let answer = world
            .run("hold")
            .header("idempotency-key", "k")
            .send()
            .await;
        world.application.release.notify_one();
        answer
    };
    let (first, second) = tokio::join!(first, second);
    first.ok();
    assert_eq!(
        second.refused(409, "IDEMPOTENCY_IN_FLIGHT")["retryable"],
        true
    );
    assert_eq!(second.header("retry-after"), "1");
}

#[tokio::test]
async fn a_dry_run_shows_the_request_without_the_secret_and_sends_nothing() {
    let world = World::new().await;
    let seen = world.application.seen();
    let path = format!("{RUN}?dry_run=true");
    let shown = world
        .post(&path)
        .account(ADA)
        .json(json!({"path": "x"}))
        .await;
    assert_eq!(shown.ok()["requests"][0]["method"], "POST");
    assert!(
        shown.text().contains("***") && !shown.text().contains("canary"),
        "{}",
        shown.text()
    );
    world.run("x").header("x-dry-run", "true").send().await.ok();
    assert_eq!(world.application.seen(), seen);
    let misspelt = world.run("x").header("x-dry-run", "ture").send().await;
    misspelt.refused(400, "VALIDATION_ERROR");
    let twice = world
        .run("x")
        .header("x-dry-run", "false")
        .header("x-dry-run", "true");
    let body = twice.send().await.refused(400, "VALIDATION_ERROR");
    assert_eq!(body["errors"][0]["param"], "x-dry-run");
    let path = format!("{RUN}?dry_run=ture");
    let misspelt = world
        .post(&path)
        .account(ADA)
        .json(json!({"path": "x"}))
        .await;
    misspelt.refused(400, "VALIDATION_ERROR");
    assert_eq!(world.application.seen(), seen);
}

#[tokio::test]
async fn only_the_fields_that_are_asked_for_come_back() {
    let world = World::new().await;
    let path = format!("{RUN}?fields=id,%20price");
    let body = world
        .post(&path)
        .account(ADA)
        .json(json!({"path": "x"}))
        .await
        .ok();
    let names: Vec<_> = body["data"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["id", "price"]);
}

#[tokio::test]
async fn an_asynchronous_execution_is_polled() {
    let settings = ApiSettings {
        public_url: Some("https://tenon.example/".to_owned()),
        ..ApiSettings::default()
    };
    let world = World::with(settings).await;
    let accepted = world
        .run("hold")
        .header("prefer", "respond-async")
        .send()
        .await;
    assert_eq!(accepted.status, 202, "{}", accepted.text());
    let body = accepted.json();
    assert_eq!(body["status"], "running");
    let id = body["execution_id"].as_str().unwrap();
    let path = format!("/api/v2/public/action-execution/{id}");
    assert_eq!(body["status_url"], format!("https://tenon.example{path}"));
    assert_eq!(
        world.get(&path).account(ADA).send().await.ok()["status"],
        "running"
    );
    world.application.release.notify_one();
    world.app.engine.drain().await;
    let ended = world.get(&path).account(ADA).send().await.ok();
    assert_eq!(ended["status"], "finished");
    assert_eq!(ended["result"]["data"]["path"], "/hold");
}

#[tokio::test]
async fn values_that_were_sent_as_text_are_read_as_the_schema_says() {
    let world = World::new().await;
    let body = json!({"path": "x", "count": "3", "flag": "true", "extra": "{\"a\":1}"});
    world.post(RUN).account(ADA).json(body).await.ok();
}

#[tokio::test]
async fn a_connection_is_chosen_where_there_are_several() {
    let world = World::new().await;
    let path = format!("/api/v2/admin/linked-accounts/{ADA}/connections/acme");
    let body = json!({"fields": {"api_token": "second"}, "another": true, "label": "Second"});
    let second = world.post(&path).admin().json(body).await.ok();
    world
        .run("x")
        .send()
        .await
        .refused(409, "CONNECTION_AMBIGUOUS");
    let id = second["connection_id"].as_str().unwrap();
    world.run("x").header("connection_id", id).send().await.ok();
    let path = format!("{RUN}?connection_id={id}");
    world
        .post(&path)
        .account(ADA)
        .json(json!({"path": "x"}))
        .await
        .ok();
    let other = world
        .run("x")
        .header("connection_id", "conn_other")
        .send()
        .await;
    other.refused(404, "CONNECTION_NOT_FOUND");
}
