//! What each fault of an answer looks like on the wire.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;

use super::bomb;
use super::fault::Fault;
use super::request::Request;
use super::wire::{After, Wire};

/// The answer that is nobody's: it comes second, where none was asked for.
pub(super) const SECOND: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\
    content-length: 18\r\n\r\n{\"poisoned\":true }";

/// Forms of `Retry-After` that no document describes, and some that one does.
const RETRY_AFTER: [&str; 10] = [
    "0",
    "-1",
    "1000000000000",
    "soon",
    "1.5",
    "",
    "1784000000",
    "2026-01-01T00:00:00Z",
    "Sun, 06 Nov 1994 08:49:37 GMT",
    "NaN",
];

/// A whole answer in JSON.
pub(crate) fn whole(status: u16, more: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\n{more}content-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// Answers with a fault.
pub(super) async fn play(
    fault: Fault,
    request: &Request,
    wire: &mut impl Wire,
) -> io::Result<After> {
    match fault {
        Fault::ReadThenClose => return Ok(After::Close),
        Fault::ReadThenReset => return Ok(After::Reset),
        Fault::DripHead => drip(wire, "HTTP/1.1 200 OK\r\nx: ").await?,
        Fault::DripBody => drip(wire, "HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n").await?,
        Fault::EndlessBody => pour(wire, CHUNKED, &chunk(&"x".repeat(60_000))).await?,
        Fault::EndlessHead => pour(wire, "HTTP/1.1 200 OK\r\n", "x-more: of the same\r\n").await?,
        Fault::ChunkExtensions => pour(wire, CHUNKED, "1;and=more\r\nx\r\n").await?,
        Fault::EndlessTrailers => {
            let head = format!("{CHUNKED}0\r\n");
            pour(wire, &head, "x-more: of the same\r\n").await?;
        }
        _ => {
            wire.write_all(&bytes(fault, request)).await?;
            wire.flush().await?;
        }
    }
    Ok(match fault {
        Fault::HalfStatusLine
        | Fault::Garbage
        | Fault::Http09
        | Fault::LengthTooLong
        | Fault::MissingChunk => After::Close,
        _ => After::Keep,
    })
}

const CHUNKED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

fn chunk(text: &str) -> String {
    format!("{:x}\r\n{text}\r\n", text.len())
}

/// One byte a second, until nobody listens any more.
async fn drip(wire: &mut impl Wire, head: &str) -> io::Result<()> {
    for byte in head.bytes().chain(std::iter::repeat(b'x')) {
        wire.write_all(&[byte]).await?;
        wire.flush().await?;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    Ok(())
}

/// The same for ever, until nobody listens any more.
async fn pour(wire: &mut impl Wire, head: &str, rest: &str) -> io::Result<()> {
    wire.write_all(head.as_bytes()).await?;
    let rest = rest.repeat(60_000_usize.div_ceil(rest.len()));
    loop {
        wire.write_all(rest.as_bytes()).await?;
    }
}

fn bytes(fault: Fault, request: &Request) -> Vec<u8> {
    let good = || whole(200, "", "{\"good\":true}");
    let text = |text: &str| text.as_bytes().to_vec();
    match fault {
        Fault::HalfStatusLine => text("HTTP/1.1 20"),
        Fault::Garbage => b"\x00\x16\x03\x01\xff\xfe no HTTP at all \r\n\r\n".repeat(8),
        Fault::Http09 => text("<html><body>Hello from 1991</body></html>\r\n"),
        Fault::LengthTooLong => {
            text("HTTP/1.1 200 OK\r\ncontent-length: 4096\r\n\r\n{\"good\":true}")
        }
        Fault::LengthTooShort => [
            &b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}\"good\":true}"[..],
            SECOND.as_bytes(),
        ]
        .concat(),
        Fault::SecondAnswer => [good(), text(SECOND)].concat(),
        Fault::BrokenChunk => text(&format!("{CHUNKED}zz\r\n{{}}\r\n0\r\n\r\n")),
        Fault::MissingChunk => text(&format!("{CHUNKED}{}", chunk("{\"good\":true}"))),
        Fault::Interims => {
            let interims = b"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(100_000);
            [interims, good()].concat()
        }
        Fault::Html => text(
            "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 25\r\n\r\n<h1>We will be back!</h1>",
        ),
        Fault::NoContentWithBody => whole(204, "", "{\"good\":true}"),
        Fault::HeaderWithReturn => whole(200, "x-note: one\rx-injected: two\r\n", "{}"),
        Fault::HugeCookie => {
            let cookie = format!("set-cookie: c={}\r\n", "x".repeat(1 << 20));
            whole(200, &cookie, "{}")
        }
        _ => encoded(fault)
            .or_else(|| odd_json(fault))
            .or_else(|| refusal(fault, request))
            .unwrap_or_else(good),
    }
}

fn encoded(fault: Fault) -> Option<Vec<u8>> {
    let (encoding, body) = match fault {
        Fault::GzipBomb => ("gzip", bomb::gzip()),
        Fault::DeflateBomb => ("deflate", bomb::deflate()),
        Fault::BrotliBomb => ("br", bomb::brotli()),
        Fault::ZstdBomb => ("zstd", bomb::zstd()),
        Fault::DoubleEncoding => ("gzip, gzip", bomb::double()),
        _ => return None,
    };
    let length = body.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-encoding: {encoding}\r\ncontent-length: {length}\r\n\r\n"
    );
    Some([head.into_bytes(), body].concat())
}

fn odd_json(fault: Fault) -> Option<Vec<u8>> {
    let body = match fault {
        Fault::InvalidUtf8 => {
            let head =
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 11\r\n\r\n";
            return Some([head.as_bytes(), b"{\"a\":\"\xff\xc0\xaf\"}"].concat());
        }
        Fault::DuplicateKeys => "{\"good\":false,\"good\":true}".to_owned(),
        Fault::NotANumber => "{\"a\":NaN,\"b\":-Infinity}".to_owned(),
        Fault::DeepJson => format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)),
        Fault::LongNumber => format!("{{\"a\":{}}}", "9".repeat(1_000_000)),
        _ => return None,
    };
    Some(whole(200, "", &body))
}

/// Refusals. They repeat the credential wherever an application might.
fn refusal(fault: Fault, request: &Request) -> Option<Vec<u8>> {
    let credential = request.credential();
    let words = format!("{{\"ok\":false,\"error\":\"no use for {credential}\"}}");
    Some(match fault {
        Fault::RedirectLoop => {
            let location = format!("location: {}?token={credential}\r\n", request.path);
            whole(302, &location, "{}")
        }
        Fault::RedirectToMetadata => {
            let location = "location: http://169.254.169.254/latest/meta-data/\r\n";
            whole(307, location, "{}")
        }
        Fault::OddLimit => whole(429, &odd_wait(), "{\"error\":\"slow down\"}"),
        Fault::OddOutage => whole(503, &odd_wait(), "{\"error\":\"down\"}"),
        Fault::Unauthorized => {
            let challenge = format!("www-authenticate: Bearer error=\"{credential}\"\r\n");
            whole(401, &challenge, &words)
        }
        Fault::OkFalse => whole(200, "", &words),
        _ => return None,
    })
}

/// Another odd form each time.
fn odd_wait() -> String {
    static TURN: AtomicUsize = AtomicUsize::new(0);
    let turn = TURN.fetch_add(1, Ordering::Relaxed);
    format!("retry-after: {}\r\n", RETRY_AFTER[turn % RETRY_AFTER.len()])
}
