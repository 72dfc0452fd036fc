//! The sandbox over a real socket, playing an application that only these documents know.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what is wrong by stopping"
)]

use std::sync::Arc;

use serde_json::{Value, json};
use tenon_connector::Bundle;
use tenon_sandbox::{Fault, FaultSwitch, Sandbox};
use tenon_testkit::{Answer, Http};

const CONNECTOR: &str = r#"
name: Acme
description: A shop.
base_url: http://HOST/v1
auth:
  key: { type: keybased, label: Key, fields: { api_key: { label: Key } }, send: { headers: { X-Key: "Key {{ api_key }}" } } }
  basic: { type: keybased, label: Basic, fields: { user: { label: U }, password: { label: P } }, send: { basic: { username: "{{ user }}", password: "{{ password }}" } } }
sandbox:
  id: "T-###"
  defaults: { things: { state: new } }
  errors:
    unauthorized: { status: 401, json: { error: "{{ message }}" } }
    invalid: { status: 422, json: { error: "{{ message }}" } }
    rate_limited: { status: 429, json: { error: slow down } }
  routes:
    - { on: "POST /{collection}/search", collections: &c [things], do: search, filter: "{{ body.groups }}", record: &r { id: "{{ id }}", "...": "{{ fields }}" }, answer: { status: 200, json: { total: "{{ total }}", items: "{{ records }}" } } }
    - { on: "POST /{collection}", collections: *c, do: create, body: { type: object, required: [name] }, fields: "{{ body }}", record: *r, answer: { status: 201, json: "{{ record }}" } }
    - { on: "GET /{collection}", collections: *c, do: list, limit: "{{ query.limit }}", after: "{{ query.after }}", record: *r, answer: { status: 200, json: { items: "{{ records }}", next: "{{ next }}" } } }
    - { on: "GET /{collection}/{id}", collections: *c, do: read, record: *r, answer: { status: 200, json: "{{ record }}" } }
    - { on: "PATCH /{collection}/{id}", collections: *c, do: update, fields: "{{ body }}", record: *r, answer: { status: 200, json: "{{ record }}" } }
    - { on: "DELETE /{collection}/{id}", collections: *c, do: delete, answer: { status: 204 } }
    - { on: "GET /query", do: query, filter: "{{ query.q }}", record: *r, answer: { status: 200, json: "{{ records }}" } }
"#;

const EXAMPLE: &str = r#"
name: Weather
description: Says the weather.
params: { city: { type: string, required: true } }
request: { get: "/weather/{{ city }}" }
examples: [{ input: { city: Oslo }, sends: { path: /weather/Oslo }, answers: { json: { sky: blue } } }]
"#;

struct Stage {
    sandbox: Sandbox,
    http: Http,
}

impl Stage {
    async fn new() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let files = [
            (
                "connector.yaml".to_owned(),
                CONNECTOR.replace("HOST", &host),
            ),
            ("actions/weather.yaml".to_owned(), EXAMPLE.to_owned()),
        ];
        let bundle = Bundle {
            slug: "acme".to_owned(),
            files: files.into_iter().collect(),
            proven: false,
        };
        let connector = Arc::new(
            bundle
                .compile()
                .unwrap_or_else(|problems| panic!("{problems:?}")),
        );
        let sandbox = Sandbox::new(move || vec![Arc::clone(&connector)]);
        tokio::spawn(sandbox.clone().serve(listener, std::future::pending()));
        Self {
            sandbox,
            http: Http::new(format!("http://{host}/v1")),
        }
    }

    async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        self.call_as("Key sandbox_a", method, path, body).await
    }

    async fn call_as(&self, key: &str, method: &str, path: &str, body: Option<Value>) -> Answer {
        self.http
            .send(method, path, &[("x-key", key)], body.as_ref())
            .await
    }
}

#[tokio::test]
async fn create_get_list_search_update_and_delete_see_the_same_records() {
    let stage = Stage::new().await;
    let made = stage
        .call("POST", "/things", Some(json!({"name": "Ada"})))
        .await;
    assert_eq!((made.status, &made.body["state"]), (201, &json!("new")));
    let id = made.body["id"].as_str().unwrap().to_owned();
    assert!(id.starts_with("T-") && id.len() == 5, "{id}");
    let path = format!("/things/{id}");
    assert_eq!(stage.call("GET", &path, None).await.body, made.body);
    stage
        .call("POST", "/things", Some(json!({"name": "Bob"})))
        .await;
    let first = stage.call("GET", "/things?limit=1", None).await;
    assert_eq!(
        (&first.body["items"][0]["name"], &first.body["next"]),
        (&json!("Ada"), &json!("1"))
    );
    let second = stage.call("GET", "/things?limit=1&after=1", None).await;
    assert_eq!(
        (&second.body["items"][0]["name"], second.body.get("next")),
        (&json!("Bob"), None)
    );
    stage
        .call("PATCH", &path, Some(json!({"name": "Ada L."})))
        .await;
    let groups = json!({"groups": [{"filters": [{"propertyName": "name", "operator": "EQ", "value": "Ada L."}]}]});
    let found = stage.call("POST", "/things/search", Some(groups)).await;
    assert_eq!(
        (&found.body["total"], &found.body["items"][0]["state"]),
        (&json!(1), &json!("new"))
    );
    let selected = stage
        .call(
            "GET",
            "/query?q=SELECT+name+FROM+things+WHERE+name+LIKE+'Ada%25'",
            None,
        )
        .await;
    assert_eq!(selected.body, json!([{"id": id, "name": "Ada L."}]));
    assert_eq!(stage.call("DELETE", &path, None).await.status, 204);
    assert_eq!(stage.call("GET", &path, None).await.status, 404);
}

#[tokio::test]
async fn each_credential_has_a_world_of_its_own_and_a_real_one_is_refused() {
    let stage = Stage::new().await;
    stage
        .call("POST", "/things", Some(json!({"name": "Ada"})))
        .await;
    let other = stage.call_as("Key sandbox_b", "GET", "/things", None).await;
    assert_eq!(other.body["items"], json!([]));
    for key in ["Key real-token", "sandbox_a", "Key ", ""] {
        let refused = stage.call_as(key, "GET", "/things", None).await;
        assert_eq!(refused.status, 401, "{key}");
        assert!(refused.body["error"].is_string());
    }
    let basic = stage
        .http
        .send(
            "GET",
            "/things",
            &[("authorization", "Basic c2FuZGJveF9hOnNhbmRib3hfYQ==")],
            None,
        )
        .await;
    assert_eq!(basic.body["items"][0]["name"], "Ada");
}

#[tokio::test]
async fn a_wrong_body_path_or_method_gets_the_applications_error() {
    let stage = Stage::new().await;
    let wrong = stage
        .call("POST", "/things", Some(json!({"nme": "Ada"})))
        .await;
    assert_eq!(wrong.status, 422);
    assert!(
        wrong.body["error"].as_str().unwrap().contains("name"),
        "{:?}",
        wrong.body
    );
    assert_eq!(
        stage.call("GET", "/nothing/here/at/all", None).await.status,
        404
    );
    assert_eq!(
        stage
            .call("POST", "/others", Some(json!({"name": "x"})))
            .await
            .status,
        404
    );
    assert_eq!(stage.call("PUT", "/things", None).await.status, 405);
    assert_eq!(
        stage.call("GET", "/query?q=DROP+TABLE", None).await.status,
        422
    );
}

#[tokio::test]
async fn what_is_not_routed_is_answered_by_an_actions_example() {
    let stage = Stage::new().await;
    assert_eq!(
        stage.call("GET", "/weather/Bergen", None).await.body,
        json!({"sky": "blue"})
    );
}

#[tokio::test]
async fn faults_come_as_often_as_they_are_switched_on() {
    let stage = Stage::new().await;
    let switch = |fault, times| {
        stage
            .sandbox
            .set_fault("acme", Some(FaultSwitch { fault, times }))
    };
    switch(
        Fault::RateLimited {
            retry_after_seconds: 7,
        },
        Some(1),
    );
    let limited = stage.call("GET", "/things", None).await;
    assert_eq!(
        (limited.status, limited.header("retry-after")),
        (429, Some("7"))
    );
    assert_eq!(stage.call("GET", "/things", None).await.status, 200);
    switch(Fault::ServerError { status: 503 }, None);
    assert_eq!(stage.call("GET", "/things", None).await.status, 503);
    switch(Fault::Unauthorized, None);
    assert_eq!(stage.call("GET", "/things", None).await.status, 401);
    switch(Fault::Drop, None);
    assert!(
        stage
            .http
            .try_send("GET", "/things", &[("x-key", "Key sandbox_a")], None)
            .await
            .is_err()
    );
    stage.sandbox.set_fault("acme", None);
    assert_eq!(stage.call("GET", "/things", None).await.status, 200);
}

#[test]
fn a_switch_is_written_flat() {
    let switch: FaultSwitch =
        serde_json::from_value(json!({"kind": "slow", "milliseconds": 5, "times": 2})).unwrap();
    assert_eq!(
        switch,
        FaultSwitch {
            fault: Fault::Slow { milliseconds: 5 },
            times: Some(2)
        }
    );
    assert_eq!(
        serde_json::to_value(switch).unwrap(),
        json!({"kind": "slow", "milliseconds": 5, "times": 2})
    );
}
