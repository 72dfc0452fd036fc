//! The sandbox's fault switches: what callers see when the application misbehaves, and what is never repeated.

use serde_json::{Value, json};
use tenon_testkit::{Answer, Caller, Options, Server};

use crate::TENON;

async fn create(caller: &Caller, email: &str) -> Answer {
    caller
        .execute(
            "hubspot",
            "create_contact?timeout_ms=3000",
            &[],
            &json!({"email": email}),
        )
        .await
}

async fn list(caller: &Caller) -> Answer {
    caller
        .execute("hubspot", "get_contact?timeout_ms=5000", &[], &json!({}))
        .await
}

async fn attempts(caller: &Caller, answer: &Answer) -> Vec<Value> {
    let id = answer.body["execution_id"]
        .as_str()
        .unwrap_or_else(|| panic!("{:?}", answer.body));
    let record = caller
        .try_call(
            "GET",
            &format!("/api/v2/public/action-execution/{id}"),
            &[],
            None,
        )
        .await
        .unwrap();
    record.body["attempts"]
        .as_array()
        .unwrap_or_else(|| panic!("{:?}", record.body))
        .clone()
}

fn fault(server: &Server, arguments: &[&str]) {
    let mut command = vec!["sandbox", "fault", "set", "hubspot"];
    command.extend_from_slice(arguments);
    let output = server.cli(&command);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[tokio::test]
async fn a_write_is_sent_once_and_a_read_is_tried_again() {
    let server = Server::start(TENON, Options::default());
    let caller = server.connect("hubspot", "ada@example.com", &["--sandbox"]);

    fault(&server, &["server-error", "--status", "503"]);
    let write = create(&caller, "a@example.com").await;
    assert_eq!(
        (
            write.status,
            &write.body["node_status"],
            &write.body["http_status"]
        ),
        (200, &json!("Failed"), &json!(503))
    );
    assert_eq!(write.body["error"]["retryable"], false);
    assert_eq!(attempts(&caller, &write).await.len(), 1);

    fault(
        &server,
        &["server-error", "--status", "503", "--times", "1"],
    );
    let read = list(&caller).await;
    assert_eq!(read.body["node_status"], "Success", "{:?}", read.body);
    assert_eq!(attempts(&caller, &read).await.len(), 2);

    fault(&server, &["drop"]);
    let lost = create(&caller, "b@example.com").await;
    assert_eq!(
        (lost.status, &lost.body["code"]),
        (502, &json!("UPSTREAM_OUTCOME_UNKNOWN")),
        "{:?}",
        lost.body
    );
    assert_eq!(
        (&lost.body["node_status"], &lost.body["outcome"]),
        (&json!("Unknown"), &json!("unknown"))
    );
    assert_eq!(lost.body["retryable"], false);
    assert_eq!(attempts(&caller, &lost).await.len(), 1);

    fault(&server, &["slow", "--milliseconds", "20000"]);
    let late = create(&caller, "c@example.com").await;
    assert_eq!(
        (late.status, &late.body["code"]),
        (504, &json!("UPSTREAM_TIMEOUT"))
    );
    assert_eq!(late.body["node_status"], "Timed_Out");

    // The application did nothing, so a 429 is waited out even by a write.
    fault(
        &server,
        &["rate-limited", "--retry-after", "1", "--times", "1"],
    );
    let limited = create(&caller, "d@example.com").await;
    assert_eq!(limited.body["node_status"], "Success", "{:?}", limited.body);
    assert_eq!(attempts(&caller, &limited).await.len(), 2);

    fault(&server, &["unauthorized"]);
    let refused = create(&caller, "e@example.com").await;
    assert_eq!(
        refused.body["error"]["code"], "CREDENTIAL_REJECTED",
        "{:?}",
        refused.body
    );
    let later = create(&caller, "f@example.com").await;
    assert_eq!(
        (later.status, &later.body["code"]),
        (409, &json!("REAUTH_REQUIRED"))
    );
    server.finish().await;
}
