//! The call that the whole product starts from, word for word, by `curl`.

use std::process::Command;

use serde_json::Value;
use tenon_testkit::{Options, Server};

use crate::TENON;

const BODY: &str = r#"{"email": "example@google.com", "lastname": "Smith", "firstname": "John", "company": "Google Inc.", "jobtitle": "Software Engineer"}"#;

fn curl(base: &str, headers: &[&str]) -> Value {
    let mut command = Command::new("curl");
    command.args(["-sS", "-X", "POST"]).arg(format!(
        "{base}/api/v2/integration-schema/hubspot/actions/create_contact/execute"
    ));
    for header in headers {
        command.args(["-H", header]);
    }
    let output = command
        .args(["-H", "Content-Type: application/json", "-d", BODY])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test]
async fn the_documented_call_works_word_for_word_both_ways_and_leaves_its_record() {
    let server = Server::start(TENON, Options::default());
    let caller = server.connect("hubspot", "ada@example.com", &["--sandbox"]);
    let token = serde_json::json!({"linked_account_id": caller.account});
    let token = server
        .http
        .send(
            "POST",
            "/api/v2/public/session-token",
            &[("x-api-key", &caller.key)],
            Some(&token),
        )
        .await;
    let bearer = format!(
        "Authorization: Bearer {}",
        token.body["token"].as_str().unwrap()
    );
    let key = format!("x-api-key: {}", caller.key);
    let account = format!("linked_account_id: {}", caller.account);

    for headers in [vec![bearer.as_str()], vec![key.as_str(), account.as_str()]] {
        let answer = curl(server.http.base(), &headers);
        assert_eq!(
            (&answer["node_status"], &answer["http_status"]),
            (&"Success".into(), &200.into()),
            "{answer}"
        );
        let data = answer["data"].as_object().unwrap();
        let keys: Vec<_> = data.keys().map(String::as_str).collect();
        assert_eq!(
            keys,
            ["id", "properties", "createdAt", "updatedAt", "archived"]
        );
        assert_eq!(data["archived"], false);
        let properties = data["properties"].as_object().unwrap();
        for (name, value) in serde_json::from_str::<Value>(BODY)
            .unwrap()
            .as_object()
            .unwrap()
        {
            assert_eq!(properties[name], *value);
        }
        for name in ["createdate", "hs_object_id", "lifecyclestage"] {
            assert!(properties[name].is_string(), "{name}");
        }
        let id = answer["execution_id"].as_str().unwrap();
        let record = caller
            .try_call(
                "GET",
                &format!("/api/v2/public/action-execution/{id}"),
                &[],
                None,
            )
            .await
            .unwrap()
            .body;
        assert_eq!(
            (&record["node_status"], &record["outcome"]),
            (&"Success".into(), &"succeeded".into()),
            "{record}"
        );
        assert_eq!(record["attempts"][0]["http_status"], 200);
        let shown = server.cli_json(&["executions", "show", id, "--json"]);
        assert_eq!(shown["execution_id"], record["execution_id"]);
    }
    server.finish().await;
}
