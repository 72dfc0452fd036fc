//! B12: without its key, or with another, the program does not start.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use tenon_testkit::promise::kept;
use tenon_testkit::{Options, Server};

use crate::operator::{TENON, caller};

fn serve(data: &Path, variables: &[(&str, &str)]) -> (Output, Duration) {
    let begun = Instant::now();
    let mut command = Command::new(TENON);
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(data);
    command.envs(variables.iter().copied());
    let output = command.output().unwrap();
    (output, begun.elapsed())
}

fn line(text: &str) -> (&str, &str) {
    let line = text.lines().find(|line| !line.starts_with('#')).unwrap();
    line.split_once(' ').unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn b12_without_its_key_or_with_another_it_does_not_start() {
    let mut server = Server::start(TENON, Options::default());
    caller(&server);
    let other = Server::start(TENON, Options::default());
    server.kill();
    let file = server.data().join("tenon.key");
    let own = std::fs::read_to_string(&file).unwrap();
    let others = std::fs::read_to_string(other.data().join("tenon.key")).unwrap();
    let (id, _) = line(&own);
    let (_, bytes) = line(&others);
    let same_id = format!("{id} {bytes}\n");
    let mut slowest = Duration::ZERO;
    let mut refused = |what: &str, variables: &[(&str, &str)]| {
        let (output, time) = serve(server.data(), variables);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{what}: {said}");
        assert!(!said.contains(bytes), "{what}: {said}");
        assert!(said.contains("key"), "{what}: {said}");
        slowest = slowest.max(time);
    };
    for (what, text) in [
        ("another database's key", others.as_str()),
        ("another key with the same id", &same_id),
        ("no key in the file", "# nothing\n"),
        ("no key file at all", ""),
    ] {
        match text {
            "" => std::fs::remove_file(&file).unwrap(),
            text => std::fs::write(&file, text).unwrap(),
        }
        refused(what, &[]);
    }
    refused(
        "another key by the environment",
        &[("TENON_ENCRYPTION_KEY", same_id.trim())],
    );
    refused(
        "no key by the environment",
        &[("TENON_ENCRYPTION_KEY", "none")],
    );
    std::fs::write(&file, &own).unwrap();
    std::fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();
    server.restart();
    assert!(slowest < Duration::from_secs(5), "{slowest:?}");
    server.finish().await;
    kept(
        "B12",
        format!("6 wrong rings, each refused, the slowest after {slowest:.0?}"),
    );
}
