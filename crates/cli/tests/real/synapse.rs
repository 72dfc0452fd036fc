//! Real software as the application: a Matrix homeserver, by the connector that an operator would keep.

use serde_json::json;
use tenon_testkit::{Options, Server, Synapse};

use crate::TENON;
use crate::overlay::{copy, root};

#[tokio::test]
#[ignore = "needs Synapse: run by `cargo xtask test`"]
async fn a_real_chat_server_takes_a_message_once_and_its_401_and_429_are_told_apart() {
    let synapse = Synapse::start(0.5, 4);
    let source = root().join("examples/connectors/matrix");
    let overlay = copy(&source, &[("http://127.0.0.1:8008", &synapse.base)]);
    let server = Server::start(
        TENON,
        Options {
            connectors: Some(overlay.path().into()),
            allow_loopback: true,
        },
    );
    let token = synapse.log_in().await;
    let field = format!("access_token={token}");
    let caller = server.connect("matrix", "bot@example.com", &["--field", &field]);

    let me = caller.execute("matrix", "whoami", &[], &json!({})).await;
    assert_eq!(
        me.body["data"]["user_id"], "@bot:localhost",
        "{:?}",
        me.body
    );
    let room = caller
        .execute("matrix", "create_room", &[], &json!({"name": "Tenon"}))
        .await;
    let room = room.body["data"]["room_id"]
        .as_str()
        .unwrap_or_else(|| panic!("{:?}", room.body))
        .to_owned();

    // The same call twice is one message, and its second answer is the first one's.
    let message = json!({"room_id": room, "body": "Hello from Tenon"});
    let first = caller
        .execute(
            "matrix",
            "send_message",
            &[("idempotency-key", "hello")],
            &message,
        )
        .await;
    let second = caller
        .execute(
            "matrix",
            "send_message",
            &[("idempotency-key", "hello")],
            &message,
        )
        .await;
    assert_eq!(first.body["node_status"], "Success", "{:?}", first.body);
    assert_eq!(first.body, second.body);
    assert_eq!(second.header("idempotent-replayed"), Some("true"));
    let read = caller
        .execute(
            "matrix",
            "get_messages",
            &[],
            &json!({"room_id": room, "limit": 20}),
        )
        .await;
    let hellos = read.body["data"]["chunk"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["content"]["body"] == "Hello from Tenon");
    assert_eq!(hellos.count(), 1);

    // More messages than the homeserver takes at once: with little time the 429 is the result, with more it is waited out.
    let mut limited = None;
    for _ in 0..8 {
        let answer = caller
            .execute("matrix", "send_message?timeout_ms=400", &[], &message)
            .await;
        if answer.body["http_status"] == 429 {
            limited = Some(answer);
            break;
        }
    }
    let limited = limited.unwrap();
    assert_eq!(
        limited.body["error"]["code"], "M_LIMIT_EXCEEDED",
        "{:?}",
        limited.body
    );
    assert_eq!(limited.body["error"]["retryable"], true);
    assert!(limited.body["error"]["retry_after_ms"].as_u64().unwrap() > 0);
    let patient = caller
        .execute("matrix", "send_message?timeout_ms=30000", &[], &message)
        .await;
    assert_eq!(patient.body["node_status"], "Success", "{:?}", patient.body);

    // A token that the homeserver has forgotten: this call is a result, the next one asks to connect again.
    assert_eq!(synapse.log_out(&token).await.status, 200);
    let rejected = caller.execute("matrix", "whoami", &[], &json!({})).await;
    assert_eq!(
        (rejected.status, &rejected.body["http_status"]),
        (200, &json!(401))
    );
    assert_eq!(rejected.body["error"]["code"], "CREDENTIAL_REJECTED");
    let later = caller.execute("matrix", "whoami", &[], &json!({})).await;
    assert_eq!(
        (later.status, &later.body["code"]),
        (409, &json!("REAUTH_REQUIRED"))
    );

    // A new credential for the same connection mends it.
    let fresh = format!("access_token={}", synapse.log_in().await);
    server.cli_json(&[
        "connection",
        "create",
        "matrix",
        "--account",
        "bot@example.com",
        "--field",
        &fresh,
        "--json",
    ]);
    assert_eq!(
        caller
            .execute("matrix", "whoami", &[], &json!({}))
            .await
            .body["node_status"],
        "Success"
    );
}
