//! One key, one effect: however many call at once, however slow the application is, whoever else uses the same word.

mod crash;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tenon_testkit::promise::{kept, scale};
use tenon_testkit::recorder::{Received, Recorder, answer};
use tenon_testkit::{Answer, Caller, Options, Server};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::operator::{ADA, Folder, TENON, caller, connect};

const SLUG: &str = "acme";

/// An application that answers each `POST /things` once `open` lets it.
async fn application(open: &Arc<Semaphore>) -> Recorder {
    let open = Arc::clone(open);
    let script = move |received: &Received| {
        let (open, waits) = (Arc::clone(&open), received.line().1 == "/things");
        async move {
            if waits {
                open.acquire().await.ok()?.forget();
            }
            Some(answer(200, ""))
        }
    };
    Recorder::acting(SocketAddr::from(([127, 0, 0, 1], 0)), script).await
}

async fn served(application: &Recorder) -> (Server, Caller, Folder) {
    let folder = Folder::new();
    folder.connector(SLUG, &application.base, "");
    let body = "params: { name: { type: string } }\nrequest: { post: /things, json: { name: \"{{ name }}\" } }\n";
    folder.action(SLUG, "add", body);
    folder.action(SLUG, "also", body);
    let server = Server::start(
        TENON,
        Options {
            connectors: Some(folder.path().into()),
            allow_loopback: true,
            ..Options::default()
        },
    );
    let caller = caller(&server);
    assert_eq!(connect(&server, SLUG, &[]).await.status, 200);
    application.take();
    (server, caller, folder)
}

async fn add(caller: &Caller, key: &str, name: &str) -> Answer {
    let headers = [("idempotency-key", key)];
    caller
        .execute(SLUG, "add", &headers, &json!({ "name": name }))
        .await
}

fn in_flight(answer: &Answer) -> bool {
    answer.status == 409
        && answer.body["code"] == "IDEMPOTENCY_IN_FLIGHT"
        && answer.header("retry-after").is_some()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c1_five_hundred_concurrent_calls_with_one_key_have_one_effect() {
    let open = Arc::new(Semaphore::new(0));
    let application = application(&open).await;
    let (server, caller, _folder) = served(&application).await;
    let rounds = scale(3, 50);
    let (mut replayed, mut waiting) = (0, 0);
    for round in 0..rounds {
        let key = format!("round {round}");
        let mut calls = JoinSet::new();
        for _ in 0..500 {
            let (caller, key) = (caller.clone(), key.clone());
            calls.spawn(async move { add(&caller, &key, "Grace").await });
        }
        // The one that was sent is held until most of the others were told so.
        let mut answers = Vec::new();
        while answers.len() < 400 {
            answers.push(calls.join_next().await.unwrap().unwrap());
        }
        assert!(
            answers.iter().all(in_flight),
            "{:?}",
            answers.iter().find(|one| !in_flight(one))
        );
        open.add_permits(1);
        answers.extend(calls.join_all().await);
        let won: Vec<_> = answers
            .iter()
            .filter(|answer| answer.status == 200)
            .collect();
        assert!(!won.is_empty() && won.iter().all(|answer| answer.body == won[0].body));
        let late = answers.iter().filter(|answer| in_flight(answer)).count();
        assert_eq!(won.len() + late, 500);
        assert_eq!(application.take().len(), 1, "round {round}");
        let first = won[0].body.clone();
        for _ in 0..100 {
            let again = add(&caller, &format!("\"{key}\""), "Grace").await;
            assert_eq!(again.header("idempotent-replayed"), Some("true"));
            assert_eq!(again.body, first);
        }
        let other = add(&caller, &key, "Ada").await;
        assert_eq!(
            (other.status, &other.body["code"]),
            (422, &json!("IDEMPOTENCY_KEY_REUSED"))
        );
        assert_eq!(application.take().len(), 0);
        replayed += 100;
        waiting += late;
    }
    kept(
        "C1",
        format!(
            "{rounds} rounds of 500 calls with one key: 1 request each, {waiting} told to wait, {replayed} replays alike"
        ),
    );
    server.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c2_a_slow_action_is_not_started_again_by_those_who_ask_every_moment() {
    let open = Arc::new(Semaphore::new(0));
    let application = application(&open).await;
    let (server, caller, _folder) = served(&application).await;
    let (seconds, every) = (scale(3, 28), Duration::from_millis(scale(100, 1000)));
    let first = {
        let caller = caller.clone();
        tokio::spawn(async move { add(&caller, "slow", "Grace").await })
    };
    let bound = std::time::Instant::now() + Duration::from_secs(10);
    while application.count() == 0 {
        assert!(std::time::Instant::now() < bound);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let (mut asked, until) = (0, std::time::Instant::now() + Duration::from_secs(seconds));
    while std::time::Instant::now() < until {
        let again = add(&caller, "slow", "Grace").await;
        assert!(in_flight(&again), "{:?}", again.body);
        asked += 1;
        tokio::time::sleep(every).await;
    }
    open.add_permits(1);
    let first = first.await.unwrap();
    assert_eq!(first.status, 200);
    assert_eq!(add(&caller, "slow", "Grace").await.body, first.body);
    assert_eq!(application.take().len(), 1);
    kept(
        "C2",
        format!("an action of {seconds} s asked for {asked} times more meanwhile: 1 request"),
    );
    server.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c3_a_key_is_one_accounts_for_one_action_and_outlives_the_api_key_it_came_with() {
    let open = Arc::new(Semaphore::new(1000));
    let application = application(&open).await;
    let (server, ada, _folder) = served(&application).await;
    let execution = |answer: &Answer| answer.body["execution_id"].as_str().unwrap().to_owned();
    let first = add(&ada, "same", "Grace").await;
    let mut ids = vec![execution(&first)];

    // Another action, another account, another environment: other calls.
    let headers = [("idempotency-key", "same")];
    let also = ada
        .execute(SLUG, "also", &headers, &json!({ "name": "Grace" }))
        .await;
    ids.push(execution(&also));
    let field = format!("token={}", tenon_testkit::SECRET);
    let bob = server.connect(SLUG, "bob@example.com", &["--field", &field]);
    ids.push(execution(&add(&bob, "same", "Grace").await));
    let production = in_production(&server, &field);
    ids.push(execution(&add(&production, "same", "Grace").await));
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 4, "two calls shared one execution");
    let other = add(&ada, "same", "Ada").await;
    assert_eq!(
        (other.status, &other.body["code"]),
        (422, &json!("IDEMPOTENCY_KEY_REUSED"))
    );

    // The API key is changed between the try and the retry.
    let listed = server.cli_json(&["api-key", "list", "--json"]);
    let ids = serde_json::to_string(&listed).unwrap();
    let ids = ids.split("\"api_key_id\":\"").skip(1);
    for id in ids.map(|rest| rest.split('"').next().unwrap()) {
        server.cli_json(&["api-key", "revoke", id, "--json"]);
    }
    assert_eq!(add(&ada, "same", "Grace").await.status, 401);
    let made = server.cli_json(&["api-key", "create", "new", "--json"]);
    let ada = server.caller(made["api_key"].as_str().unwrap(), ADA);
    application.take();
    let again = add(&ada, "same", "Grace").await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.body, first.body);
    assert_eq!(application.take().len(), 0);
    kept(
        "C3",
        "4 scopes with the same key: 4 executions; another body 422; replayed with a new API key after the old one was revoked",
    );
    server.finish().await;
}

/// The same account's id in the other environment.
fn in_production(server: &Server, field: &str) -> Caller {
    let there = ["--environment", "production", "--json"];
    let run = |arguments: &[&str]| -> Value {
        let all: Vec<&str> = arguments.iter().copied().chain(there).collect();
        server.cli_json(&all)
    };
    run(&["linked-account", "create", ADA]);
    run(&[
        "connection",
        "create",
        SLUG,
        "--account",
        ADA,
        "--field",
        field,
    ]);
    let made = run(&["api-key", "create", "test"]);
    server.caller(made["api_key"].as_str().unwrap(), ADA)
}
