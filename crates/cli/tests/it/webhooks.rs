//! `tenon webhook`, with a running server and without one.

use std::path::Path;

use serde_json::Value;
use tenon_testkit::recorder::Recorder;
use tenon_testkit::{Options, Server};

use crate::tenon::{TENON, command, said};

const OPEN: [&str; 2] = ["--dangerously-allow-private-networks", "127.0.0.0/8"];

/// An endpoint is registered, tried out, told again, given another secret, and removed.
fn tour(data: &Path, endpoint: &Recorder) {
    let json = |arguments: &[&str]| -> Value {
        let arguments = [&["webhook"], arguments, &["--json"], &OPEN].concat();
        let said = said(&mut command(data, &arguments));
        assert_eq!(said.code, Some(0), "{arguments:?}: {said:?}");
        said.json()
    };
    let made = json(&[
        "create",
        &endpoint.base,
        "--event",
        "connection-expired",
        "--slack",
    ]);
    let id = made["webhook_id"].as_str().unwrap();
    let secret = made["secret"].as_str().unwrap();
    assert_eq!(json(&["list"])[0]["webhook_type"], "slack");
    let tested = json(&["test", id]);
    assert_eq!(tested["status"], "delivered", "{tested}");
    let delivery = tested["delivery_id"].as_str().unwrap();
    let again = json(&["redeliver", id, delivery]);
    assert_eq!(again["attempts"].as_array().unwrap().len(), 2);
    let log = json(&["deliveries", id, "--status", "delivered"]);
    assert_eq!(log["totalDocs"], 1);
    let got = endpoint.take();
    assert_eq!(got.len(), 2);
    assert_eq!(got[0].header("webhook-id"), got[1].header("webhook-id"));
    assert_ne!(json(&["rotate-secret", id])["secret"], secret);
    assert_eq!(json(&["disable", id])["is_enabled"], false);
    assert_eq!(json(&["enable", id])["is_enabled"], true);
    assert_eq!(json(&["delete", id]), serde_json::json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_commands_do_the_same_with_a_running_server_and_without_one() {
    let endpoint = Recorder::start().await;
    let options = Options {
        allow_loopback: true,
        ..Options::default()
    };
    let server = Server::start(TENON, options);
    let data = tempfile::tempdir().unwrap();
    tokio::task::block_in_place(|| {
        tour(server.data(), &endpoint);
        tour(data.path(), &endpoint);
    });
    server.finish().await;
}

#[test]
fn an_endpoint_in_a_private_network_is_refused_with_the_reason() {
    let data = tempfile::tempdir().unwrap();
    let create = ["webhook", "create", "https://10.0.0.1/hook"];
    let said = said(&mut command(data.path(), &create));
    assert_ne!(said.code, Some(0));
    assert!(said.err.contains("`webhook_url`"), "{said:?}");
    assert!(said.err.contains("not public"), "{said:?}");
}
