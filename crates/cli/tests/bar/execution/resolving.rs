//! Unknown outcomes, found out: by asking the application, or by a person's word.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tenon_testkit::promise::{kept, scale};
use tenon_testkit::recorder::{Received, Recorder};
use tenon_testkit::{Caller, Options, Server};

use crate::operator::{Folder, TENON, caller, connect};

const SLUG: &str = "acme";

/// The keys of what the application did.
type Done = Arc<Mutex<BTreeSet<String>>>;

/// An application that cuts every `POST` off, and has or has not done it, as the key falls out.
async fn application(done: &Done) -> Recorder {
    let done = Arc::clone(done);
    let script = move |received: &Received| {
        let (method, path) = received.line();
        let mut done = done.lock().unwrap();
        let answer = if method == "POST" {
            let key = received.header("idempotency-key").remove(0);
            // Keys are random, so this decides as a coin does.
            if key.bytes().map(usize::from).sum::<usize>() % 2 == 0 {
                done.insert(key);
            }
            None
        } else {
            let key = path.split_once("key=").map_or("", |(_, key)| key);
            let body = json!({ "total": usize::from(done.contains(key)) }).to_string();
            Some(format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            ))
        };
        std::future::ready(answer)
    };
    Recorder::acting(SocketAddr::from(([127, 0, 0, 1], 0)), script).await
}

async fn served(application: &Recorder) -> (Server, Caller, Folder) {
    let folder = Folder::new();
    folder.connector(SLUG, &application.base, "");
    let find = "params: { key: { type: string } }\nrequest: { get: /things, query: { key: \"{{ key }}\" } }\n";
    folder.action(SLUG, "find", find);
    let add = |settles: &str| {
        format!(
            "request: {{ post: /things, headers: {{ Idempotency-Key: \"{{{{ idempotency_key }}}}\" }} }}\n\
             lookup:\n  action: find\n  params: {{ key: \"{{{{ idempotency_key }}}}\" }}\n  found: body.total > 0\n{settles}"
        )
    };
    folder.action(SLUG, "add", &add("  settles_after_seconds: 0\n"));
    folder.action(SLUG, "add_slowly", &add(""));
    let options = Options {
        connectors: Some(folder.path().into()),
        allow_loopback: true,
        // Every request fails here, and each has to be sent.
        environment: vec![("TENON_BREAKER_FAILURES".to_owned(), "0".to_owned())],
        ..Options::default()
    };
    let server = Server::start(TENON, options);
    let caller = caller(&server);
    assert_eq!(connect(&server, SLUG, &[]).await.status, 200);
    (server, caller, folder)
}

/// An execution of which nobody knows the end: its id.
async fn unknown(caller: &Caller, action: &str, key: &str) -> String {
    let headers = [("idempotency-key", key)];
    let answer = caller.execute(SLUG, action, &headers, &json!({})).await;
    assert_eq!(answer.body["outcome"], "unknown", "{:?}", answer.body);
    answer.body["execution_id"].as_str().unwrap().to_owned()
}

async fn resolve(server: &Server, id: &str, body: Value) -> Value {
    let path = format!("/api/v2/admin/executions/{id}/resolve");
    let key = server.admin_key();
    let headers = [("x-admin-key", key.as_str())];
    server
        .http
        .send("POST", &path, &headers, Some(&body))
        .await
        .body
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a11_what_nobody_knew_is_found_out_from_the_application() {
    let done = Done::default();
    let application = application(&done).await;
    let (server, caller, _folder) = served(&application).await;
    let count = scale(100, 1_000);
    let (mut happened, mut not) = (0, 0);
    for number in 0..count {
        let id = unknown(&caller, "add", &format!("key {number}")).await;
        let resolved = resolve(&server, &id, json!({})).await;
        let key = resolved["execution"]["request"]["idempotency_key"].as_str();
        let key = key.unwrap_or_else(|| panic!("{resolved}"));
        let was_done = done.lock().unwrap().contains(key);
        let (word, outcome) = if was_done {
            ("happened", "succeeded")
        } else {
            ("did_not_happen", "failed")
        };
        assert_eq!(resolved["resolution"], word);
        assert_eq!(resolved["execution"]["outcome"], outcome);
        if was_done { happened += 1 } else { not += 1 }
    }
    assert!(happened > 0 && not > 0);
    let left = caller
        .try_call(
            "GET",
            "/api/v2/public/action-execution?outcome=unknown",
            &[],
            None,
        )
        .await;
    assert_eq!(left.unwrap().body["totalDocs"], 0);
    kept(
        "A11",
        format!(
            "{count} unknown outcomes: {happened} happened and {not} did not, each found out rightly"
        ),
    );
    server.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a11_what_finds_nothing_too_early_is_not_believed_and_a_persons_word_is() {
    let done = Done::default();
    let application = application(&done).await;
    let (server, caller, _folder) = served(&application).await;
    let (mut early, mut number) = (None, 0);
    while early.is_none() {
        number += 1;
        let key = format!("key {number}");
        let id = unknown(&caller, "add_slowly", &key).await;
        let resolved = resolve(&server, &id, json!({})).await;
        match resolved["resolution"].as_str().unwrap() {
            "still_unknown" => early = Some((id, key)),
            word => assert_eq!(word, "happened"),
        }
    }
    let (id, key) = early.unwrap();
    let silent = resolve(&server, &id, json!({ "outcome": "did_not_happen" })).await;
    assert_eq!(silent["code"], "VALIDATION_ERROR", "{silent}");
    let note = "I looked at the application's own list";
    let said = server.cli_json(&[
        "executions",
        "resolve",
        &id,
        "--outcome",
        "did-not-happen",
        "--note",
        note,
        "--json",
    ]);
    assert_eq!(said["resolution"], "did_not_happen");
    assert!(
        said["execution"]["error"]["hint"]
            .as_str()
            .unwrap()
            .contains(note)
    );
    // Said twice, or otherwise: what is known stays.
    let other = resolve(&server, &id, json!({ "outcome": "happened", "note": "no" })).await;
    assert_eq!(other["resolution"], "did_not_happen");
    // Whoever calls again with the key is told, and nothing is sent.
    application.take();
    let headers = [("idempotency-key", key.as_str())];
    let again = caller
        .execute(SLUG, "add_slowly", &headers, &json!({}))
        .await;
    assert_eq!(
        (again.status, &again.body["outcome"]),
        (502, &json!("failed")),
        "{:?}",
        again.body
    );
    assert_eq!(application.take().len(), 0);
    kept(
        "A11",
        "an early search that finds nothing is not believed; a person's word with a note is, once",
    );
    server.finish().await;
}
