//! A1, A2, A3: `kill -9` under load, on both databases. One run of each database is looked at by the tests of all three.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use tenon_testkit::{Postgres, promise};

use crate::engines::{Engine, Evidence, Load, Stage, Tally, running};

const CALLERS: usize = 32;
/// Within how long an execution whose process was killed ends as unknown, by the promise.
const ORPHANED: Duration = Duration::from_secs(5);
/// How much longer it may take on a machine that does other things as well.
const LENIENCE: u32 = 3;
/// Of so many kills, the next load waits for the orphans of one: of the others it begins at once.
const WATCHED: u64 = 5;

/// What many kills came to.
struct Run {
    engine: &'static str,
    kills: u64,
    evidence: Evidence,
    /// The longest that executions of a killed process had no end after the restart.
    orphaned: Duration,
}

#[test]
fn a1_nothing_reaches_the_application_without_a_row() {
    for run in runs() {
        assert_eq!(run.evidence.unwritten(), [""; 0], "{}", run.engine);
        let arrived = run.evidence.arrived.len();
        promise::kept(
            "A1",
            run.figure(&format!("{arrived} requests arrived, 0 without a row")),
        );
    }
}

#[test]
fn a2_nothing_that_was_acknowledged_is_missing_or_different() {
    for run in runs() {
        assert_eq!(run.evidence.lost(), [""; 0], "{}", run.engine);
        let acknowledged = run.evidence.told.acknowledged.len();
        promise::kept(
            "A2",
            run.figure(&format!("{acknowledged} acknowledged, 0 lost")),
        );
    }
}

#[test]
fn a3_what_was_cut_off_is_unknown_in_seconds_and_never_sent_again() {
    for run in runs() {
        assert_eq!(run.evidence.repeated(), [""; 0], "{}", run.engine);
        let misjudged = run.evidence.misjudged();
        assert!(misjudged.is_empty(), "{}: {misjudged:?}", run.engine);
        assert!(run.orphaned < ORPHANED * LENIENCE, "{:?}", run.orphaned);
        let figure = format!(
            "{} unknown, {:.1?} after the restart at most; 0 sent again, 0 said to have failed",
            run.evidence.unknown(),
            run.orphaned
        );
        promise::kept("A3", run.figure(&figure));
    }
}

/// The runs, made by whoever asks first.
fn runs() -> &'static [Run; 2] {
    static RUNS: OnceLock<[Run; 2]> = OnceLock::new();
    RUNS.get_or_init(|| {
        let runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = { runtime }.worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let postgres = Engine::postgres(Postgres::shared());
            [Run::make(&Engine::Sqlite).await, Run::make(&postgres).await]
        })
    })
}

impl Run {
    async fn make(engine: &Engine) -> Self {
        let kills = promise::scale(20, 200);
        let stage = Stage::new().await;
        let mut server = stage.server(engine);
        let mut caller = stage.caller(&server);
        let (mut told, mut orphaned) = (Tally::default(), Duration::ZERO);
        for kill in 0..kills {
            let load = Load::start(CALLERS, &caller, false);
            load.until(100).await;
            server.kill();
            told.add(load.end().await);
            server.restart();
            caller = caller.at(&server.http);
            if kill % WATCHED == 0 || kill + 1 == kills {
                let restarted = Instant::now();
                while running(&caller).await > 0 && restarted.elapsed() < ORPHANED * LENIENCE {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                orphaned = orphaned.max(restarted.elapsed());
            }
        }
        assert_eq!(told.refused.len(), 0, "{:?}", told.refused);
        let least = 50 * usize::try_from(kills).unwrap();
        let acknowledged = told.acknowledged.len();
        assert!(
            acknowledged >= least,
            "too few calls to prove anything: {acknowledged}"
        );
        let evidence = Evidence::collect(&stage, &caller, told).await;
        server.finish().await;
        Self {
            engine: engine.name(),
            kills,
            evidence,
            orphaned,
        }
    }

    fn figure(&self, seen: &str) -> String {
        format!(
            "{}: {} kills under {CALLERS} callers: {seen}",
            self.engine, self.kills
        )
    }
}
