//! A credential goes to the hosts that it was sealed for, and to no other, however it is asked for.

use std::time::{Duration, Instant};

use serde_json::json;
use tenon_testkit::promise::kept;
use tenon_testkit::recorder::Recorder;
use tenon_testkit::{Answer, Caller, Options, SECRET, Server};

use super::LOOK;
use crate::operator::{Folder, TENON, caller, connect};

const CONNECTORS: usize = 100;

fn slug(number: usize) -> String {
    format!("c{number}")
}

fn write(folder: &Folder, base: &str, more: &str) {
    for number in 0..CONNECTORS {
        folder.connector(&slug(number), base, more);
        folder.action(&slug(number), "look", LOOK);
    }
}

/// Ways to write the foreign host into the one request that a caller makes by hand.
fn asides(foreign: &str) -> Vec<serde_json::Value> {
    let paths = [
        format!("//{foreign}/x"),
        format!("http://{foreign}/x"),
        format!("/\\{foreign}/x"),
        format!("\\\\{foreign}/x"),
        format!("@{foreign}/x"),
        format!("/@{foreign}/x"),
        format!("/x?u=http://{foreign}/"),
        format!("/x#@{foreign}/"),
        format!("/%2f%2f{foreign}/x"),
        format!("/../{foreign}/x"),
        format!("/\r\nhost: {foreign}"),
        format!(":80@{foreign}/x"),
    ];
    let mut asides: Vec<_> = paths
        .map(|path| json!({"method": "GET", "url_path": path}))
        .into();
    for name in [
        "host",
        "Host",
        ":authority",
        "x-forwarded-host",
        "forwarded",
    ] {
        asides.push(json!({"method": "GET", "url_path": "/x", "headers": {name: foreign}}));
    }
    asides
}

async fn raw(caller: &Caller, slug: &str) -> Answer {
    let body = json!({"method": "GET", "url_path": "/raw"});
    caller.execute(slug, "httprequest", &[], &body).await
}

/// Waits until the changed connectors are what is served.
fn served(server: &Server, sign: &str) {
    let end = Instant::now() + Duration::from_secs(60);
    let last = slug(CONNECTORS - 1);
    while !server
        .cli_json(&["connector", "show", &last, "--json"])
        .to_string()
        .contains(sign)
    {
        assert!(Instant::now() < end, "the connectors are not served");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f6_secrets_go_only_to_the_hosts_that_they_were_sealed_with() {
    let (own, foreign) = (Recorder::start().await, Recorder::start().await);
    let folder = Folder::new();
    write(&folder, &own.base, "");
    let options = Options {
        connectors: Some(folder.path().to_owned()),
        allow_loopback: true,
        ..Options::default()
    };
    let server = Server::start(TENON, options);
    let caller = caller(&server);
    for number in 0..CONNECTORS {
        let slug = slug(number);
        assert_eq!(connect(&server, &slug, &[]).await.status, 200);
        let action = caller.execute(&slug, "look", &[], &json!({})).await;
        assert_eq!(action.body["http_status"], 200, "{action:?}");
        assert_eq!(raw(&caller, &slug).await.body["http_status"], 200);
    }
    let home = own.take();
    let bearer = [format!("Bearer {SECRET}")];
    assert!(
        home.len() == 2 * CONNECTORS
            && home.iter().all(|one| one.header("authorization") == bearer)
    );

    let asides = asides(foreign.base.trim_start_matches("http://"));
    for body in &asides {
        caller.execute("c0", "httprequest", &[], body).await;
    }
    let host = [own.base.trim_start_matches("http://").to_owned()];
    assert!(own.take().iter().all(|one| one.header("host") == host));

    write(&folder, &foreign.base, "version: 2\n");
    served(&server, "\"version\":2");
    for number in 0..CONNECTORS {
        let slug = slug(number);
        let action = caller.execute(&slug, "look", &[], &json!({})).await;
        for answer in [action, raw(&caller, &slug).await] {
            assert_eq!(answer.status, 409, "{answer:?}");
        }
    }
    assert_eq!(foreign.connections(), 0);
    server.finish().await;
    let aside = asides.len();
    kept(
        "F6",
        format!(
            "{CONNECTORS} connectors turned to a foreign host and {aside} requests by hand: 0 connections to it"
        ),
    );
}
