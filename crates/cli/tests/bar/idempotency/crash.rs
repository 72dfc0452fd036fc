//! `kill -9` between the request and its answer: the same key says `unknown`, or takes the execution up again where the
//! application recognises the repetition.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::json;
use tenon_testkit::promise::{kept, scale};
use tenon_testkit::recorder::{Received, Recorder, answer};
use tenon_testkit::{Caller, Options, Server};

use crate::operator::{Folder, TENON, caller, connect};

const SLUG: &str = "acme";

/// How often each vendor key came to each path.
type Seen = Arc<Mutex<BTreeMap<(String, String), usize>>>;

/// An application that acts on a request and never answers it, and answers its repetition.
async fn application(seen: &Seen) -> Recorder {
    let seen = Arc::clone(seen);
    let script = move |received: &Received| {
        let (_, path) = received.line();
        let key = received.header("idempotency-key").first().cloned();
        let times = key.map_or(2, |key| {
            let mut seen = seen.lock().unwrap();
            let times = seen.entry((path, key)).or_default();
            *times += 1;
            *times
        });
        async move {
            if times == 1 {
                std::future::pending::<()>().await;
            }
            Some(answer(200, ""))
        }
    };
    Recorder::acting(SocketAddr::from(([127, 0, 0, 1], 0)), script).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn c4_after_kill_9_the_same_key_is_unknown_or_taken_up_again_with_the_same_vendor_key() {
    let seen = Seen::default();
    let application = application(&seen).await;
    let folder = Folder::new();
    folder.connector(SLUG, &application.base, "");
    let headers = "headers: { Idempotency-Key: \"{{ idempotency_key }}\" }";
    folder.action(
        SLUG,
        "add",
        &format!("request: {{ post: /things, {headers} }}\n"),
    );
    folder.action(
        SLUG,
        "add_once",
        &format!("idempotent: true\nrequest: {{ post: /once, {headers} }}\n"),
    );
    let options = Options {
        connectors: Some(folder.path().into()),
        allow_loopback: true,
        ..Options::default()
    };
    let mut server = Server::start(TENON, options);
    let mut caller = caller(&server);
    assert_eq!(connect(&server, SLUG, &[]).await.status, 200);
    let kills = scale(40, 100);
    for kill in 0..kills {
        application.take();
        let key = format!("kill {kill}");
        let calls = ["add", "add_once"].map(|action| {
            let (caller, key) = (caller.clone(), key.clone());
            tokio::spawn(async move {
                let headers = [("idempotency-key", key.as_str())];
                caller.try_execute(SLUG, action, &headers, &json!({})).await
            })
        });
        let bound = Instant::now() + Duration::from_secs(20);
        while application.count() < 2 {
            assert!(Instant::now() < bound, "the calls do not arrive");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        server.kill();
        for call in calls {
            assert!(call.await.unwrap().is_err(), "answered by a dead program");
        }
        server.restart();
        caller = caller.at(&server.http);
        ask_again(&caller, &key).await;
    }
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    let times = |wanted: &str| {
        let of_path = seen.iter().filter(|((path, _), _)| path == wanted);
        of_path.map(|(_, times)| *times).collect::<Vec<_>>()
    };
    let kills = usize::try_from(kills).unwrap();
    assert_eq!(
        times("/things"),
        vec![1; kills],
        "an unsafe request was sent again"
    );
    assert_eq!(
        times("/once"),
        vec![2; kills],
        "another vendor key, or sent more than once more"
    );
    kept(
        "C4",
        format!(
            "{kills} kills: {kills} unknown and never sent again, {kills} taken up again with the same vendor key"
        ),
    );
    server.finish().await;
}

/// What the same key says after the crash.
async fn ask_again(caller: &Caller, key: &str) {
    let headers = [("idempotency-key", key)];
    for _ in 0..2 {
        let unknown = caller.execute(SLUG, "add", &headers, &json!({})).await;
        assert_eq!(
            (unknown.status, &unknown.body["outcome"]),
            (502, &json!("unknown")),
            "{:?}",
            unknown.body
        );
        assert_eq!(unknown.body["retryable"], false);
        assert_eq!(unknown.body["node_status"], "Unknown");
    }
    let resumed = caller.execute(SLUG, "add_once", &headers, &json!({})).await;
    assert_eq!(
        (resumed.status, &resumed.body["success"]),
        (200, &json!(true)),
        "{:?}",
        resumed.body
    );
    assert_eq!(resumed.header("idempotent-replayed"), None);
    let again = caller.execute(SLUG, "add_once", &headers, &json!({})).await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.body, resumed.body);
}
