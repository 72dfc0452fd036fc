//! A failure says what happened and whether the application may have seen the request.

use std::time::Duration;

use tenon_connector::hosts::{HostPattern, HostSet};
use tenon_connector::plan::Plan;
use tenon_egress::{Call, Egress, ErrorKind, SendError, Sent};
use tokio::net::TcpListener;
use tokio::time::Instant;
use url::Url;

use crate::application::{Application, Manner, call, get, open, post, send};

async fn send_within(egress: &Egress, plan: &Plan, time: Duration) -> SendError {
    let hosts = HostSet::new(HostPattern::of(&plan.url));
    let deadline = Instant::now() + time;
    egress
        .send(Call {
            deadline,
            ..call(plan, None, &hosts)
        })
        .await
        .unwrap_err()
}

#[tokio::test]
async fn a_silent_application_is_given_up_at_the_deadline_and_may_have_acted() {
    let application = Application::start(Manner::Silence).await;
    let plan = post(application.url("/"));
    let error = send_within(&open(), &plan, Duration::from_millis(300)).await;
    assert_eq!((error.kind, error.sent), (ErrorKind::Timeout, Sent::Maybe));
    assert_eq!(application.requests().len(), 1);
}

#[tokio::test]
async fn the_deadline_holds_for_the_body_too() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf".to_vec();
    let application = Application::start(Manner::Answer(head)).await;
    let plan = get(application.url("/"));
    let error = send_within(&open(), &plan, Duration::from_millis(300)).await;
    assert_eq!((error.kind, error.sent), (ErrorKind::Timeout, Sent::Maybe));
}

#[tokio::test]
async fn a_deadline_that_is_over_sends_nothing() {
    let application = Application::answering("200 OK", b"").await;
    let error = send_within(&open(), &get(application.url("/")), Duration::ZERO).await;
    assert_eq!((error.kind, error.sent), (ErrorKind::Timeout, Sent::No));
    assert_eq!(application.connections(), 0);
}

#[tokio::test]
async fn a_handshake_that_never_ends_has_sent_nothing() {
    // It takes connections, and never says a word.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let plan = post(Url::parse(&url).unwrap());
    let error = send_within(&open(), &plan, Duration::from_millis(300)).await;
    assert_eq!((error.kind, error.sent), (ErrorKind::Timeout, Sent::No));
}

#[tokio::test]
async fn a_refused_connection_has_sent_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
    drop(listener);
    let error = send(&open(), &post(url), None).await.unwrap_err();
    assert_eq!((error.kind, error.sent), (ErrorKind::Connect, Sent::No));
    assert_eq!(error.message(), "127.0.0.1 takes no connection");
}

#[tokio::test]
async fn an_application_that_closes_after_reading_may_have_acted_and_is_asked_once() {
    let application = Application::start(Manner::Close).await;
    let error = send(&open(), &post(application.url("/")), None)
        .await
        .unwrap_err();
    assert_eq!((error.kind, error.sent), (ErrorKind::Reset, Sent::Maybe));
    assert_eq!(application.requests().len(), 1);
}

#[tokio::test]
async fn an_answer_that_is_cut_short_is_a_broken_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        crate::application::read_request(&mut stream).await.unwrap();
        let half = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf";
        tokio::io::AsyncWriteExt::write_all(&mut stream, half)
            .await
            .unwrap();
    });
    let error = send(&open(), &get(url), None).await.unwrap_err();
    assert_eq!((error.kind, error.sent), (ErrorKind::Reset, Sent::Maybe));
}
