//! A4: what cannot be written into the journal is not done.
//!
//! The application notes the key that Tenon makes for each execution; the journal has it too, so that the two sides can
//! be compared.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde_json::json;
use tenon_testkit::promise::{kept, scale};
use tenon_testkit::recorder::Recorder;
use tenon_testkit::{Caller, Namespace, Options, Server};
use tokio::task::JoinSet;

use crate::operator::{Folder, TENON, caller, connect};

const SLUG: &str = "acme";
const ACTION: &str = "add";

/// How late a refusal may be, by the promise.
const BOUND: Duration = Duration::from_secs(2);
/// How soon calls are taken again, by the promise.
const RECOVERY: Duration = Duration::from_secs(5);
/// How much longer both may take on a machine that does other things as well.
const LENIENCE: u32 = 3;
/// Far more than two batches of the writer.
const CALLERS: usize = 300;

struct Scene {
    server: Server,
    application: Recorder,
    caller: Caller,
    _folder: Folder,
}

impl Scene {
    /// A server with a connected account, whose data is on this disk.
    async fn new(disk: Option<&Path>) -> Self {
        let application = Recorder::start().await;
        let folder = Folder::new();
        folder.connector(SLUG, &application.base, "");
        let request = "request: { post: '/add/{{ idempotency_key }}' }\n";
        folder.action(SLUG, ACTION, request);
        let most = |name: &str| (name.to_owned(), "1000".to_owned());
        let mut environment = [
            "TENON_MAX_IN_FLIGHT",
            "TENON_MAX_IN_FLIGHT_PER_HOST",
            "TENON_MAX_IN_FLIGHT_PER_CONNECTION",
        ]
        .map(most)
        .to_vec();
        environment.push(("TENON_TENANT_SHARE".to_owned(), "100".to_owned()));
        let options = Options {
            connectors: Some(folder.path().into()),
            allow_loopback: true,
            environment,
            disk: disk.map(Path::to_owned),
            ..Options::default()
        };
        let server = Server::start(TENON, options);
        let caller = caller(&server);
        let connected = connect(&server, SLUG, &[]).await;
        assert_eq!(connected.status, 200, "{:?}", connected.body);
        let scene = Self {
            server,
            application,
            caller,
            _folder: folder,
        };
        assert!(call(&scene.caller).await.done);
        scene
    }

    fn journal(&self) -> Connection {
        let journal = Connection::open(self.server.data().join("tenon.db")).unwrap();
        journal.busy_timeout(Duration::from_secs(10)).unwrap();
        journal
    }

    /// How soon after now a call is taken.
    async fn recovered(&self) -> Duration {
        let begun = Instant::now();
        while !call(&self.caller).await.done {
            assert!(begun.elapsed() < RECOVERY * LENIENCE, "still refused");
        }
        begun.elapsed()
    }

    /// How many requests reached the application whose executions the journal does not have, and how many did at all.
    fn unlogged(&self) -> (usize, usize) {
        let journal = self.journal();
        let keys = "SELECT json_extract(request, '$.idempotency_key') FROM executions";
        let mut statement = journal.prepare(keys).unwrap();
        let rows = statement.query_map([], |row| row.get::<_, String>(0));
        let logged: BTreeSet<String> = rows.unwrap().map(Result::unwrap).collect();
        let seen = self.application.take();
        let paths = seen.iter().map(|received| received.line().1);
        let keys: Vec<_> = paths
            .filter_map(|path| path.strip_prefix("/add/").map(str::to_owned))
            .collect();
        let unlogged = keys.iter().filter(|key| !logged.contains(*key)).count();
        (unlogged, keys.len())
    }
}

/// What came of a call.
struct Seen {
    done: bool,
    took: Duration,
}

/// Executes the action, and checks that it is done or refused for the journal.
async fn call(caller: &Caller) -> Seen {
    let begun = Instant::now();
    let answer = caller.execute(SLUG, ACTION, &[], &json!({})).await;
    let took = begun.elapsed();
    let done = answer.status == 200;
    let refused = answer.status == 503 && answer.body["code"] == "LOG_UNAVAILABLE";
    assert!(done || refused, "{}: {:?}", answer.status, answer.body);
    Seen { done, took }
}

/// Lets many callers call until they are told to stop.
fn load(caller: &Caller, stop: &Arc<AtomicBool>) -> JoinSet<Vec<Seen>> {
    let mut load = JoinSet::new();
    for _ in 0..CALLERS {
        let (caller, stop) = (caller.clone(), Arc::clone(stop));
        load.spawn(async move {
            let mut seen = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                seen.push(call(&caller).await);
            }
            seen
        });
    }
    load
}

/// How many were refused, and how long the slowest of them took.
fn refusals(seen: &[Seen]) -> (usize, Duration) {
    let refused = seen.iter().filter(|seen| !seen.done);
    let slowest = refused.clone().map(|seen| seen.took).max();
    (refused.count(), slowest.unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a4_while_the_journal_is_locked_nothing_is_done_and_everybody_hears_so_in_time() {
    let scene = Scene::new(None).await;
    let seconds = scale(6, 30);
    let lock = scene.journal();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    let before = scene.application.count();
    let stop = Arc::new(AtomicBool::new(false));
    let load = load(&scene.caller, &stop);
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    stop.store(true, Ordering::Relaxed);
    let seen: Vec<Seen> = load.join_all().await.into_iter().flatten().collect();
    let (refused, slowest) = refusals(&seen);
    assert_eq!(refused, seen.len(), "the journal was locked");
    assert!(refused >= CALLERS, "{refused}");
    assert!(slowest < BOUND * LENIENCE, "{slowest:?}");
    assert_eq!(scene.application.count(), before);
    lock.execute_batch("COMMIT").unwrap();
    let recovered = scene.recovered().await;
    let (unlogged, requests) = scene.unlogged();
    assert_eq!(unlogged, 0, "of {requests}");
    kept(
        "A4",
        format!(
            "journal locked for {seconds} s under {CALLERS} callers: {refused} refused, at most after {slowest:?}, 0 requests at the vendor; back after {recovered:?}"
        ),
    );
    scene.server.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a4_on_a_full_disk_nothing_is_done_that_is_not_logged() {
    let name = "execution::fail_closed::a4_on_a_full_disk_nothing_is_done_that_is_not_logged";
    let Some(_namespace) = Namespace::enter(name) else {
        return;
    };
    let disk = tempfile::tempdir().unwrap();
    let mut mount = std::process::Command::new("mount");
    mount
        .args(["-t", "tmpfs", "-o", "size=8m", "tmpfs"])
        .arg(disk.path());
    assert!(mount.status().unwrap().success(), "{mount:?}");
    let scene = Scene::new(Some(disk.path())).await;
    let filler = disk.path().join("filler");
    let mut file = File::create(&filler).unwrap();
    while file.write_all(&[0; 4096]).is_ok() {}
    drop(file);
    let stop = Arc::new(AtomicBool::new(false));
    let load = load(&scene.caller, &stop);
    tokio::time::sleep(Duration::from_secs(scale(3, 30))).await;
    stop.store(true, Ordering::Relaxed);
    let seen: Vec<Seen> = load.join_all().await.into_iter().flatten().collect();
    let (refused, slowest) = refusals(&seen);
    assert!(refused >= CALLERS, "{refused}");
    assert!(slowest < BOUND * LENIENCE, "{slowest:?}");
    std::fs::remove_file(&filler).unwrap();
    let recovered = scene.recovered().await;
    let (unlogged, requests) = scene.unlogged();
    assert_eq!(unlogged, 0, "of {requests}");
    kept(
        "A4",
        format!(
            "disk full under {CALLERS} callers: {refused} refused, at most after {slowest:?}; {requests} requests at the vendor, 0 unlogged; back after {recovered:?}"
        ),
    );
    scene.server.finish().await;
}
