//! E5: a stolen database opens no door, keys are not in the logs, and a flood of wrong keys slows nobody.

use std::time::{Duration, Instant};

use serde_json::json;
use tenon_testkit::promise::{kept, scale};
use tenon_testkit::{Application, Caller, Options, Server};

use crate::operator::{Folder, TENON, caller, connect};

async fn tries(caller: &Caller, key: &str) -> u16 {
    let headers = [("x-api-key", key), ("linked_account_id", &caller.account)];
    let path = "/api/v2/public/action-execution";
    caller
        .without_key()
        .send("GET", path, &headers, None)
        .await
        .status
}

/// Every run of signs in the files that could be sent as a key, and every 32 bytes beside a key's hint as text.
fn candidates(folder: &std::path::Path, hint: &str) -> Vec<String> {
    let mut all = Vec::new();
    for name in ["tenon.db", "tenon.db-wal"] {
        let bytes = std::fs::read(folder.join(name)).unwrap_or_default();
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
        let runs = bytes
            .split(|byte| !plain(byte))
            .filter(|run| run.len() >= 20);
        all.extend(runs.map(|run| String::from_utf8_lossy(run).into_owned()));
        let places = bytes
            .windows(hint.len())
            .enumerate()
            .filter(|(_, at)| *at == hint.as_bytes());
        for (at, _) in places {
            for from in at..at + hint.len() + 8 {
                let hash = bytes.get(from..from + 32).unwrap_or_default();
                all.push(hash.iter().map(|byte| format!("{byte:02x}")).collect());
            }
        }
    }
    all.sort();
    all.dedup();
    all
}

fn percentile(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[(times.len() * 99 / 100).min(times.len() - 1)]
}

async fn timed(caller: &Caller, count: u64) -> Duration {
    let mut times = Vec::new();
    for _ in 0..count {
        let begun = Instant::now();
        assert_eq!(tries(caller, &caller.key).await, 200);
        times.push(begun.elapsed());
    }
    percentile(&mut times)
}

#[tokio::test(flavor = "multi_thread")]
async fn e5_a_stolen_database_opens_no_door_and_wrong_keys_do_not_slow_right_ones() {
    let application = Application::start().await;
    let folder = Folder::new();
    folder.connector("acme", &application.base, "");
    folder.action("acme", "add", "request: { post: /things }\n");
    let options = Options {
        connectors: Some(folder.path().into()),
        allow_loopback: true,
        ..Options::default()
    };
    let server = Server::start(TENON, options);
    let caller = caller(&server);
    assert_eq!(connect(&server, "acme", &[]).await.status, 200);
    assert_eq!(
        caller.execute("acme", "add", &[], &json!({})).await.status,
        200
    );
    let stolen = candidates(server.data(), &caller.key[..9]);
    assert!(stolen.len() > 10, "{}", stolen.len());
    for candidate in &stolen {
        assert_ne!(*candidate, caller.key);
        assert_eq!(tries(&caller, candidate).await, 401, "{candidate}");
    }
    let calls = scale(100, 2000);
    let quiet = timed(&caller, calls).await;
    let wrong = scale(2_000, 1_000_000);
    let flood: Vec<_> = (0..4)
        .map(|at| {
            let caller = caller.clone();
            tokio::spawn(async move {
                for number in 0..wrong / 4 {
                    let key = format!("tk_{at}{number:042}abcdef");
                    assert_eq!(tries(&caller, &key).await, 401);
                }
            })
        })
        .collect();
    let flooded = timed(&caller, calls).await;
    for one in flood {
        one.await.unwrap();
    }
    let said = server.said();
    assert!(!said.contains(&caller.key), "a key stands in the log");
    // The clients of the flood run on the same two cores as the server, and take most of the time.
    assert!(
        flooded < quiet * 20 + Duration::from_millis(200),
        "{quiet:?}, {flooded:?}"
    );
    server.finish().await;
    kept(
        "E5",
        format!(
            "{} texts of the database tried, 0 let in; {wrong} wrong keys: p99 {quiet:.1?} before, {flooded:.1?} meanwhile (one machine for both sides)",
            stolen.len()
        ),
    );
}
