//! Bodies that are too large are refused while they come, and compressed ones before.

use std::time::Duration;

use tenon_testkit::promise::kept;
use tenon_testkit::{Caller, Options, Server};

use super::raw::{Answered, Raw};
use crate::operator::{ADA, TENON, caller};

const LIMIT: usize = 3 * 1024 * 1024;
/// What the sockets of both sides may have taken from a client that was not heard any more.
const ON_THE_WAY: usize = 16 * 1024 * 1024;
const ROUTE: &str = "/api/v2/integration-schema/nothing/actions/nothing/execute";

fn head(caller: &Caller, more: &str) -> String {
    let key = &caller.key;
    format!(
        "POST {ROUTE} HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\nlinked_account_id: {ADA}\r\ncontent-type: application/json\r\n{more}\r\n\r\n"
    )
}

/// Sends a head and then as much as the server takes, up to a bound.
async fn pour(server: &Server, head: &str, chunk: &[u8], most: usize) -> (Option<Answered>, usize) {
    let mut client = Raw::connect(server).await;
    client.send(head.as_bytes()).await;
    let mut sent = 0;
    while sent < most {
        let written = tokio::time::timeout(Duration::from_secs(2), client.send(chunk)).await;
        if !matches!(written, Ok(true)) {
            break;
        }
        sent += chunk.len();
    }
    (client.answers(Duration::from_secs(5)).await.pop(), sent)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i5_a_body_that_is_too_large_is_refused_before_it_is_read() {
    let server = Server::start(TENON, Options::default());
    let caller = caller(&server);
    for length in [LIMIT + 1, 50 << 20, usize::MAX >> 1] {
        for expect in ["", "\r\nexpect: 100-continue"] {
            let mut client = Raw::connect(&server).await;
            client
                .send(head(&caller, &format!("content-length: {length}{expect}")).as_bytes())
                .await;
            let answer = client.answer().await.unwrap();
            assert_eq!(answer.status, 413, "{length}: {answer:?}");
            assert!(answer.body.contains("BODY_TOO_LARGE"), "{answer:?}");
        }
    }
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000)).into_bytes();
    let chunked = head(&caller, "transfer-encoding: chunked");
    let (answer, sent) = pour(&server, &chunked, &chunk, 256 << 20).await;
    assert!(sent < ON_THE_WAY, "{sent} bytes were taken");
    // An answer may be lost where the client was still sending; a wrong one may not come.
    assert!(answer.is_none_or(|answer| answer.status == 413));
    let body = format!("{{\"a\": \"{}\"}}", "x".repeat(LIMIT - 9));
    let whole = head(&caller, &format!("content-length: {}", body.len()));
    let (answer, _) = pour(&server, &whole, body.as_bytes(), 1).await;
    assert_eq!(answer.unwrap().status, 404, "the largest body is read");
    for coding in [
        "gzip",
        "br",
        "deflate",
        "zstd",
        "x-gzip",
        "gzip, gzip",
        "identity, gzip",
    ] {
        let coded = head(
            &caller,
            &format!("content-encoding: {coding}\r\ncontent-length: 2"),
        );
        let (answer, _) = pour(&server, &coded, b"{}", 1).await;
        assert_eq!(answer.unwrap().status, 415, "{coding}");
    }
    server.finish().await;
    let taken = sent as f64 / 1048576.0;
    kept(
        "I5",
        format!(
            "6 announced lengths and one stream refused with 413 ({taken:.1} MiB were on the way), 7 codings with 415"
        ),
    );
}
