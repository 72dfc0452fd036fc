//! The receivers of the guide to webhooks, run as a reader would: they take what Tenon signs, and nothing else.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tenon_testkit::{Options, Process, Server};

use crate::TENON;
use crate::overlay::root;

/// What the guide calls `file=NAME`.
fn file(name: &str) -> String {
    let text = std::fs::read_to_string(root().join("docs/webhooks.md")).unwrap();
    let (_, from) = text.split_once(&format!("file={name}\n")).unwrap();
    from.split("\n```").next().unwrap().to_owned()
}

/// A receiver of the guide that knows this secret.
fn receiver(folder: &Path, program: &str, name: &str, port: u16, secret: &str) -> Process {
    let path = folder.join(name);
    std::fs::write(&path, file(name)).unwrap();
    let mut command = Command::new(program);
    command
        .arg(path)
        .env("WEBHOOK_SECRET", secret)
        .env("PORT", port.to_string());
    Process::start(&mut command)
}

/// What comes of a test of the endpoint, once somebody listens there.
fn tested(server: &Server, id: &str) -> (String, u64) {
    for _ in 0..100 {
        let sent = server.cli_json(&["webhook", "test", id, "--json"]);
        let status = sent["attempts"][0]["http_status"].as_u64();
        if let Some(status) = status {
            return (sent["status"].as_str().unwrap().to_owned(), status);
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("nobody listens");
}

fn verify(program: &str, name: &str) {
    let (folder, options) = (
        tempfile::tempdir().unwrap(),
        Options {
            allow_loopback: true,
            ..Options::default()
        },
    );
    let server = Server::start(TENON, options);
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let url = format!("http://127.0.0.1:{port}/webhooks");
    let made = server.cli_json(&["webhook", "create", &url, "--json"]);
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    let (id, secret) = (text("webhook_id"), text("secret"));
    let mut knowing = receiver(folder.path(), program, name, port, &secret);
    assert_eq!(tested(&server, &id), ("delivered".to_owned(), 204));
    server.cli_json(&["webhook", "rotate-secret", &id, "--json"]);
    assert_eq!(tested(&server, &id).1, 204, "the old secret signs too");
    let said = knowing.output();
    assert!(said.contains("Connection Created test-account"), "{said}");
    knowing.kill();
    let other = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=";
    let mut ignorant = receiver(folder.path(), program, name, port, other);
    assert_eq!(tested(&server, &id), ("failed".to_owned(), 401));
    ignorant.kill();
}

#[test]
fn the_receiver_in_node_takes_what_is_signed_and_nothing_else() {
    verify("node", "receiver.mjs");
}

#[test]
fn the_receiver_in_python_takes_what_is_signed_and_nothing_else() {
    verify("python3", "receiver.py");
}
