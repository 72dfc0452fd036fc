//! HTTP/2 is not spoken: who tries is refused at the first line, so that none of its floods has any ground.

use std::time::Duration;

use tenon_testkit::promise::{kept, scale};
use tenon_testkit::{Options, Server};

use super::raw::Raw;
use crate::operator::TENON;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// The floods, each as what follows the preface.
fn floods() -> Vec<(&'static str, Vec<u8>)> {
    let settings = frame(4, 0, 0, &[]);
    let get = [0x82, 0x86, 0x84, 0x41, 0x01, b'x'];
    let stream = |number: usize| u32::try_from(number * 2 + 1).unwrap();
    let resets = (0..5_000).flat_map(|n| {
        [
            frame(1, 5, stream(n), &get),
            frame(3, 0, stream(n), &[0, 0, 0, 8]),
        ]
        .concat()
    });
    let continuations = (0..5_000).flat_map(|_| frame(9, 0, 1, &[0x40, 0x01, b'a', 0x01, b'b']));
    let empty = (0..50_000).flat_map(|_| frame(0, 0, 1, &[]));
    let many_settings = (0..50_000).flat_map(|_| frame(4, 0, 0, &[0, 3, 0, 0, 0, 100]));
    let churn = (0..20_000).flat_map(|n| frame(1, 5, stream(n), &[0x40, 0x01, b'a', 0x01, b'b']));
    let pings = (0..50_000).flat_map(|_| frame(6, 0, 0, &[0; 8]));
    let after = |more: Vec<u8>| [settings.clone(), more].concat();
    vec![
        ("rapid reset", after(resets.collect())),
        (
            "continuations",
            after([frame(1, 0, 1, &get), continuations.collect()].concat()),
        ),
        (
            "empty data",
            after([frame(1, 4, 1, &get), empty.collect()].concat()),
        ),
        ("settings", after(many_settings.collect())),
        ("header table", after(churn.collect())),
        ("pings", after(pings.collect())),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i3_http_2_is_refused_at_its_first_line() {
    let server = Server::start(TENON, Options::default());
    let (floods, rounds) = (floods(), scale(20, 1_000));
    for _ in 0..rounds {
        for (name, flood) in &floods {
            let mut client = Raw::connect(&server).await;
            client.send(PREFACE).await;
            client.send(flood).await;
            let (said, closed) = client.rest(Duration::from_secs(30)).await;
            assert!(closed, "{name}: the connection stays open");
            // What was on its way when the server closed may have cost its last words.
            let refused = said.is_empty() || said.starts_with(b"HTTP/1.1 4");
            assert!(refused, "{name}: {}", String::from_utf8_lossy(&said));
        }
    }
    let upgrade = "GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk\r\n\r\n";
    let mut client = Raw::connect(&server).await;
    client.send(upgrade.as_bytes()).await;
    assert_eq!(
        client.answer().await.unwrap().status,
        200,
        "an upgrade is not taken up"
    );
    assert_eq!(
        server.http.send("GET", "/healthz", &[], None).await.status,
        200
    );
    server.finish().await;
    let count = rounds * floods.len() as u64;
    kept(
        "I3",
        format!(
            "{count} floods in {} kinds: each refused at its first line, no frame read",
            floods.len()
        ),
    );
}
