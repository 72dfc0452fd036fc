//! `tenon demo`: one document that a script can rely on.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tenon_testkit::{Http, Process};

use crate::tenon::{Said, command, run};

const ONCE: [&str; 5] = ["demo", "--once", "--json", "--listen", "127.0.0.1:0"];

fn demo(data: &Path) -> (Said, Value) {
    let said = run(data, &ONCE);
    assert_eq!(said.code, Some(0), "{said:?}");
    let document = said.json();
    (said, document)
}

#[test]
fn it_prints_one_document_with_the_call_its_answer_and_its_record() {
    let data = tempfile::tempdir().unwrap();
    let (_, document) = demo(data.path());
    let keys: Vec<_> = document.as_object().unwrap().keys().collect();
    let wanted = [
        "base_url",
        "api_key",
        "session_token",
        "linked_account_id",
        "request",
        "response",
        "execution",
    ];
    assert_eq!(keys, wanted);
    let (body, record) = (&document["response"]["body"], &document["execution"]);
    assert_eq!(document["response"]["status"], 200);
    assert_eq!(body["node_status"], "Success", "{body}");
    assert_eq!(record["execution_id"], body["execution_id"]);
    assert_eq!(record["outcome"], "succeeded");
    assert_eq!(record["linked_account_id"], document["linked_account_id"]);
    assert!(document["api_key"].as_str().unwrap().starts_with("tk_"));
    let bearer = format!("Bearer {}", document["session_token"].as_str().unwrap());
    assert_eq!(document["request"]["headers"]["Authorization"], bearer);
}

#[test]
fn a_second_demo_revokes_the_first_ones_key_and_adds_nothing_else() {
    let data = tempfile::tempdir().unwrap();
    let ((_, first), (_, second)) = (demo(data.path()), demo(data.path()));
    assert_ne!(first["api_key"], second["api_key"]);
    let keys = run(data.path(), &["api-key", "list", "--json"]).json();
    let live = keys
        .as_array()
        .unwrap()
        .iter()
        .filter(|key| key["revoked_at"].is_null());
    let hints: Vec<_> = live.map(|key| key["hint"].as_str().unwrap()).collect();
    assert_eq!(hints.len(), 1);
    assert!(second["api_key"].as_str().unwrap().starts_with(hints[0]));
    let account = second["linked_account_id"].as_str().unwrap();
    let list = ["connection", "list", "--account", account, "--json"];
    assert_eq!(run(data.path(), &list).json().as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn without_once_the_printed_call_can_be_made_again() {
    let data = tempfile::tempdir().unwrap();
    let arguments = ["demo", "--json", "--listen", "127.0.0.1:0"];
    let mut process = Process::start(&mut command(data.path(), &arguments));
    let document = process.wait_for("no document", Duration::from_secs(30), document);
    let http = Http::new(document["base_url"].as_str().unwrap());
    let path = document["request"]["url"].as_str().unwrap();
    let path = path
        .strip_prefix(document["base_url"].as_str().unwrap())
        .unwrap();
    let key = document["api_key"].as_str().unwrap();
    let account = document["linked_account_id"].as_str().unwrap();
    let headers = [("x-api-key", key), ("linked_account_id", account)];
    let other = json!({"email": "grace@example.com"});
    let answer = http.send("POST", path, &headers, Some(&other)).await;
    assert_eq!(answer.body["node_status"], "Success", "{answer:?}");
}

/// The document among what was said before and after it on stderr.
fn document(output: &str) -> Option<Value> {
    let from = output.find("{\n")?;
    let documents = serde_json::Deserializer::from_str(output.get(from..)?);
    documents.into_iter().next()?.ok()
}

#[test]
fn for_people_it_shows_a_call_to_paste() {
    let data = tempfile::tempdir().unwrap();
    let said = run(data.path(), &["demo", "--once", "--listen", "127.0.0.1:0"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(
        said.out.contains("curl -X POST 'http://127.0.0.1:"),
        "{said:?}"
    );
}
