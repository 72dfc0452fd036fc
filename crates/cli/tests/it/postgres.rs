//! The program on PostgreSQL: replicas that start together, commands that open the database themselves, and every
//! reason not to start.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;
use tenon_testkit::{Http, Postgres, Process};

use crate::tenon::{Said, command, said};

const SERVE: [&str; 3] = ["serve", "--listen", "127.0.0.1:0"];
const ADMIN_KEY: &str = "ak_0123456789abcdef0123456789abcdef";
const RING: &str = "k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const OTHER_RING: &str = "k1 Hx4dHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA=";

/// A command of a replica with a data directory of its own.
fn replica(data: &Path, database: &str, arguments: &[&str]) -> Command {
    let mut command = command(data, arguments);
    command
        .env("DATABASE_URL", database)
        .env("TENON_ADMIN_KEY", ADMIN_KEY)
        .env("TENON_ENCRYPTION_KEY", RING);
    command
}

fn run(data: &TempDir, database: &str, arguments: &[&str]) -> Said {
    said(&mut replica(data.path(), database, arguments))
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// Waits until a server says where it listens.
fn listening(server: &mut Process) -> Http {
    let limit = Duration::from_secs(30);
    let base = server.wait_for("it does not come up", limit, |said| {
        let line = said
            .lines()
            .find(|line| line.starts_with("listening on "))?;
        Some(line.trim_start_matches("listening on ").to_owned())
    });
    Http::new(base)
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_start_together_agree_on_everything() {
    let database = Postgres::shared().database();
    let folders: Vec<_> = (0..4).map(|_| folder()).collect();
    let mut replicas: Vec<_> = folders
        .iter()
        .map(|data| Process::start(&mut replica(data.path(), &database, &SERVE)))
        .collect();
    for replica in &mut replicas {
        let http = listening(replica);
        assert_eq!(http.send("GET", "/readyz", &[], None).await.status, 200);
        let key = [("x-admin-key", ADMIN_KEY)];
        let path = "/api/v2/admin/organizations";
        let list = http.send("GET", path, &key, None).await.body;
        assert_eq!(list.as_array().map(Vec::len), Some(1), "{list}");
    }
    let scopes = "SELECT scope FROM data_keys GROUP BY scope HAVING count(*) > 1";
    assert_eq!(Postgres::shared().run(&database, scopes), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_opens_the_database_itself_and_every_replica_sees_what_it_did() {
    let database = Postgres::shared().database();
    let (one, two) = (folder(), folder());
    let mut server = Process::start(&mut replica(one.path(), &database, &SERVE));
    let http = listening(&mut server);
    let made = run(&two, &database, &["api-key", "create", "CI", "--json"]).json();
    let key = made["api_key"].as_str().unwrap();
    let headers = [("x-api-key", key)];
    let path = "/api/v2/public/linked-account";
    let answer = http.send("GET", path, &headers, None).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(!two.path().join("tenon.db").exists());
}

#[test]
fn b12_a_key_ring_that_does_not_belong_to_the_database_is_refused() {
    let (database, data) = (Postgres::shared().database(), folder());
    assert_eq!(run(&data, &database, &["api-key", "list"]).code, Some(0));
    let mut foreign = replica(data.path(), &database, &SERVE);
    let refused = said(foreign.env("TENON_ENCRYPTION_KEY", OTHER_RING));
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(
        refused.err.contains("does not open this database"),
        "{refused:?}"
    );
    let mut missing = replica(data.path(), &database, &SERVE);
    let refused = said(missing.env_remove("TENON_ENCRYPTION_KEY"));
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.err.contains("no key file"), "{refused:?}");
}

#[test]
fn without_an_admin_key_nothing_starts() {
    let (database, data) = (Postgres::shared().database(), folder());
    let mut keyless = replica(data.path(), &database, &SERVE);
    let refused = said(keyless.env_remove("TENON_ADMIN_KEY"));
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.err.contains("TENON_ADMIN_KEY"), "{refused:?}");
}

#[test]
fn no_refusal_shows_the_password() {
    let data = folder();
    for (url, wanted) in [
        (
            "postgres://tenon:canary-password@127.0.0.1:1/tenon",
            "PostgreSQL cannot be reached",
        ),
        (
            "postgres://tenon:canary-password@127.0.0.1/tenon?sslmode=maybe",
            "sslmode",
        ),
        (
            "postgres://tenon:canary-password@127.0.0.1:port/tenon",
            "DATABASE_URL",
        ),
        (
            "mysql://tenon:canary-password@127.0.0.1/tenon",
            "DATABASE_URL",
        ),
    ] {
        let refused = run(&data, url, &SERVE);
        assert_eq!(refused.code, Some(1), "{refused:?}");
        assert!(refused.err.contains(wanted), "{refused:?}");
        assert!(!refused.err.contains("canary"), "{refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a10_a_database_that_is_down_is_503_to_readiness_and_callers_and_never_401() {
    let cluster = Postgres::start();
    let (database, data) = (cluster.database(), folder());
    let mut server = Process::start(&mut replica(data.path(), &database, &SERVE));
    let http = listening(&mut server);
    let made = run(&data, &database, &["api-key", "create", "CI", "--json"]).json();
    let key = made["api_key"].as_str().unwrap();
    let list = async |http: &Http| {
        let headers = [("x-api-key", key)];
        let path = "/api/v2/public/linked-account";
        http.send("GET", path, &headers, None).await.status
    };
    assert_eq!(list(&http).await, 200);
    cluster.kill();
    assert_eq!(http.send("GET", "/readyz", &[], None).await.status, 503);
    assert_eq!(list(&http).await, 503);
    assert_eq!(http.send("GET", "/healthz", &[], None).await.status, 200);
    cluster.restart();
    let since = std::time::Instant::now();
    while http.send("GET", "/readyz", &[], None).await.status != 200 {
        assert!(since.elapsed() < Duration::from_secs(10), "not back");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(list(&http).await, 200);
}
