//! Starting and ending, and every reason not to start.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tenon_testkit::{Options, Process, Server};

use crate::tenon::{TENON, command, run, said};

const SERVE: [&str; 3] = ["serve", "--listen", "127.0.0.1:0"];
const LIMIT: Duration = Duration::from_secs(30);

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn it_is_healthy_and_ready_once_it_prints_its_address() {
    let server = Server::start(TENON, Options::default());
    for path in ["/healthz", "/readyz"] {
        assert_eq!(
            server.http.send("GET", path, &[], None).await.status,
            200,
            "{path}"
        );
    }
    server.finish().await;
}

#[test]
fn the_first_start_makes_files_for_the_owner_alone() {
    let server = Server::start(TENON, Options::default());
    assert_eq!(mode(server.data()), 0o700);
    for name in ["tenon.key", "admin.key", "tenon.db", "server.json"] {
        assert_eq!(mode(&server.data().join(name)), 0o600, "{name}");
    }
}

#[test]
fn a_second_server_on_the_same_directory_is_refused() {
    let server = Server::start(TENON, Options::default());
    let second = run(server.data(), &SERVE);
    assert_eq!(second.code, Some(1));
    assert!(
        second.err.contains("in use by another process"),
        "{second:?}"
    );
    assert!(
        second.err.contains("hint: a server is running"),
        "{second:?}"
    );
    assert_eq!(second.out, "");
}

#[test]
fn a_missing_or_foreign_or_exposed_key_is_refused_and_left_alone() {
    let (data, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for folder in [&data, &other] {
        assert_eq!(run(folder.path(), &["api-key", "list"]).code, Some(0));
    }
    let key = data.path().join("tenon.key");

    let foreign = other.path().join("tenon.key");
    let refused = said(command(data.path(), &SERVE).arg("--key-file").arg(&foreign));
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.err.contains("written under another key"),
        "{refused:?}"
    );

    std::fs::set_permissions(&key, PermissionsExt::from_mode(0o644)).unwrap();
    let refused = run(data.path(), &SERVE);
    assert!(refused.err.contains("chmod 600"), "{refused:?}");

    std::fs::rename(&key, data.path().join("elsewhere")).unwrap();
    let refused = run(data.path(), &SERVE);
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("no key file"), "{refused:?}");
    assert!(
        refused.err.contains("hint: put the key file back"),
        "{refused:?}"
    );
    assert!(
        !key.exists(),
        "a new key would hide that the right one is missing"
    );
}

#[test]
fn a_key_ring_from_the_environment_needs_no_file() {
    let (data, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    run(other.path(), &["api-key", "list"]);
    let text = std::fs::read_to_string(other.path().join("tenon.key")).unwrap();
    let ring = text.lines().last().unwrap();
    let list = |ring: &str| {
        let mut list = command(data.path(), &["api-key", "list"]);
        said(list.env("TENON_ENCRYPTION_KEY", ring))
    };
    assert!(
        list("nonsense")
            .err
            .contains("TENON_ENCRYPTION_KEY cannot be used")
    );
    assert_eq!(list(ring).code, Some(0));
    assert!(!data.path().join("tenon.key").exists());
    assert_eq!(list(ring).code, Some(0));
}

#[test]
fn an_address_in_use_is_refused_with_a_way_out() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let data = tempfile::tempdir().unwrap();
    let refused = run(data.path(), &["serve", "--listen", &address]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("--listen"), "{refused:?}");
}

#[test]
fn it_ends_cleanly_when_it_is_asked_to() {
    let data = tempfile::tempdir().unwrap();
    let mut server = Process::start(&mut command(data.path(), &SERVE));
    let file = data.path().join("server.json");
    server.wait_for("no address", LIMIT, |said| {
        said.contains("listening on http://").then_some(())
    });
    assert!(file.exists());
    let id = server.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &id])
            .status()
            .unwrap()
            .success()
    );
    assert!(server.wait_for_end(LIMIT), "{}", server.output());
    assert!(!file.exists());
    assert_eq!(run(data.path(), &["executions", "list"]).code, Some(0));
}
