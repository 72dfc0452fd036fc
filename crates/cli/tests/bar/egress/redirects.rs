//! A redirect is an answer like any other: nobody goes where it points.

use serde_json::json;
use tenon_testkit::promise::kept;
use tenon_testkit::recorder::{Received, Recorder, answer};
use tenon_testkit::{Caller, Options, Server};

use crate::operator::{Folder, TENON, caller, connect};

const STATUSES: [u16; 5] = [301, 302, 303, 307, 308];
const METHODS: [&str; 4] = ["GET", "POST", "PUT", "DELETE"];
/// Where the answer points: at the application itself, at another one, and at another one with a user's name.
const TARGETS: [&str; 3] = ["same", "other", "named"];

fn point(received: &Received, other: &str) -> String {
    let (_, target) = received.line();
    let mut parts = target.trim_start_matches("/to/").split('/');
    let status = parts.next().and_then(|status| status.parse().ok());
    let location = match parts.next() {
        Some("other") => format!("{other}/elsewhere"),
        Some("named") => format!(
            "{}/elsewhere",
            other.replace("http://", "http://user:pass@")
        ),
        _ => "/elsewhere".to_owned(),
    };
    answer(status.unwrap_or(200), &format!("location: {location}\r\n"))
}

async fn redirected(
    caller: &Caller,
    application: &Recorder,
    status: u16,
    method: &str,
    target: &str,
) {
    let body = json!({
        "method": method,
        "url_path": format!("/to/{status}/{target}"),
        "body": if method == "GET" { json!(null) } else { json!({"n": 1}) },
    });
    let answer = caller.execute("vendor", "httprequest", &[], &body).await;
    let seen = (
        answer.status,
        &answer.body["http_status"],
        &answer.body["node_status"],
    );
    assert_eq!(
        seen,
        (200, &json!(status), &json!("Failed")),
        "{method} {target}: {answer:?}"
    );
    let received = application.take();
    assert_eq!(
        received.len(),
        1,
        "{method} {status} {target}: {received:?}"
    );
    assert_eq!(received[0].line().0, method);
}

#[tokio::test]
async fn f4_a_redirect_is_a_result_and_leads_nowhere() {
    let other = Recorder::start().await;
    let base = other.base.clone();
    let address = "127.0.0.1:0".parse().unwrap();
    let application = Recorder::answering(address, move |received| point(received, &base)).await;
    let folder = Folder::new();
    // The other host is one that the credential may be sent to: it is the redirect that is not followed.
    let hosts = json!([other.base.trim_start_matches("http://")]);
    folder.connector("vendor", &application.base, &format!("hosts: {hosts}\n"));
    let options = Options {
        connectors: Some(folder.path().to_owned()),
        allow_loopback: true,
        ..Options::default()
    };
    let server = Server::start(TENON, options);
    let caller = caller(&server);
    assert_eq!(connect(&server, "vendor", &[]).await.status, 200);
    for status in STATUSES {
        for method in METHODS {
            for target in TARGETS {
                redirected(&caller, &application, status, method, target).await;
            }
        }
    }
    assert_eq!(other.connections(), 0);
    let count = STATUSES.len() * METHODS.len() * TARGETS.len();
    server.finish().await;
    kept(
        "F4",
        format!("{count} redirects: {count} requests in all, 0 followed"),
    );
}
