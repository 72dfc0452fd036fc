//! A1, A2, A3: `kill -9` under load, on both databases.

use std::time::{Duration, Instant};

use tenon_testkit::{Postgres, promise};

use crate::engines::{Engine, Load, Stage, Tally, check, running};

const CALLERS: usize = 32;
/// Within how long an execution whose process was killed ends as unknown, by the promise.
const ORPHANED: Duration = Duration::from_secs(5);
/// How much longer it may take on a machine that does other things as well.
const LENIENCE: u32 = 3;
/// Of so many kills, the next load waits for the orphans of one: of the others it begins at once.
const WATCHED: u64 = 5;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a1_a2_a3_killed_again_and_again_on_sqlite_it_loses_and_repeats_nothing() {
    kill(&Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a1_a2_a3_killed_again_and_again_on_postgresql_it_loses_and_repeats_nothing() {
    kill(&Engine::postgres(Postgres::shared())).await;
}

async fn kill(engine: &Engine) {
    let kills = promise::scale(20, 200);
    let stage = Stage::new().await;
    let mut server = stage.server(engine);
    let mut caller = stage.caller(&server);
    let mut told = Tally::default();
    let mut longest = Duration::ZERO;
    for kill in 0..kills {
        let load = Load::start(CALLERS, &caller, false);
        load.until(100).await;
        server.kill();
        told.add(load.end().await);
        server.restart();
        caller = caller.at(&server.http);
        if kill % WATCHED == 0 || kill + 1 == kills {
            let restarted = Instant::now();
            while running(&caller).await > 0 {
                assert!(
                    restarted.elapsed() < ORPHANED * LENIENCE,
                    "orphans are not ended"
                );
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            longest = longest.max(restarted.elapsed());
        }
    }
    assert_eq!(told.refused.len(), 0, "{:?}", told.refused);
    let least = 50 * usize::try_from(kills).unwrap();
    assert!(
        told.acknowledged.len() >= least,
        "too few calls to prove anything"
    );
    let unknown = check(&stage, &caller, &told).await;
    let figure = format!(
        "{}: {kills} kills under {CALLERS} callers, {} acknowledged, {} at the application: 0 missing, 0 without a row, 0 \
         twice; {unknown} unknown, {longest:.1?} after the restart at most",
        engine.name(),
        told.acknowledged.len(),
        stage.arrived().len(),
    );
    for number in ["A1", "A2", "A3"] {
        promise::kept(number, &figure);
    }
    server.finish().await;
}
