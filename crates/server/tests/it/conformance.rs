//! The OpenAPI document says what is refused: whoever reads it need not find out by sending.

use http::Method;
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::world::{ADA, World};

const ACCOUNTS: &str = "/api/v2/public/linked-account";
const TOKENS: &str = "/api/v2/public/session-token";
const EXECUTIONS: &str = "/api/v2/public/action-execution";
const RUNS: &str = "/api/v2/public/execution";
const ORGANIZATIONS: &str = "/api/v2/admin/organizations";
const FAULTS: &str = "/api/v2/admin/sandbox/faults/{slug}";

/// A schema of the document, with what it refers to.
fn validator(document: &Value, schema: &Value) -> Validator {
    let mut schema = schema.clone();
    schema["components"] = document["components"].clone();
    jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .unwrap()
}

/// Bodies, and whether they fit.
type Bodies = Vec<(Method, &'static str, Value, bool)>;

fn public_bodies() -> Bodies {
    vec![
        (Method::POST, ACCOUNTS, json!({}), false),
        (
            Method::POST,
            ACCOUNTS,
            json!({"linked_account_id": null}),
            false,
        ),
        (
            Method::POST,
            ACCOUNTS,
            json!({"linked_account_id": " "}),
            false,
        ),
        (
            Method::POST,
            ACCOUNTS,
            json!({"account_id": "a\u{1}b"}),
            false,
        ),
        (Method::POST, ACCOUNTS, json!({"account_id": " a b "}), true),
        (
            Method::POST,
            ACCOUNTS,
            json!({"payload": {"account_id": "d"}}),
            true,
        ),
        (
            Method::PUT,
            ACCOUNTS,
            json!({"account_id": "c", "udf": {"a": []}}),
            false,
        ),
        (
            Method::PUT,
            ACCOUNTS,
            json!({"account_id": "c", "udf": {"a": true}}),
            true,
        ),
        (
            Method::PUT,
            ACCOUNTS,
            json!({"account_id": "c", "your_app": {}}),
            false,
        ),
        (Method::POST, TOKENS, json!({}), false),
        (
            Method::POST,
            TOKENS,
            json!({"linked_account_id": ADA}),
            true,
        ),
        (
            Method::POST,
            TOKENS,
            json!({"linked_account_id": ADA, "expires_in": 0}),
            false,
        ),
        (
            Method::POST,
            TOKENS,
            json!({"linked_account_id": ADA, "max_calls": 0}),
            false,
        ),
        (
            Method::POST,
            ACCOUNTS,
            json!({"account_id": "e", "your_app": {"a": 1}}),
            false,
        ),
        (
            Method::POST,
            ACCOUNTS,
            json!({"account_id": "e", "your_app": {"auth_credentials": {}}}),
            true,
        ),
    ]
}

fn admin_bodies() -> Bodies {
    vec![
        (Method::POST, ORGANIZATIONS, json!({}), false),
        (Method::POST, ORGANIZATIONS, json!({"name": "Beta"}), true),
        (Method::PUT, FAULTS, json!({}), false),
        (Method::PUT, FAULTS, json!({"kind": "slow"}), false),
        (
            Method::PUT,
            FAULTS,
            json!({"kind": "drop", "times": 1}),
            true,
        ),
    ]
}

#[tokio::test]
async fn a_body_is_taken_exactly_where_it_fits_the_document() {
    let world = World::new().await;
    let document = world.get("/openapi.json").send().await.ok();
    for (method, path, body, fits) in public_bodies().into_iter().chain(admin_bodies()) {
        let request = &document["paths"][path][method.as_str().to_ascii_lowercase()]["requestBody"];
        let schema = &request["content"]["application/json"]["schema"];
        let documented = validator(&document, schema).is_valid(&body);
        assert_eq!(documented, fits, "{method} {path} by the document: {body}");
        let asked = world.ask(method, &path.replace("{slug}", "acme"));
        let asked = match path.contains("/admin/") {
            true => asked.admin(),
            false => asked.key(),
        };
        let answer = asked.json(body.clone()).await;
        assert_eq!(
            answer.status == 200,
            fits,
            "{path} {body}: {}",
            answer.text()
        );
    }
}

#[tokio::test]
async fn a_query_is_taken_exactly_where_it_fits_the_document() {
    let world = World::new().await;
    let document = world.get("/openapi.json").send().await.ok();
    for (path, name, text, fits) in [
        (EXECUTIONS, "status", "finished", true),
        (EXECUTIONS, "status", "done", false),
        (EXECUTIONS, "status", "", true),
        (EXECUTIONS, "node_status", "Success,Failed", true),
        (EXECUTIONS, "node_status", "SuccessFailed", false),
        (EXECUTIONS, "outcome", "unknown", true),
        (EXECUTIONS, "outcome", "lost", false),
        (EXECUTIONS, "execution_type", "ASYNC", true),
        (EXECUTIONS, "execution_type", "LATER", false),
        (EXECUTIONS, "start_date", "2026-05-01", true),
        (EXECUTIONS, "end_date", "2026-05-01T12:00:00Z", true),
        (EXECUTIONS, "end_date", "", true),
        (EXECUTIONS, "end_date", "tomorrow", false),
        (RUNS, "status", "STOPPED", true),
        (RUNS, "status", "finished", false),
        (RUNS, "execution_source", "API_CALL", true),
        (RUNS, "execution_source", "Mail", false),
        (ACCOUNTS, "page", "4294967295", true),
        (ACCOUNTS, "page", "4294967296", false),
        ("/api/v2/admin/api-keys", "environment", "production", true),
        ("/api/v2/admin/api-keys", "environment", "", false),
        (
            "/api/v2/integration-schema/{slug}/actions/{action_id}",
            "format",
            "json_schema",
            true,
        ),
        (
            "/api/v2/integration-schema/{slug}/actions/{action_id}",
            "format",
            "yaml",
            false,
        ),
    ] {
        let parameters = document["paths"][path]["get"]["parameters"].as_array();
        let named = |one: &&Value| one["name"] == name && one["in"] == "query";
        let parameter = parameters.unwrap().iter().find(named).unwrap();
        let value = match parameter["schema"]["type"].as_str() {
            Some("integer") => json!(text.parse::<u64>().unwrap()),
            _ => json!(text),
        };
        let documented = validator(&document, &parameter["schema"]).is_valid(&value);
        assert_eq!(documented, fits, "{path} {name}={text} by the document");
        let place = path.replace("{slug}", "acme").replace("{action_id}", "add");
        let asked = world.get(&format!("{place}?{name}={text}"));
        let asked = match path.contains("/admin/") {
            true => asked.admin(),
            false => asked.account(ADA),
        };
        let answer = asked.send().await;
        assert_eq!(
            answer.status == 200,
            fits,
            "{name}={text}: {}",
            answer.text()
        );
    }
}

#[tokio::test]
async fn the_document_says_where_a_body_cannot_be_left_out() {
    let world = World::new().await;
    let document = world.get("/openapi.json").send().await.ok();
    let required = |document: &Value, path: &str| {
        document["paths"][path]["post"]["requestBody"]["required"].clone()
    };
    assert_eq!(required(&document, ORGANIZATIONS), true);
    assert_eq!(required(&document, TOKENS), true);
    assert_eq!(required(&document, "/api/v2/admin/api-keys"), false);
    let actions = world
        .get("/openapi.json?application=acme")
        .send()
        .await
        .ok();
    let action = "/api/v2/integration-schema/acme/actions/add/execute";
    assert_eq!(required(&actions, action), true);
    let answer = world.post(ORGANIZATIONS).admin().send().await;
    answer.refused(400, "VALIDATION_ERROR");
    world
        .post("/api/v2/admin/api-keys")
        .admin()
        .send()
        .await
        .ok();
}

#[tokio::test]
async fn the_document_says_which_idempotency_keys_are_taken() {
    let world = World::new().await;
    let document = world.get("/openapi.json").send().await.ok();
    let path = "/api/v2/integration-schema/{slug}/actions/{action_id}/execute";
    let parameters = document["paths"][path]["post"]["parameters"].as_array();
    let named = |one: &&Value| one["name"] == "Idempotency-Key";
    let parameter = parameters.unwrap().iter().find(named).unwrap();
    let validator = validator(&document, &parameter["schema"]);
    world.connect(ADA, "secret").await;
    let long = "k".repeat(256);
    for (key, fits) in [("", false), (long.as_str(), false), ("k 1", true)] {
        assert_eq!(
            validator.is_valid(&json!(key)),
            fits,
            "{key} by the document"
        );
        let answer = world.run("/ok").header("idempotency-key", key).send().await;
        assert_eq!(answer.status == 200, fits, "{key}: {}", answer.text());
    }
}

#[tokio::test]
async fn an_action_is_shown_as_the_document_says_in_both_forms() {
    let world = World::new().await;
    let document = world.get("/openapi.json").send().await.ok();
    let path = "/api/v2/integration-schema/{slug}/actions/{action_id}";
    let response = &document["paths"][path]["get"]["responses"]["200"];
    let validator = validator(
        &document,
        &response["content"]["application/json"]["schema"],
    );
    for form in ["", "?format=json_schema"] {
        let place = format!("/api/v2/integration-schema/acme/actions/add{form}");
        let shown = world.get(&place).account(ADA).send().await.ok();
        assert!(validator.is_valid(&shown), "{shown}");
    }
}
