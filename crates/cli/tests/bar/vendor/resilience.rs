//! Applications that only fail: they are not called more for it, and found well again.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use tenon_testkit::promise::{kept, scale};
use tenon_testkit::recorder::{Received, Recorder, answer};
use tenon_testkit::{Answer, Caller, Options, Server};
use tokio::task::JoinSet;

use crate::operator::{Folder, TENON, caller, connect};

const SLUG: &str = "acme";

/// An application that answers with the status at hand.
async fn application(status: &Arc<AtomicU16>) -> Recorder {
    let status = Arc::clone(status);
    let script = move |_: &Received| answer(status.load(Ordering::SeqCst), "");
    Recorder::answering(SocketAddr::from(([127, 0, 0, 1], 0)), script).await
}

async fn served(application: &Recorder, environment: &[(&str, &str)]) -> (Server, Caller, Folder) {
    let folder = Folder::new();
    folder.connector(SLUG, &application.base, "");
    folder.action(SLUG, "get", "request: { get: /things }\n");
    let environment = environment.iter();
    let server = Server::start(
        TENON,
        Options {
            connectors: Some(folder.path().into()),
            allow_loopback: true,
            environment: environment
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            ..Options::default()
        },
    );
    let caller = caller(&server);
    assert_eq!(connect(&server, SLUG, &[]).await.status, 200);
    application.take();
    (server, caller, folder)
}

async fn get(caller: &Caller) -> Answer {
    caller.execute(SLUG, "get", &[], &json!({})).await
}

/// Offers so many calls, 32 at a time.
async fn offer(caller: &Caller, count: u64) -> Vec<Answer> {
    let (mut calls, mut answers) = (JoinSet::new(), Vec::new());
    for _ in 0..count {
        if calls.len() >= 32 {
            answers.extend(calls.join_next().await.map(Result::unwrap));
        }
        let caller = caller.clone();
        calls.spawn(async move { get(&caller).await });
    }
    answers.extend(calls.join_all().await);
    answers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d5_a_failing_application_is_given_up_probed_by_one_call_and_called_again_once_it_is_well()
{
    let status = Arc::new(AtomicU16::new(500));
    let application = application(&status).await;
    let (server, caller, _folder) = served(&application, &[]).await;
    let offered = scale(500, 20_000);
    let answers = offer(&caller, offered).await;
    let seen = application.take().len();
    // Twenty failures in a row, and what was on its way when the last of them came.
    assert!(seen <= 20 + 3 * 32, "{seen}");
    let suspended = answers
        .iter()
        .filter(|answer| answer.body["code"] == "UPSTREAM_SUSPENDED");
    let mut refused = 0;
    for answer in suspended {
        refused += 1;
        assert_eq!(
            (answer.status, &answer.body["outcome"]),
            (503, &json!("not_sent"))
        );
        assert_eq!(answer.body["retryable"], true);
        assert!(answer.header("retry-after").is_some());
    }
    assert!(refused > 0);

    status.store(200, Ordering::SeqCst);
    let well = Instant::now();
    while get(&caller).await.status != 200 {
        assert!(well.elapsed() < Duration::from_secs(10), "still given up");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let closed = well.elapsed();
    assert!(
        offer(&caller, 50)
            .await
            .iter()
            .all(|answer| answer.status == 200)
    );

    status.store(404, Ordering::SeqCst);
    application.take();
    assert!(
        offer(&caller, 100)
            .await
            .iter()
            .all(|answer| answer.body["http_status"] == 404)
    );
    assert_eq!(application.take().len(), 100);
    kept(
        "D5",
        format!(
            "{offered} calls to an application that only fails: {seen} requests, {refused} refused unsent; called again {:.1} s after it was well; 100 answers of 404 open nothing",
            closed.as_secs_f64()
        ),
    );
    server.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d5_where_every_call_fails_a_fifth_is_repeated() {
    let status = Arc::new(AtomicU16::new(503));
    let application = application(&status).await;
    let (server, caller, _folder) = served(&application, &[("TENON_BREAKER_FAILURES", "0")]).await;
    let offered = scale(300, 5_000);
    offer(&caller, offered).await;
    let seen = application.take().len();
    let amplified =
        f64::from(u32::try_from(seen).unwrap()) / f64::from(u32::try_from(offered).unwrap());
    // The first three repetitions are free: a lone call may be repeated too.
    assert!(
        seen as u64 <= offered + offered / 5 + 3,
        "{seen} of {offered}"
    );
    kept(
        "D5",
        format!(
            "{offered} calls that all failed, the breaker off: {seen} requests, {amplified:.3} times"
        ),
    );
    server.finish().await;
}
