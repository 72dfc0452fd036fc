//! One key, one effect, however many call at once.

use serde_json::json;
use tenon_testkit::{Options, Server};
use tokio::task::JoinSet;

use crate::TENON;

#[tokio::test]
async fn two_hundred_concurrent_calls_with_one_key_make_one_record() {
    let server = Server::start(TENON, Options::default());
    let caller = server.connect("hubspot", "ada@example.com", &["--sandbox"]);
    let contact = json!({"email": "grace@example.com", "lastname": "Hopper"});
    let mut calls = JoinSet::new();
    for _ in 0..200 {
        let (caller, contact) = (caller.clone(), contact.clone());
        calls.spawn(async move {
            caller
                .execute(
                    "hubspot",
                    "create_contact",
                    &[("idempotency-key", "one")],
                    &contact,
                )
                .await
        });
    }
    let answers = calls.join_all().await;
    let won: Vec<_> = answers
        .iter()
        .filter(|answer| answer.status == 200)
        .collect();
    let waiting = answers.iter().filter(|answer| {
        answer.status == 409
            && answer.body["code"] == "IDEMPOTENCY_IN_FLIGHT"
            && answer.header("retry-after").is_some()
    });
    assert_eq!(won.len() + waiting.count(), 200);
    assert!(won.iter().all(|answer| answer.body == won[0].body));

    let search = json!({"propertyName": "email", "operator": "EQ", "value": "grace@example.com"});
    let found = caller
        .execute("hubspot", "search_contacts", &[], &search)
        .await;
    assert_eq!(found.body["data"]["total"], 1, "{:?}", found.body);

    let replayed = caller
        .execute(
            "hubspot",
            "create_contact",
            &[("idempotency-key", "\"one\"")],
            &contact,
        )
        .await;
    assert_eq!(replayed.header("idempotent-replayed"), Some("true"));
    assert_eq!(replayed.body, won[0].body);
    let other = json!({"email": "other@example.com"});
    let reused = caller
        .execute(
            "hubspot",
            "create_contact",
            &[("idempotency-key", "one")],
            &other,
        )
        .await;
    assert_eq!(
        (reused.status, &reused.body["code"]),
        (422, &json!("IDEMPOTENCY_KEY_REUSED"))
    );
    server.finish().await;
}
