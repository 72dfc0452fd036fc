//! Webhooks: what happened to a connection is told, whenever the process dies.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tenon_testkit::promise::scale;
use tenon_testkit::recorder::{Received, Recorder, answer};
use tenon_testkit::{Answer, Caller, Postgres, Server};

use crate::engines::{Engine, Stage, slug};
use crate::hostile::CREDENTIAL;

/// A delivery whose process died is in nobody's hand after half a minute; the rest is leniency for a busy machine.
const TOLD: Duration = Duration::from_secs(90);

/// An endpoint that answers, but for the times when it takes a request and says nothing.
struct Endpoint {
    recorder: Recorder,
    holding: Arc<AtomicBool>,
    got: Vec<Received>,
}

impl Endpoint {
    async fn start() -> Self {
        let holding = Arc::new(AtomicBool::new(false));
        let held = Arc::clone(&holding);
        let script = move |_: &Received| {
            let silent = held.load(Ordering::SeqCst);
            async move {
                match silent {
                    true => std::future::pending().await,
                    false => Some(answer(200, "")),
                }
            }
        };
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        Self {
            recorder: Recorder::acting(address, script).await,
            holding,
            got: Vec::new(),
        }
    }

    /// Waits until something is there.
    async fn until(&mut self, seen: impl Fn(&Self) -> bool, what: &str) {
        let end = Instant::now() + TOLD;
        loop {
            self.got.extend(self.recorder.take());
            if seen(self) {
                return;
            }
            assert!(Instant::now() < end, "{what} is not told");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// How often this event of this connection was told.
    fn count(&self, event: &str, connection: &str) -> usize {
        let bodies = self.got.iter().map(body);
        bodies
            .filter(|body| body["event"] == event && body["connection_id"] == connection)
            .count()
    }
}

fn body(received: &Received) -> Value {
    serde_json::from_slice(&received.body).unwrap()
}

fn id(received: &Received) -> String {
    received.header("webhook-id").join(" ")
}

async fn call(caller: &Caller, method: &str, path: &str, body: Option<&Value>) -> Answer {
    let answer = caller.try_call(method, path, &[], body).await.unwrap();
    assert_eq!(answer.status, 200, "{method} {path}: {answer:?}");
    answer
}

/// Makes one more connection, and says which.
async fn connect(server: &Server, caller: &Caller) -> String {
    let (account, slug) = (caller.account.replace('@', "%40"), slug());
    let path = format!("/api/v2/admin/linked-accounts/{account}/connections/{slug}");
    let fields = CREDENTIAL.iter().filter(|word| word.contains('='));
    let fields: BTreeMap<_, _> = fields.filter_map(|word| word.split_once('=')).collect();
    let wanted = json!({"another": true, "fields": fields});
    let key = server.admin_key();
    let headers = [("x-admin-key", key.as_str())];
    let made = server
        .http
        .send("POST", &path, &headers, Some(&wanted))
        .await;
    assert_eq!(made.status, 200, "{made:?}");
    made.body["connection_id"].as_str().unwrap().to_owned()
}

async fn disconnect(caller: &Caller, connection: &str) {
    let path = format!("/api/v2/public/connection/{connection}");
    call(caller, "DELETE", &path, None).await;
}

/// Everything that was told, by its id: the same words every time, and no two ids for one event.
fn check_ids(endpoint: &Endpoint) -> (usize, usize) {
    let mut told: BTreeMap<String, BTreeSet<Vec<u8>>> = BTreeMap::new();
    for received in &endpoint.got {
        let words = told.entry(id(received)).or_default();
        words.insert(received.body.clone());
    }
    assert!(told.values().all(|words| words.len() == 1), "{told:?}");
    let words: BTreeSet<_> = told.values().flatten().collect();
    assert_eq!(words.len(), told.len(), "one event has two ids");
    (endpoint.got.len(), told.len())
}

async fn run(engine: &Engine, rounds: u64) -> String {
    let (stage, mut endpoint) = (Stage::new().await, Endpoint::start().await);
    let mut server = stage.server(engine);
    let mut caller = stage.caller(&server);
    let events = ["connection-created", "connection-deleted"];
    let wanted = json!({"webhook_url": endpoint.recorder.base, "webhook_events": events});
    call(&caller, "POST", "/api/v2/public/webhook", Some(&wanted)).await;
    let (mut made, mut gone): (Vec<String>, Vec<String>) = Default::default();
    for round in 0..rounds {
        // Every other time it dies at once; else a little later, or in the middle of a request.
        let held = round % 3 == 2;
        endpoint.holding.store(held, Ordering::SeqCst);
        let connection = connect(&server, &caller).await;
        if let Some(earlier) = made.pop() {
            disconnect(&caller, &earlier).await;
            gone.push(earlier);
        }
        if held {
            let heard = |endpoint: &Endpoint| endpoint.count("Connection Created", &connection) > 0;
            endpoint.until(heard, &connection).await;
        } else {
            tokio::time::sleep(Duration::from_millis(round % 3 * 4)).await;
        }
        server.kill();
        let before = endpoint.count("Connection Created", &connection);
        endpoint.holding.store(false, Ordering::SeqCst);
        server.restart();
        caller = caller.at(&server.http);
        let least = before + usize::from(held);
        let told = |endpoint: &Endpoint| {
            let deleted = |id: &String| endpoint.count("Connection Deleted", id) > 0;
            endpoint.count("Connection Created", &connection) >= least.max(1)
                && gone.iter().all(deleted)
        };
        endpoint.until(told, &connection).await;
        made.push(connection);
    }
    let (times, events) = check_ids(&endpoint);
    server.finish().await;
    format!(
        "{}: {rounds} kills, {events} events told {times} times, 0 lost, each under one id",
        engine.name()
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_happened_to_a_connection_is_told_after_a_kill_under_the_same_id() {
    println!("{}", run(&Engine::Sqlite, scale(9, 90)).await);
    // There the lease of a process that died has to be waited for.
    let postgres = Engine::postgres(Postgres::shared());
    println!("{}", run(&postgres, scale(3, 30)).await);
}
