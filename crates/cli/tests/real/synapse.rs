//! Real software as the application: a Matrix homeserver, by the connector that an operator would keep.

use serde_json::{Value, json};
use tenon_testkit::{Answer, Caller, Options, Server, Synapse};

use crate::TENON;
use crate::overlay::{copy, root};

const ACCOUNT: &str = "bot@example.com";

async fn run(caller: &Caller, action: &str, body: Value) -> Answer {
    caller.execute("matrix", action, &[], &body).await
}

#[tokio::test]
#[ignore = "needs Synapse: run by `cargo xtask test`"]
async fn a_real_chat_server_takes_a_message_once_and_its_401_and_429_are_told_apart() {
    let synapse = Synapse::start(0.2, 4);
    let source = root().join("examples/connectors/matrix");
    let overlay = copy(&source, &[("http://127.0.0.1:8008", &synapse.base)]);
    let connectors = Some(overlay.path().into());
    let server = Server::start(
        TENON,
        Options {
            connectors,
            allow_loopback: true,
            ..Options::default()
        },
    );
    let token = synapse.log_in().await;
    let caller = server.connect(
        "matrix",
        ACCOUNT,
        &["--field", &format!("access_token={token}")],
    );

    let me = run(&caller, "whoami", json!({})).await;
    assert_eq!(me.body["data"]["user_id"], "@bot:localhost", "{me:?}");
    let room = run(&caller, "create_room", json!({"name": "Tenon"})).await;
    let message = json!({"room_id": room.body["data"]["room_id"], "body": "Hello from Tenon"});
    a_message_is_said_once(&caller, &message).await;
    the_limit_is_a_result_or_is_waited_out(&caller, &message).await;
    a_forgotten_token_asks_to_connect_again(&server, &synapse, &caller, &token).await;
}

/// The same call twice is one message, and its second answer is the first one's.
async fn a_message_is_said_once(caller: &Caller, message: &Value) {
    let key = [("idempotency-key", "hello")];
    let first = caller
        .execute("matrix", "send_message", &key, message)
        .await;
    let second = caller
        .execute("matrix", "send_message", &key, message)
        .await;
    assert_eq!(first.body["node_status"], "Success", "{first:?}");
    assert_eq!(first.body, second.body);
    assert_eq!(second.header("idempotent-replayed"), Some("true"));
    let read = run(
        caller,
        "get_messages",
        json!({"room_id": message["room_id"], "limit": 20}),
    )
    .await;
    let events = read.body["data"]["chunk"].as_array().unwrap();
    let said = events
        .iter()
        .filter(|event| event["content"]["body"] == message["body"]);
    assert_eq!(said.count(), 1);
}

/// More messages than the homeserver takes at once (it holds a 429 back for half a second): with little time the 429 is the result, with more it is waited out.
async fn the_limit_is_a_result_or_is_waited_out(caller: &Caller, message: &Value) {
    let mut limited = None;
    for _ in 0..8 {
        let answer = run(caller, "send_message?timeout_ms=1500", message.clone()).await;
        if answer.body["http_status"] == 429 {
            limited = Some(answer);
            break;
        }
    }
    let limited = limited.unwrap_or_else(|| panic!("never limited"));
    let error = &limited.body["error"];
    assert_eq!(
        (&error["code"], &error["retryable"]),
        (&json!("M_LIMIT_EXCEEDED"), &json!(true))
    );
    assert!(error["retry_after_ms"].as_u64().unwrap() > 0);
    let patient = run(caller, "send_message?timeout_ms=30000", message.clone()).await;
    assert_eq!(patient.body["node_status"], "Success", "{patient:?}");
}

/// The call that meets the dead token is a result, the next one asks to connect again, and a new token mends it.
async fn a_forgotten_token_asks_to_connect_again(
    server: &Server,
    synapse: &Synapse,
    caller: &Caller,
    token: &str,
) {
    assert_eq!(synapse.log_out(token).await.status, 200);
    let rejected = run(caller, "whoami", json!({})).await;
    assert_eq!(
        (rejected.status, &rejected.body["http_status"]),
        (200, &json!(401))
    );
    assert_eq!(rejected.body["error"]["code"], "CREDENTIAL_REJECTED");
    let later = run(caller, "whoami", json!({})).await;
    assert_eq!(
        (later.status, &later.body["code"]),
        (409, &json!("REAUTH_REQUIRED"))
    );
    let fresh = format!("access_token={}", synapse.log_in().await);
    server.cli_json(&[
        "connection",
        "create",
        "matrix",
        "--account",
        ACCOUNT,
        "--field",
        &fresh,
        "--json",
    ]);
    assert_eq!(
        run(caller, "whoami", json!({})).await.body["node_status"],
        "Success"
    );
}
