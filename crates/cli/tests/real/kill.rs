//! `kill -9` under load: nothing acknowledged is missing from the journal, nothing reached the application without a
//! row, nothing is sent twice.
//!
//! The application is the sandbox's emulator in this process, so that it outlives the server. Each request carries the
//! key that Tenon makes for its execution, which the journal shows beside the row: the two sides are joined by it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde_json::{Value, json};
use tenon_sandbox::Sandbox;
use tenon_testkit::{Caller, Http, Options, Server};
use tokio::task::JoinSet;

use crate::TENON;
use crate::overlay::{bundle, copy, root};

/// How often the server is killed; `TENON_KILLS` says otherwise.
const KILLS: usize = 20;
const CALLERS: u64 = 32;
const TOKEN: &str = "sandbox_canary7Q2vX9";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_twenty_times_under_load_it_loses_and_repeats_nothing() {
    let kills = std::env::var("TENON_KILLS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(KILLS);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let application = format!("http://{}", listener.local_addr().unwrap());
    let key_field = "      hubspot_owner_id: \"{{ hubspot_owner_id }}\"\n";
    let keyed = format!("{key_field}      tenon_key: \"{{{{ idempotency_key }}}}\"\n");
    let source = root().join("connectors/hubspot");
    let overlay = copy(
        &source,
        &[
            ("https://api.hubapi.com", &application),
            (key_field, &keyed),
        ],
    );
    let connector = Arc::new(bundle(&overlay.path().join("hubspot")).compile().unwrap());
    let emulator = Sandbox::new(move || vec![Arc::clone(&connector)]);
    tokio::spawn(emulator.serve(listener, std::future::pending()));

    let mut server = Server::start(
        TENON,
        Options {
            connectors: Some(overlay.path().into()),
            allow_loopback: true,
            ..Options::default()
        },
    );
    let field = format!("access_token={TOKEN}");
    let mut caller = server.connect(
        "hubspot",
        "kill@example.com",
        &["--auth", "keybased", "--field", &field],
    );
    let numbers = Arc::new(AtomicU64::new(0));
    let mut acknowledged = HashMap::new();
    for _ in 0..kills {
        let stop = Arc::new(AtomicBool::new(false));
        let mut load = JoinSet::new();
        for _ in 0..CALLERS {
            load.spawn(call_until(
                caller.clone(),
                Arc::clone(&numbers),
                Arc::clone(&stop),
            ));
        }
        // Killed in full flight: after a hundred more calls were begun.
        let mark = numbers.load(Ordering::Relaxed) + 100;
        while numbers.load(Ordering::Relaxed) < mark {
            tokio::task::yield_now().await;
        }
        server.kill();
        stop.store(true, Ordering::Relaxed);
        acknowledged.extend(load.join_all().await.into_iter().flatten());
        server.restart();
        caller = caller.at(&server.http);
    }
    check(&caller, &application, &acknowledged, kills).await;
    server.finish().await;
}

/// Calls until the server is gone, and returns what was acknowledged: execution and status.
async fn call_until(
    caller: Caller,
    numbers: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
) -> Vec<(String, String)> {
    let mut acknowledged = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let number = numbers.fetch_add(1, Ordering::Relaxed);
        let contact = json!({"email": format!("person{number}@example.com")});
        let Ok(answer) = caller
            .try_execute("hubspot", "create_contact", &[], &contact)
            .await
        else {
            break;
        };
        let text = |name: &str| answer.body[name].as_str().unwrap_or_default().to_owned();
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        acknowledged.push((text("execution_id"), text("node_status")));
    }
    acknowledged
}

async fn check(
    caller: &Caller,
    application: &str,
    acknowledged: &HashMap<String, String>,
    kills: usize,
) {
    let journal = caller.journal().await;
    let rows: HashMap<&str, &Value> = journal
        .iter()
        .map(|row| (row["execution_id"].as_str().unwrap(), row))
        .collect();
    assert!(
        acknowledged.len() >= 50 * kills,
        "too few calls to prove anything: {}",
        acknowledged.len()
    );
    for (execution, status) in acknowledged {
        let row = rows
            .get(execution.as_str())
            .unwrap_or_else(|| panic!("acknowledged and not in the journal: {execution}"));
        assert_eq!(row["node_status"], status.as_str());
    }
    let open: Vec<_> = journal
        .iter()
        .filter(|row| row["node_status"].is_null())
        .collect();
    assert!(open.is_empty(), "left open after a restart: {open:?}");

    let keys: HashSet<&str> = journal
        .iter()
        .map(|row| row["request"]["idempotency_key"].as_str().unwrap())
        .collect();
    let arrived = arrived(application).await;
    let unknown: Vec<_> = arrived
        .iter()
        .filter(|key| !keys.contains(key.as_str()))
        .collect();
    assert!(
        unknown.is_empty(),
        "reached the application without a row: {unknown:?}"
    );
    let distinct: HashSet<_> = arrived.iter().collect();
    assert_eq!(distinct.len(), arrived.len(), "something was sent twice");
}

/// The keys of every record that the application has.
async fn arrived(application: &str) -> Vec<String> {
    let (http, bearer) = (Http::new(application), format!("Bearer {TOKEN}"));
    let (mut keys, mut after) = (Vec::new(), String::new());
    loop {
        let path = format!("/crm/v3/objects/contacts?limit=100{after}");
        let page = http
            .send("GET", &path, &[("authorization", &bearer)], None)
            .await
            .body;
        let records = page["results"]
            .as_array()
            .unwrap_or_else(|| panic!("{page}"));
        keys.extend(records.iter().map(|record| {
            record["properties"]["tenon_key"]
                .as_str()
                .unwrap()
                .to_owned()
        }));
        match page["paging"]["next"]["after"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return keys,
        }
    }
}
