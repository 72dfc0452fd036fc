//! The journal as callers read it, in both shapes.

use serde_json::{Value, json};

use crate::world::{ADA, RUN, World};

const LIST: &str = "/api/v2/public/action-execution";
const RUNS: &str = "/api/v2/public/execution";

async fn total(world: &World, path: &str) -> Value {
    let page = world.get(path).account(ADA).send().await.ok();
    page["totalDocs"].clone()
}

#[tokio::test]
async fn an_executions_record_says_what_was_done_and_holds_no_secret() {
    let world = World::new().await;
    let ran = world.run("x").header("idempotency-key", "k").send().await;
    let path = format!("{LIST}/{}", ran.header("x-execution-id"));
    let record = world.get(&path).account(ADA).send().await.ok();
    assert_eq!(
        (&record["slug"], &record["action_id"]),
        (&json!("acme"), &json!("add"))
    );
    assert_eq!(record["linked_account_id"], ADA);
    assert_eq!(
        (&record["node_status"], &record["outcome"]),
        (&json!("Success"), &json!("succeeded"))
    );
    assert_eq!(
        (&record["effect"], &record["source"]),
        (&json!("write"), &json!("api"))
    );
    assert_eq!(record["request_id"], ran.header("x-request-id"));
    assert_eq!(
        (&record["request"]["method"], &record["request"]["path"]),
        (&json!("POST"), &json!("/x"))
    );
    assert_eq!(
        record["request"]["idempotency_key"].as_str().unwrap().len(),
        32
    );
    assert_eq!(record["attempts"][0]["sent"], true);
    assert_eq!(record["result"], ran.json());
    assert!(record["started_at"].as_str().unwrap().ends_with('Z'));
    assert!(!record.to_string().contains("canary"));
    let refused = world
        .get(&format!("{LIST}/exec_1"))
        .account(ADA)
        .send()
        .await;
    assert_eq!(
        refused.refused(404, "RESOURCE_NOT_FOUND")["message"],
        "Execution not found"
    );
}

#[tokio::test]
async fn executions_are_found_by_what_became_of_them() {
    let world = World::new().await;
    for at in ["x", "missing", "drop"] {
        world.run(at).send().await;
    }
    let cases = [
        ("", 3),
        ("?status=finished", 3),
        ("?status=running", 0),
        ("?node_status=Success", 1),
        ("?node_status=Failed,Unknown", 2),
        ("?outcome=unknown", 1),
        ("?slug=acme,gone&action_id=add", 3),
        ("?slug=gone", 0),
        ("?execution_type=ASYNC", 0),
        ("?start_date=2020-01-01&end_date=2020-12-31", 0),
        ("?start_date=2020-01-01T00:00:00Z", 3),
        (
            "?status=&outcome=&execution_type=&start_date=&action_id=",
            3,
        ),
    ];
    for (query, wanted) in cases {
        assert_eq!(
            total(&world, &format!("{LIST}{query}")).await,
            wanted,
            "{query}"
        );
    }
    let cases = [
        ("?status=All", 3),
        ("?status=COMPLETED", 1),
        ("?status=ERRORED", 2),
        ("?status=STOPPED", 0),
        ("?execution_source=API%20Call", 3),
        ("?execution_source=Event", 0),
        ("?status=&execution_source=&end_date=&execution_id=", 3),
    ];
    for (query, wanted) in cases {
        assert_eq!(
            total(&world, &format!("{RUNS}{query}")).await,
            wanted,
            "{query}"
        );
    }
    for path in [
        format!("{LIST}?status=odd"),
        format!("{RUNS}?start_date=soon"),
    ] {
        world
            .get(&path)
            .account(ADA)
            .send()
            .await
            .refused(400, "VALIDATION_ERROR");
    }
}

#[tokio::test]
async fn an_execution_is_also_shown_as_a_run_of_one_node() {
    let world = World::new().await;
    let ran = world
        .run("missing")
        .header("idempotency-key", "k")
        .send()
        .await;
    let id = ran.header("x-execution-id");
    let run = world
        .get(&format!("{RUNS}/{id}"))
        .account(ADA)
        .send()
        .await
        .ok();
    assert_eq!(
        (&run["_id"], &run["status"]),
        (&json!(id), &json!("ERRORED"))
    );
    assert_eq!(run["type_of_execution"], "SYNC");
    assert_eq!(run["associated_application"]["name"], "Acme");
    assert_eq!(run["completion_percentage"], 100);
    assert_eq!(run["nodes"][0]["node_status"], "Failed");
    assert_eq!(run["nodes"][0]["attempts_made"], 1);
    assert_eq!(run["nodes"][0]["latest_output"]["error"], "nothing there");
    let found = format!("{RUNS}?execution_id={id}");
    assert_eq!(total(&world, &found).await, 1);
}

#[tokio::test]
async fn a_limited_token_reads_only_what_it_could_have_run() {
    let world = World::new().await;
    let ran = world.run("x").header("idempotency-key", "k").send().await;
    let path = format!("{LIST}/{}", ran.header("x-execution-id"));
    let token = world.token(ADA, json!({"apps": ["gone"]})).await;
    world
        .get(&path)
        .bearer(&token)
        .send()
        .await
        .refused(403, "FORBIDDEN");
    assert_eq!(
        world.get(LIST).bearer(&token).send().await.ok()["totalDocs"],
        0
    );
    let token = world.token(ADA, json!({"actions": ["get"]})).await;
    world
        .get(&path)
        .bearer(&token)
        .send()
        .await
        .refused(403, "FORBIDDEN");
    world
        .get(LIST)
        .bearer(&token)
        .send()
        .await
        .refused(403, "FORBIDDEN");
    let token = world
        .token(ADA, json!({"apps": ["acme"], "read_only": true}))
        .await;
    world.get(&path).bearer(&token).send().await.ok();
}

#[tokio::test]
async fn a_dry_run_leaves_no_record() {
    let world = World::new().await;
    let path = format!("{RUN}?dry_run=1");
    world
        .post(&path)
        .account(ADA)
        .json(json!({"path": "x"}))
        .await
        .ok();
    assert_eq!(total(&world, LIST).await, 0);
}
