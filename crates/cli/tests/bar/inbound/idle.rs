//! Idle connections cost little, and beyond the last place one is told so.

use std::net::Ipv4Addr;
use std::time::Duration;

use tenon_testkit::promise::{kept, scale};
use tenon_testkit::{Options, Server};

use super::raw::{Raw, address, allow_many_files, p99, set};
use crate::operator::TENON;

const ASK: &[u8] = b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";

/// What a process has in memory, in kilobytes.
fn resident(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

async fn refused(client: &mut Raw) {
    client.send(ASK).await;
    let answer = client.answer().await.unwrap();
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(answer.head.contains("retry-after: 1"), "{answer:?}");
    assert!(answer.body.contains("\"OVERLOADED\""), "{answer:?}");
    assert!(
        client.rest(Duration::from_secs(30)).await.1,
        "it is not closed"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i2_idle_connections_are_cheap_and_one_too_many_is_told_so() {
    allow_many_files();
    let most = usize::try_from(scale(1_000, 15_000)).unwrap();
    let environment = vec![
        set("TENON_MAX_CONNECTIONS", most),
        set("TENON_HEAD_TIMEOUT", 600),
    ];
    let server = Server::start(
        TENON,
        Options {
            environment,
            ..Options::default()
        },
    );
    let (alone, before) = (p99(&server, 200).await, resident(server.id()));
    let mut idle = Vec::new();
    // One place is that of the client that measures.
    for _ in 1..most {
        idle.push(Raw::connect(&server).await);
    }
    let beside = p99(&server, 200).await;
    let each = resident(server.id()).saturating_sub(before) as f64 / most as f64;
    for _ in 0..20 {
        refused(&mut Raw::connect(&server).await).await;
    }
    // One that asks after long idleness is answered, and one that leaves makes room.
    let first = &mut idle[0];
    first.send(ASK).await;
    assert_eq!(first.answer().await.unwrap().status, 200);
    idle.truncate(most / 2);
    let end = std::time::Instant::now() + Duration::from_secs(30);
    loop {
        let mut late = Raw::connect(&server).await;
        late.send(ASK).await;
        match late.answer().await {
            Some(answer) if answer.status == 200 => break,
            _ => assert!(std::time::Instant::now() < end, "no place becomes free"),
        }
    }
    assert!(each < 10.0, "{each} kB each");
    assert!(
        beside < alone * 2 + Duration::from_millis(100),
        "{beside:?} beside, {alone:?} alone"
    );
    server.finish().await;
    kept(
        "I2",
        format!(
            "{most} connections: {each:.1} kB each (debug build), 20 of 20 beyond them refused with 503"
        ),
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn i2_one_address_cannot_take_every_place() {
    let environment = vec![set("TENON_MAX_CONNECTIONS_PER_ADDRESS", 5)];
    let server = Server::start(
        TENON,
        Options {
            environment,
            ..Options::default()
        },
    );
    let greedy = Ipv4Addr::new(127, 0, 0, 9);
    let mut held = Vec::new();
    for _ in 0..5 {
        let mut client = Raw::from(greedy, address(&server)).await;
        client.send(ASK).await;
        assert_eq!(client.answer().await.unwrap().status, 200);
        held.push(client);
    }
    refused(&mut Raw::from(greedy, address(&server)).await).await;
    let mut other = Raw::connect(&server).await;
    other.send(ASK).await;
    assert_eq!(other.answer().await.unwrap().status, 200);
    server.finish().await;
}
