//! B9: keys are rotated while calls go on, and a rotation that was cut off goes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tenon_testkit::promise::{kept, scale};
use tenon_testkit::{Application, Caller, Options, Server};

use crate::operator::{ADA, Folder, TENON, caller, connect};

const SLUG: &str = "acme";
const ROTATE: &str = "/api/v2/admin/key-ring/rotate";

async fn served() -> (Server, Caller, Folder) {
    let application = Application::start().await;
    let folder = Folder::new();
    folder.connector(SLUG, &application.base, "");
    folder.action(SLUG, "add", "request: { post: /things }\n");
    let options = Options {
        connectors: Some(folder.path().into()),
        allow_loopback: true,
        ..Options::default()
    };
    let server = Server::start(TENON, options);
    let caller = caller(&server);
    let connected = connect(&server, SLUG, &[]).await;
    assert_eq!(connected.status, 200, "{}", connected.body);
    (server, caller, folder)
}

/// The ids in the key file.
fn ring(server: &Server) -> Vec<String> {
    let text = std::fs::read_to_string(server.data().join("tenon.key")).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let ids = lines.map(|line| line.split(' ').next().unwrap_or_default().to_owned());
    ids.collect()
}

async fn rotate(server: &Server, data_keys: bool) -> Result<tenon_testkit::Answer, String> {
    let key = server.admin_key();
    let headers = [("x-admin-key", key.as_str())];
    let body = json!({ "data_keys": data_keys });
    server
        .http
        .try_send("POST", ROTATE, &headers, Some(&body))
        .await
}

async fn add(caller: &Caller, key: &str) -> tenon_testkit::Answer {
    let headers = [("idempotency-key", key)];
    caller.execute(SLUG, "add", &headers, &json!({})).await
}

/// Calls without an end until it is told to stop; says how many went well, and what the others got.
async fn load(
    caller: Caller,
    worker: u64,
    stop: Arc<AtomicBool>,
    calls: Arc<AtomicU64>,
) -> Vec<Value> {
    let mut wrong = Vec::new();
    while !stop.load(Ordering::SeqCst) {
        let number = calls.fetch_add(1, Ordering::SeqCst);
        let answer = add(&caller, &format!("load-{worker}-{number}")).await;
        if answer.status != 200 || answer.body["node_status"] != "Success" {
            wrong.push(answer.body);
        }
    }
    wrong
}

#[tokio::test(flavor = "multi_thread")]
async fn b9_keys_are_rotated_under_load_without_an_error_and_everything_opens_afterwards() {
    let (mut server, caller, _folder) = served().await;
    let first = add(&caller, "before").await;
    assert_eq!(first.status, 200, "{}", first.body);
    let (stop, calls) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicU64::new(0)),
    );
    let workers: Vec<_> = (0..4)
        .map(|worker| load(caller.clone(), worker, stop.clone(), calls.clone()))
        .map(tokio::spawn)
        .collect();
    let rotations = scale(4, 10);
    let mut slowest = Duration::ZERO;
    for number in 0..rotations {
        let (old, begun) = (ring(&server), std::time::Instant::now());
        let done = rotate(&server, number % 2 == 1).await.unwrap();
        assert_eq!(done.status, 200, "{}", done.body);
        slowest = slowest.max(begun.elapsed());
        assert_eq!(ring(&server), [done.body["primary_id"].as_str().unwrap()]);
        assert_eq!(done.body["dropped"], json!(old));
        assert!(
            done.body["rewrapped"].as_u64().unwrap() >= 2,
            "{}",
            done.body
        );
        if number % 2 == 1 {
            assert!(
                done.body["connections"].as_u64().unwrap() >= 1,
                "{}",
                done.body
            );
        }
    }
    stop.store(true, Ordering::SeqCst);
    for worker in workers {
        let wrong = worker.await.unwrap();
        assert!(wrong.is_empty(), "{wrong:?}");
    }
    assert!(slowest < Duration::from_secs(60), "{slowest:?}");
    // It starts on the new key alone, so no row is on an old one; and what was kept before opens.
    server.restart();
    let caller = caller.at(&server.http);
    let again = add(&caller, "before").await;
    assert_eq!(again.body, first.body);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(add(&caller, "after").await.status, 200);
    let calls = calls.load(Ordering::SeqCst);
    server.finish().await;
    kept(
        "B9",
        format!(
            "{rotations} rotations, {calls} calls meanwhile: 0 errors, 0 rows on an old key, slowest {slowest:.1?}"
        ),
    );
}

/// Tenants with a data key each, so that wrapping all of them takes its time.
async fn populate(server: &Server, tenants: u32) {
    let key = server.admin_key();
    let headers = [("x-admin-key", key.as_str())];
    for number in 0..tenants {
        let post = |path: String, body: Value| async move {
            let answer = server.http.send("POST", &path, &headers, Some(&body)).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
            answer.body
        };
        let made = post(
            "/api/v2/admin/organizations".into(),
            json!({"name": format!("Tenant {number}")}),
        );
        let org = made.await["organization_id"].as_str().unwrap().to_owned();
        let path = format!("/api/v2/admin/linked-accounts?organization_id={org}");
        post(path, json!({"linked_account_id": ADA})).await;
        let path =
            format!("/api/v2/admin/linked-accounts/{ADA}/connections/{SLUG}?organization_id={org}");
        post(path, json!({"sandbox": true})).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn b9_a_rotation_that_is_killed_goes_on_where_it_was() {
    let (mut server, mut caller, _folder) = served().await;
    populate(&server, 12).await;
    let (kills, mut cut_off) = (scale(5, 50), 0);
    for number in 0..kills {
        let key = server.admin_key();
        let http = server.http.clone();
        let before = ring(&server);
        let rotating = tokio::spawn(async move {
            let headers = [("x-admin-key", key.as_str())];
            let body = json!({ "data_keys": number % 2 == 1 });
            http.try_send("POST", ROTATE, &headers, Some(&body)).await
        });
        // As soon as the file has the new key, and then a little later each time.
        while ring(&server) == before && !rotating.is_finished() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::time::sleep(Duration::from_millis(number * 7 % 60)).await;
        server.kill();
        cut_off +=
            u64::from(!matches!(rotating.await.unwrap(), Ok(answer) if answer.status == 200));
        server.restart();
        caller = caller.at(&server.http);
        assert_eq!(add(&caller, &format!("cut-{number}")).await.status, 200);
        let done = rotate(&server, true).await.unwrap();
        assert_eq!(done.status, 200, "{}", done.body);
        assert_eq!(ring(&server).len(), 1, "{}", done.body);
    }
    assert!(cut_off > 0, "no rotation was cut off");
    server.restart();
    assert_eq!(add(&caller.at(&server.http), "last").await.status, 200);
    server.finish().await;
    kept(
        "B9",
        format!(
            "{kills} kills, {cut_off} in the middle of a rotation: every one went on, everything opens"
        ),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn b9_a_ring_that_the_environment_brings_is_the_operators_to_change() {
    let (server, _caller, _folder) = served().await;
    let done = server.cli_json(&["key", "rotate", "--json"]);
    assert_eq!(ring(&server), [done["primary_id"].as_str().unwrap()]);
    let text = std::fs::read_to_string(server.data().join("tenon.key")).unwrap();
    let line = text.lines().find(|line| !line.starts_with('#')).unwrap();
    let environment = vec![("TENON_ENCRYPTION_KEY".to_owned(), line.to_owned())];
    let other = Server::start(
        TENON,
        Options {
            environment,
            ..Options::default()
        },
    );
    let refused = other.cli(&["key", "rotate"]);
    assert!(!refused.status.success());
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains("tenon key rewrap"), "{said}");
    let rewrapped = other.cli_json(&["key", "rewrap", "--json"]);
    assert_eq!(rewrapped["rewrapped"], 0);
    let audited = other.cli_json(&["audit", "list", "--json", "--act", "adminRewrapKeys"]);
    assert_eq!(audited["docs"][0]["status"], 200, "{audited}");
    assert_eq!(audited["docs"][0]["from"], "127.0.0.1", "{audited}");
}
