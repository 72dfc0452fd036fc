//! J: operations. Upgrade, back-up, tamper evidence.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde_json::{Value, json};
use tenon_testkit::promise::{kept, scale};
use tenon_testkit::{Caller, Options, Server};
use tokio::task::JoinSet;

use crate::operator::{ADA, TENON};

const SLUG: &str = "hubspot";

/// A server whose account has a sandbox connection.
fn sandboxed() -> (Server, Caller) {
    let server = Server::start(TENON, Options::default());
    let caller = server.connect(SLUG, ADA, &["--sandbox"]);
    (server, caller)
}

/// Executes one action, and says which execution it was.
async fn execute(caller: &Caller, number: usize) -> Option<String> {
    let contact = json!({"email": format!("person{number}@example.com")});
    let answer = caller.try_execute(SLUG, "create_contact", &[], &contact);
    let answer = answer.await.ok()?;
    let id = answer.body["execution_id"].as_str()?.to_owned();
    (answer.status == 200).then_some(id)
}

/// Runs the program on another directory than a server's.
fn tenon(data: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(TENON);
    command.args(arguments).arg("--data-dir").arg(data);
    command.output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// The ids of all executions in a database.
fn executions(database: &Path) -> BTreeSet<String> {
    let connection = Connection::open(database).unwrap();
    let mut statement = connection.prepare("SELECT id FROM executions").unwrap();
    let ids = statement.query_map([], |row| row.get(0)).unwrap();
    ids.collect::<Result<_, _>>().unwrap()
}

/// What the check of the journal says, and whether it exits well.
fn verified(server: &Server) -> (Value, bool) {
    let output = server.cli(&["journal", "verify", "--json"]);
    let seen = serde_json::from_slice(&output.stdout);
    let seen = seen.unwrap_or_else(|error| panic!("{error}: {}", said(&output)));
    (seen, output.status.success())
}

fn named(seen: &Value) -> BTreeSet<String> {
    let findings = seen["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| finding["subject"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j2_a_copy_made_under_load_has_everything_acknowledged_and_opens_with_the_key_only() {
    let (server, caller) = sandboxed();
    let rounds = scale(1, 3);
    let (mut acknowledged, mut restored) = (BTreeSet::new(), 0);
    for round in 0..rounds {
        let stop = Arc::new(AtomicBool::new(false));
        let mut load = JoinSet::new();
        for lane in 0..8 {
            let (caller, stop) = (caller.clone(), Arc::clone(&stop));
            load.spawn(async move {
                let mut number = 0;
                while !stop.load(Ordering::Relaxed) {
                    number += 1;
                    assert!(execute(&caller, lane * 1_000_000 + number).await.is_some());
                }
            });
        }
        for number in 0..40 {
            acknowledged.insert(execute(&caller, number).await.unwrap());
        }
        let folder = tempfile::tempdir().unwrap();
        let copy = folder.path().join("copy.db");
        let made = tokio::task::block_in_place(|| {
            server.cli(&["backup", copy.to_str().unwrap(), "--json"])
        });
        assert!(made.status.success(), "{}", said(&made));
        stop.store(true, Ordering::Relaxed);
        load.join_all().await;

        let data = folder.path().join("new");
        let restore = ["restore", copy.to_str().unwrap()];
        let without = tenon(&data, &restore);
        assert!(!without.status.success() && said(&without).contains("no key file"));
        std::fs::create_dir_all(&data).unwrap();
        let foreign = tenon(&folder.path().join("other"), &["organization", "list"]);
        assert!(foreign.status.success(), "{}", said(&foreign));
        let key = folder.path().join("other/tenon.key");
        let wrong = [&restore[..], &["--key-file", key.to_str().unwrap()]].concat();
        let wrong = tenon(&data, &wrong);
        assert!(!wrong.status.success() && said(&wrong).contains("does not open this database"));
        assert!(!data.join("tenon.db").exists());

        for file in ["tenon.key", "admin.key"] {
            std::fs::copy(server.data().join(file), data.join(file)).unwrap();
        }
        let right = tenon(&data, &restore);
        assert!(right.status.success(), "{}", said(&right));
        let there = executions(&data.join("tenon.db"));
        let missing: Vec<_> = acknowledged.difference(&there).collect();
        assert!(missing.is_empty(), "round {round}: {missing:?}");
        restored += there.len();
        let again = tenon(&data, &restore);
        assert!(!again.status.success() && said(&again).contains("exists already"));
        let verified = tenon(&data, &["journal", "verify"]);
        assert!(verified.status.success(), "{}", said(&verified));
    }
    let count = acknowledged.len();
    kept(
        "J2",
        format!(
            "{rounds} copies under load: {count} of {count} acknowledged executions restored, {restored} rows whole; refused without a key and with another's"
        ),
    );
    server.finish().await;
}

#[tokio::test]
async fn j3_a_second_process_on_the_same_file_refuses_to_start() {
    let (server, _) = sandboxed();
    let begun = Instant::now();
    let second = tenon(server.data(), &["serve", "--listen", "127.0.0.1:0"]);
    let took = begun.elapsed();
    assert!(!second.status.success());
    assert!(
        said(&second).contains("in use by another process"),
        "{}",
        said(&second)
    );
    assert!(took < Duration::from_secs(20), "{took:?}");
    for command in ["migrate", "restore"] {
        let file = server.data().join("tenon.db");
        let more: &[&str] = match command {
            "restore" => &["restore", file.to_str().unwrap()],
            _ => &["migrate"],
        };
        let refused = tenon(server.data(), more);
        assert!(!refused.status.success(), "{command}: {}", said(&refused));
    }
    kept("J3", format!("refused after {took:?}"));
    server.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn j4_a_journal_is_clean_after_a_kill_and_every_row_tampered_with_is_named() {
    let (mut server, caller) = sandboxed();
    let tampered = 100;
    let mut ids = Vec::new();
    for number in 0..tampered + 20 {
        ids.push(execute(&caller, number).await.unwrap());
    }
    let mut load = JoinSet::new();
    for lane in 1..9 {
        let caller = caller.clone();
        load.spawn(async move {
            let mut number = 0;
            while execute(&caller, lane * 1_000_000 + number).await.is_some() {
                number += 1;
            }
        });
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    server.kill();
    load.join_all().await;
    server.restart();
    let (seen, well) = verified(&server);
    assert!(well && seen["findings"] == json!([]), "{seen}");
    let rows = seen["rows"].as_u64().unwrap();

    let database = Connection::open(server.data().join("tenon.db")).unwrap();
    database.busy_timeout(Duration::from_secs(10)).unwrap();
    for (number, id) in ids.iter().take(tampered).enumerate() {
        let sql = match number % 3 {
            0 => "DELETE FROM executions WHERE id = ?1",
            1 => "UPDATE executions SET node_status = 'Failed' WHERE id = ?1",
            _ => {
                "UPDATE executions SET (started_at, finished_at, request_id) = (
                    SELECT started_at, finished_at, request_id FROM executions
                    WHERE id <> ?1 ORDER BY id DESC LIMIT 1) WHERE id = ?1"
            }
        };
        assert_eq!(database.execute(sql, [id]).unwrap(), 1);
    }
    drop(database);
    let (seen, well) = verified(&server);
    assert!(!well);
    let expected: BTreeSet<String> = ids.iter().take(tampered).cloned().collect();
    assert_eq!(named(&seen), expected);
    kept(
        "J4",
        format!(
            "{rows} rows clean after kill -9; {tampered} of {tampered} tampered rows named, 0 others"
        ),
    );
    server.finish().await;
}

#[tokio::test]
async fn an_account_is_erased_with_its_history_and_the_receipt_says_how_much() {
    let (server, caller) = sandboxed();
    for number in 0..3 {
        execute(&caller, number).await.unwrap();
    }
    let receipt = server.cli_json(&["linked-account", "delete", ADA, "--history", "--json"]);
    assert_eq!(receipt["connections"], 1);
    assert_eq!(receipt["executions"], 3);
    assert_eq!(executions(&server.data().join("tenon.db")).len(), 0);
    let (seen, well) = verified(&server);
    assert!(well, "{seen}");
    server.finish().await;
}

#[tokio::test]
async fn a_schema_is_looked_at_and_brought_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let look = ["migrate", "--check", "--json"];
    let behind = tenon(&data, &look);
    assert_eq!(behind.status.code(), Some(1), "{}", said(&behind));
    assert!(!data.exists(), "it only looks");
    let brought = tenon(&data, &["migrate", "--json"]);
    let answer: Value = serde_json::from_slice(&brought.stdout).unwrap();
    assert_eq!(
        (&answer["from"], &answer["changed"]),
        (&json!(0), &json!(true))
    );
    let current = tenon(&data, &look);
    assert_eq!(current.status.code(), Some(0), "{}", said(&current));
}
