//! Slow clients are cut off, whatever they are slow at, and nobody else waits for them.

use std::time::{Duration, Instant};

use tenon_testkit::promise::{kept, scale};
use tenon_testkit::{Options, Server};

use super::raw::{PATIENCE, Raw, allow_many_files, p99, set};
use crate::operator::TENON;

/// How a client is slow.
#[derive(Debug, Clone, Copy)]
enum Slow {
    /// It says nothing.
    Silent,
    /// It never finishes its head, and sends a byte of it now and then.
    Head,
    /// It announces a body and stops in the middle.
    Body,
    /// It asks for much and reads nothing.
    Reading,
}

const KINDS: [Slow; 4] = [Slow::Silent, Slow::Head, Slow::Body, Slow::Reading];

/// Waits until the server gives the client up, and says after how long.
async fn until_cut(kind: Slow, mut client: Raw) -> Duration {
    let since = Instant::now();
    match kind {
        Slow::Silent => {}
        Slow::Head => {
            client
                .send(b"GET /healthz HTTP/1.1\r\nhost: x\r\nx-slow: ")
                .await;
            while since.elapsed() < PATIENCE && client.send(b"a").await {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            return since.elapsed();
        }
        Slow::Body => {
            let head = "POST /api/v2/public/session-token/revoke HTTP/1.1\r\nhost: x\r\n\
                        content-type: application/json\r\ncontent-length: 100\r\n\r\n{\"a\":";
            client.send(head.as_bytes()).await;
        }
        Slow::Reading => {
            // More than the buffers on the way hold.
            let many = "GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n".repeat(120);
            client.send(many.as_bytes()).await;
            while since.elapsed() < PATIENCE && client.send(b" ").await {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            return since.elapsed();
        }
    }
    let (_, closed) = client.rest(PATIENCE).await;
    assert!(closed, "{kind:?} is not cut off");
    since.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i1_slow_clients_are_cut_off_and_nobody_waits_for_them() {
    allow_many_files();
    let (head, body) = (scale(1, 10), scale(2, 30));
    let environment = vec![
        set("TENON_HEAD_TIMEOUT", head),
        set("TENON_BODY_TIMEOUT", body),
    ];
    let server = Server::start(
        TENON,
        Options {
            environment,
            ..Options::default()
        },
    );
    let alone = p99(&server, 200).await;
    let count = usize::try_from(scale(400, 10_000)).unwrap();
    let mut clients = Vec::new();
    for number in 0..count {
        let kind = KINDS[number % KINDS.len()];
        // Whoever reads nothing holds megabytes of buffers on this machine: a few are enough.
        let kind = if matches!(kind, Slow::Reading) && number > 80 {
            Slow::Head
        } else {
            kind
        };
        let client = Raw::connect(&server).await;
        clients.push((kind, tokio::spawn(until_cut(kind, client))));
    }
    let beside = p99(&server, 200).await;
    let mut slowest = Duration::ZERO;
    for (kind, client) in clients {
        let took = client.await.unwrap();
        let limit = match kind {
            Slow::Silent | Slow::Head => head,
            Slow::Body | Slow::Reading => body,
        };
        // A busy machine is late; a client that is not cut off at all is caught all the same.
        assert!(
            took < Duration::from_secs(limit * 2 + 20),
            "{kind:?}: {took:?}"
        );
        slowest = slowest.max(took);
    }
    // Clients, server and other tests share the cores here: the figure tells more than a bound could.
    assert!(
        beside < Duration::from_secs(10),
        "{beside:?} beside, {alone:?} alone"
    );
    server.finish().await;
    kept(
        "I1",
        format!(
            "{count} slow clients: all cut off, the last after {:.1} s (limits {head} s and {body} s); p99 of others {:.1} ms, alone {:.1} ms",
            slowest.as_secs_f64(),
            beside.as_secs_f64() * 1e3,
            alone.as_secs_f64() * 1e3
        ),
    );
}
