//! B13, E6: a connection that is removed is over at once on every replica, its tokens are revoked at the provider, and what
//! the provider said is kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use tenon_testkit::Caller;
use tenon_testkit::promise::{kept, scale};
use tokio::task::JoinSet;

use super::{Linked, Stage, engines, place, read};

/// Callers at every server who read on and on.
struct Load {
    stop: Arc<AtomicBool>,
    callers: JoinSet<()>,
}

impl Load {
    fn start(callers: &[Caller]) -> Self {
        let mut load = Self {
            stop: Arc::default(),
            callers: JoinSet::new(),
        };
        for caller in callers.iter().cycle().take(8) {
            let (caller, stop) = (caller.clone(), Arc::clone(&load.stop));
            load.callers.spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    read(&caller).await;
                }
            });
        }
        load
    }

    async fn end(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.callers.join_all().await;
    }
}

/// Until nobody can use the connection at any server.
async fn over(linked: &Linked) -> Duration {
    let begun = Instant::now();
    for caller in &linked.callers {
        while read(caller).await.status != 409 {
            assert!(begun.elapsed() < Duration::from_secs(10));
        }
    }
    begun.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn b13_a_removed_connection_is_over_everywhere_and_revoked_at_the_provider() {
    let rounds = scale(5, 100);
    let mut seen = Vec::new();
    for (engine, servers) in engines() {
        let stage = Stage::start(&engine, servers, None).await;
        let mut slowest = Duration::ZERO;
        for round in 0..rounds {
            let account = format!("account-{round}");
            let linked = stage.link(&account).await;
            let load = Load::start(&linked.callers);
            let (gone, time) = tokio::join!(linked.ask("DELETE", ""), over(&linked));
            slowest = slowest.max(time);
            load.end().await;
            assert_eq!(gone.status, 200, "{}", gone.body);
            assert_eq!(gone.body["revocation"], "revoked", "{}", gone.body);
            assert_eq!(gone.body["http_status"], 200);
            assert_eq!(stage.provider.families_revoked() as u64, round + 1);
            let written = linked.timeline().await;
            let last: Vec<_> = written
                .iter()
                .rev()
                .take(2)
                .map(|(event, _)| &**event)
                .collect();
            assert_eq!(last, ["revoked", "deleted"], "{written:?}");
        }
        assert!(
            slowest < Duration::from_secs(1),
            "{}: {slowest:?}",
            engine.name()
        );
        refused(&stage).await;
        seen.push(format!(
            "{}: {rounds} removals during calls, over everywhere after {slowest:.0?} at most",
            place(&engine, servers)
        ));
        stage.finish().await;
    }
    let all = seen.join("; ");
    kept(
        "B13",
        format!("{all}; the provider was told each time, and its answer kept"),
    );
    kept("E6", format!("connections with granted tokens, {all}"));
}

/// Where the provider cannot revoke, its answer is kept all the same, and the connection is over.
async fn refused(stage: &Stage) {
    stage
        .provider
        .change(|behaviour| behaviour.revocation_fails = true);
    let linked = stage.link("unlucky").await;
    let gone = linked.ask("DELETE", "").await;
    assert_eq!(gone.body["revocation"], "refused", "{}", gone.body);
    assert_eq!(gone.body["http_status"], json!(503));
    let written = linked.timeline().await;
    assert_eq!(
        written.last().unwrap(),
        &("revoked".to_owned(), "refused".to_owned())
    );
    assert_eq!(linked.read().await.status, 409);
}
