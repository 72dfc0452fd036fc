//! Requests whose end two readers could see in two places: refused, or read once.

use std::time::Duration;

use tenon_testkit::promise::kept;
use tenon_testkit::{Options, Server};

use super::raw::Raw;
use crate::operator::TENON;

/// The request that nobody sent. It would be answered with 200, which the outer one is not.
const HIDDEN: &str = "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";

/// A request with these lines after its first, whose body ends before the hidden one or after it.
fn post(lines: &str) -> String {
    let body = format!("0\r\n\r\n{HIDDEN}");
    let lines = lines.replace("LENGTH", &body.len().to_string());
    format!("POST /nowhere HTTP/1.1\r\nhost: x\r\n{lines}\r\n\r\n{body}")
}

/// Both lengths in every spelling: where one is not understood, the other must not be believed.
fn lengths() -> Vec<String> {
    let chunked = [
        "transfer-encoding: chunked",
        "Transfer-Encoding: Chunked",
        "transfer-encoding:chunked",
        "transfer-encoding:\tchunked",
        "transfer-encoding: chunked ",
        "transfer-encoding: \x0bchunked",
        "transfer-encoding: xchunked",
        "transfer-encoding: chunkedx",
        "transfer-encoding: chunked, identity",
        "transfer-encoding: identity, chunked",
        "transfer-encoding: gzip, chunked",
        "transfer-encoding: chunked, chunked",
        "transfer-encoding: \"chunked\"",
        "transfer-encoding : chunked",
        "transfer-encoding\t: chunked",
        " transfer-encoding: chunked",
        "transfer-encoding:\r\n chunked",
        "x: y\r\n transfer-encoding: chunked",
        "transfer-encoding: identity\r\ntransfer-encoding: chunked",
        "transfer-encoding: chunked\r\ntransfer-encoding: identity",
        "x: y\ntransfer-encoding: chunked",
        "x: y\rtransfer-encoding: chunked",
        "transfer\0encoding: chunked",
        "transfer-encoding: chu\0nked",
        "transfer_encoding: chunked",
        "transfer-encoding: ,chunked",
        "transfer-encoding: chunked;q=1",
        "x\r\ntransfer-encoding: chunked",
        ": y\r\ntransfer-encoding: chunked",
    ];
    chunked
        .iter()
        .map(|line| post(&format!("content-length: LENGTH\r\n{line}")))
        .collect()
}

/// A length alone, that is none or is two.
fn odd_lengths() -> Vec<String> {
    let odd = [
        "content-length: 5\r\ncontent-length: LENGTH",
        "content-length: 5, LENGTH",
        "content-length: +5",
        "content-length: -5",
        "content-length: 0x5",
        "content-length: 5 5",
        "content-length: 5;",
        "content-length: 5.0",
        "content-length: 18446744073709551621",
        "content-length: \x0b5",
        "content-length : 5",
        "content-length:\r\n 5",
        "content-length: ",
        "content-length: 5\r\n content-length: LENGTH",
        "content-length: five",
        "content_length: 5",
        "content-length: LENGTH\r\ncontent-length: 0",
    ];
    odd.iter().map(|line| post(line)).collect()
}

/// Chunks whose size is not a number, and ends of lines that are none.
fn chunks() -> Vec<String> {
    let sizes = [
        "0x5",
        "+5",
        "-1",
        " 5",
        "5 ;",
        "g",
        "",
        "fffffffffffffffff1",
        "5\n",
        "5;\r",
        "5\0",
    ];
    let of_size = |size: &&str| {
        format!(
            "POST /nowhere HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n{size}\r\nhello{HIDDEN}"
        )
    };
    sizes.iter().map(of_size).collect()
}

/// Lines and hosts that can be read in two ways.
fn lines() -> Vec<String> {
    let first = [
        "GET /nowhere HTTP/1.1\r\nhost: x\r\nhost: y",
        "GET http://y/nowhere HTTP/1.1\r\nhost: x\r\nhost: y",
        "GET /nowhere\tHTTP/1.1\r\nhost: x",
        "GET  /nowhere HTTP/1.1\r\nhost: x",
        "GET /nowhere HTTP/1.1 \r\nhost: x",
        "GET /nowhere HTTP/1.2\r\nhost: x",
        "GET /nowhere http/1.1\r\nhost: x",
        "GET /nowhere HTTP/1.1\r\nhost : x",
        "GET /nowhere\r\nhost: x",
        "GET /no where HTTP/1.1\r\nhost: x",
    ];
    // The hidden request is a body that nobody announced the end of.
    first
        .iter()
        .map(|first| {
            format!(
                "{first}\r\ncontent-length: {}\r\n\r\n{HIDDEN}",
                HIDDEN.len()
            )
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i4_a_request_is_refused_or_read_once() {
    let server = Server::start(TENON, Options::default());
    let forms = [lengths(), odd_lengths(), chunks(), lines()].concat();
    let (count, mut refused) = (forms.len(), 0);
    for form in forms {
        let mut client = Raw::connect(&server).await;
        client.send(form.as_bytes()).await;
        let answers = client.answers(Duration::from_millis(300)).await;
        let read = answers.iter().filter(|answer| answer.status != 400).count();
        assert!(read <= 1, "{form:?}: {answers:?}");
        assert!(
            answers.iter().all(|answer| answer.status != 200),
            "{form:?}: {answers:?}"
        );
        refused += answers.iter().filter(|answer| answer.status == 400).count();
        let enveloped = |body: &str| body.contains("\"request_id\"");
        assert!(
            answers.iter().all(|answer| enveloped(&answer.body)),
            "{form:?}: {answers:?}"
        );
    }
    server.finish().await;
    kept(
        "I4",
        format!("{count} forms: {refused} refused, the others read once, 0 read twice"),
    );
}

#[tokio::test]
async fn i4_a_request_that_cannot_be_read_is_refused_in_the_envelope() {
    let server = Server::start(TENON, Options::default());
    let long = format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(70_000));
    let large = format!(
        "GET / HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n",
        "a".repeat(256 * 1024)
    );
    let many = format!(
        "GET / HTTP/1.1\r\nhost: x\r\n{}\r\n",
        "x: y\r\n".repeat(200)
    );
    for (form, status) in [
        ("nonsense\r\n\r\n", 400),
        (&long, 414),
        (&large, 431),
        (&many, 431),
    ] {
        let mut client = Raw::connect(&server).await;
        client.send(form.as_bytes()).await;
        let answer = client
            .answer()
            .await
            .unwrap_or_else(|| panic!("{status}: no answer"));
        assert!(answer.body.contains("\"request_id\""), "{answer:?}");
        assert!(answer.head.contains("x-request-id: "), "{answer:?}");
        assert!(
            [status, 431].contains(&answer.status),
            "{status}: {answer:?}"
        );
        assert!(
            client.rest(Duration::from_secs(30)).await.1,
            "{status}: it stays open"
        );
    }
}
