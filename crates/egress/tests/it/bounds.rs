//! An answer is bounded in every direction.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use tenon_connector::hosts::{HostPattern, HostSet};
use tenon_egress::{Config, ErrorKind, Sent};

use crate::application::{Application, Manner, call, egress, get, open, send};

const LIMIT: usize = 1024 * 1024;

fn bounded() -> tenon_egress::Egress {
    egress(Config {
        dangerously_allow_private_networks: vec!["127.0.0.0/8".parse().unwrap()],
        response_limit_bytes: LIMIT,
        ..Config::default()
    })
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn a_compressed_answer_is_decoded() {
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
    zlib.write_all(b"hello").unwrap();
    for (encoding, body) in [
        ("gzip", gzip(b"hello")),
        ("deflate", zlib.finish().unwrap()),
    ] {
        let head = format!("200 OK\r\ncontent-encoding: {encoding}");
        let application = Application::answering(&head, &body).await;
        let answer = send(&open(), &get(application.url("/")), None)
            .await
            .unwrap();
        assert_eq!(&answer.body[..], b"hello", "{encoding}");
        assert!(
            answer
                .headers
                .iter()
                .all(|(name, _)| !name.starts_with("content-"))
        );
    }
}

#[tokio::test]
async fn a_gzip_bomb_stops_at_the_limit() {
    let bomb = gzip(&vec![0; 64 * LIMIT]);
    assert!(bomb.len() < LIMIT / 8);
    let application = Application::answering("200 OK\r\ncontent-encoding: gzip", &bomb).await;
    let error = send(&bounded(), &get(application.url("/")), None)
        .await
        .unwrap_err();
    assert_eq!((error.kind, error.sent), (ErrorKind::TooLarge, Sent::Maybe));
}

#[tokio::test]
async fn an_answer_of_the_limit_passes_and_one_byte_more_does_not() {
    let egress = bounded();
    let exact = Application::answering("200 OK", &vec![b'x'; LIMIT]).await;
    assert_eq!(
        send(&egress, &get(exact.url("/")), None)
            .await
            .unwrap()
            .body
            .len(),
        LIMIT
    );
    let more = Application::answering("200 OK", &vec![b'x'; LIMIT + 1]).await;
    let error = send(&egress, &get(more.url("/")), None).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::TooLarge);
}

#[tokio::test]
async fn an_endless_header_and_too_many_of_them_are_too_large() {
    let long = format!("200 OK\r\nx: {}", "x".repeat(128 * 1024));
    let many = format!("200 OK{}", "\r\nx: y".repeat(101));
    for head in [long, many] {
        let application = Application::answering(&head, b"").await;
        let error = send(&open(), &get(application.url("/")), None)
            .await
            .unwrap_err();
        assert_eq!((error.kind, error.sent), (ErrorKind::TooLarge, Sent::Maybe));
    }
}

#[tokio::test]
async fn what_is_not_http_or_in_an_unknown_encoding_is_a_protocol_error() {
    let encoded = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip, gzip\r\ncontent-length: 1\r\n\r\nx";
    let broken = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 9\r\n\r\nnot gzip!";
    for bytes in [&b"garbage\r\n\r\n"[..], encoded, broken] {
        let application = Application::start(Manner::Answer(bytes.to_vec())).await;
        let error = send(&open(), &get(application.url("/")), None)
            .await
            .unwrap_err();
        assert_eq!((error.kind, error.sent), (ErrorKind::Protocol, Sent::Maybe));
    }
}

/// The status and how much of the body is read by whom the status is enough for.
async fn noticed(application: &Application) -> (u16, usize) {
    let plan = get(application.url("/"));
    let hosts = HostSet::new(HostPattern::of(&plan.url));
    let egress = open();
    let notified = egress.notify(call(&plan, None, &hosts), 100);
    let answer = notified.await.unwrap();
    (answer.status, answer.body.len())
}

#[tokio::test]
async fn whom_the_status_is_enough_for_reads_no_more_than_the_beginning() {
    let exact = Application::answering("200 OK", &[b'x'; 100]).await;
    assert_eq!(noticed(&exact).await, (200, 100));
    let long = Application::answering("503 x", &vec![b'x'; 4 * LIMIT]).await;
    assert_eq!(noticed(&long).await, (503, 100));
    let encoded = "200 OK\r\ncontent-encoding: gzip";
    let encoded = Application::answering(encoded, &gzip(b"hello")).await;
    assert_eq!(noticed(&encoded).await, (200, 0));
}

#[tokio::test]
async fn a_body_that_never_ends_or_breaks_off_does_not_hide_the_status() {
    let stalls = b"HTTP/1.1 201 x\r\ncontent-length: 9\r\n\r\nhel".to_vec();
    let stalls = Application::start(Manner::Answer(stalls)).await;
    assert_eq!(noticed(&stalls).await, (201, 3));
    let broken = b"HTTP/1.1 201 x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n".to_vec();
    let broken = Application::start(Manner::Answer(broken)).await;
    assert_eq!(noticed(&broken).await, (201, 0));
}
