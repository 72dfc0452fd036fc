//! B11: the process cannot be dumped, and shows no secret to other users nor to its own.

use std::os::unix::fs::MetadataExt as _;
use std::process::Command;

use tenon_testkit::promise::kept;
use tenon_testkit::{Options, Server};

use crate::operator::TENON;

const ADMIN: &str = "ak_undumpable_admin_key";
/// Thirty-two bytes.
const RING: &str = "k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// Reads a file of the process as somebody else, or says that it may not.
fn as_another(id: u32, name: &str) -> bool {
    let path = format!("/proc/{id}/{name}");
    let mut command = Command::new("setpriv");
    command.args([
        "--reuid",
        "65534",
        "--regid",
        "65534",
        "--clear-groups",
        "cat",
        &path,
    ]);
    command.output().is_ok_and(|output| output.status.success())
}

#[tokio::test(flavor = "multi_thread")]
async fn b11_the_process_cannot_be_dumped_and_shows_no_secret() {
    let environment = [("TENON_ADMIN_KEY", ADMIN), ("TENON_ENCRYPTION_KEY", RING)];
    let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let options = Options {
        environment: environment.to_vec(),
        ..Options::default()
    };
    let server = Server::start(TENON, options);
    // The secrets are there: it serves with them.
    let headers = [("x-admin-key", ADMIN)];
    let path = "/api/v2/admin/organization";
    let answer = server.http.send("GET", path, &headers, None).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let id = server.id();
    let read = |name: &str| std::fs::read(format!("/proc/{id}/{name}")).unwrap();
    for name in ["environ", "cmdline"] {
        let text = String::from_utf8_lossy(&read(name)).into_owned();
        for secret in [ADMIN, &RING[3..], "TENON_ENCRYPTION_KEY="] {
            assert!(!text.contains(secret), "{name} shows {secret}");
        }
    }
    let fds = std::fs::read_dir(format!("/proc/{id}/fd")).unwrap();
    for fd in fds.flatten() {
        let target = std::fs::read_link(fd.path()).unwrap_or_default();
        if target.to_string_lossy().contains("memfd:tenon") {
            assert_eq!(
                std::fs::metadata(fd.path()).unwrap().len(),
                0,
                "the hand-over is emptied"
            );
        }
    }
    let limits = String::from_utf8_lossy(&read("limits")).into_owned();
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"))
        .unwrap();
    assert_eq!(
        core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(),
        ["0", "0"]
    );
    let mut refused = 0;
    if std::fs::metadata("/proc/self").unwrap().uid() == 0 {
        for name in ["environ", "mem", "maps"] {
            assert!(!as_another(id, name), "another user reads {name}");
            refused += 1;
        }
    }
    server.finish().await;
    kept(
        "B11",
        format!(
            "no secret in environ, argv or the hand-over; core files 0 bytes; {refused} of 3 files refused to another user"
        ),
    );
}
