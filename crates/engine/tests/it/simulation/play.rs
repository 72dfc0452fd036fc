//! One seed, from the first call to the verdict.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::bug::Bug;
use super::caller;
use super::checker;
use super::ledger::Ledger;
use super::stage::{Cast, Stage};
use super::world::World;

/// Longer than any call can take, crashes and partitions included.
const LONGEST_PLAY: Duration = Duration::from_secs(3 * 3600);
/// Longer than a write can stay on its way, and than an execution may outlive its deadline.
const SETTLING: Duration = Duration::from_secs(120);

/// Plays a seed, and returns what happened with what is wrong about it.
pub(crate) fn play(seed: u64, bug: Option<Bug>) -> Ledger {
    let cast = Cast::get();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let stage = Stage::new(World::new(seed, bug, cast.rows.clone()));
        perform(&stage).await;
        settle(&stage).await;
        stage.world.look(|state| {
            checker::check(state);
            std::mem::take(&mut state.ledger)
        })
    })
}

/// Callers call, while fate does what it can.
async fn perform(stage: &Arc<Stage>) {
    for _ in 0..stage.world.draw(1..3) {
        stage.start().await;
    }
    let mut callers = JoinSet::new();
    for name in 0..stage.world.draw(1..5) {
        callers.spawn(caller::call(Arc::clone(stage), name));
    }
    let over = async { while callers.join_next().await.is_some() {} };
    tokio::select! {
        biased;
        () = over => {}
        () = fate(stage) => {}
        () = tokio::time::sleep(LONGEST_PLAY) => {
            stage.world.look(|state| state.ledger.violated("a call never ends".to_owned()));
        }
    }
}

/// Crashes, partitions, and the jobs of a running process, at random moments.
async fn fate(stage: &Stage) {
    let mut crashes = stage.world.draw(0..6);
    loop {
        let wait = stage.world.look(|state| {
            let longest = state.chance.one_of(&[(3, 500), (3, 4000), (1, 60_000)]);
            state.chance.within(10..longest)
        });
        tokio::time::sleep(Duration::from_millis(wait)).await;
        match stage.world.draw(0..4) {
            0 | 1 if crashes > 0 => {
                crashes -= 1;
                crash_and_start(stage).await;
            }
            2 => {
                let cut_off = stage.world.look(|state| {
                    state.cut_off = !state.cut_off && state.storm > 0;
                    if state.cut_off && state.chance.percent(50) {
                        // So long that nobody's signs of life arrive.
                        state.rows.alive.clear();
                    }
                    state.cut_off
                });
                stage.world.note(format_args!("cut off: {cut_off}"));
            }
            _ => {
                let engine = stage.process().await.engine;
                // A job that fails is a job for the next time.
                let _swept = engine.sweep().await;
                let _expired = engine.expire().await;
            }
        }
    }
}

async fn crash_and_start(stage: &Stage) {
    stage.crash();
    stage.world.look(|state| state.ledger.crashes += 1);
    let down = stage.world.draw(10..20_000);
    tokio::time::sleep(Duration::from_millis(down)).await;
    stage.world.look(|state| state.cut_off = false);
    stage.start().await;
}

/// Everything heals: what was under way ends, by itself or with its process, and one more process starts.
async fn settle(stage: &Stage) {
    stage.world.look(|state| {
        state.cut_off = false;
        state.storm = 0;
    });
    if stage.world.draw(0..2) == 0 {
        stage.crash();
    }
    tokio::time::sleep(SETTLING).await;
    while stage.crash() {}
    tokio::time::sleep(SETTLING).await;
    stage.start().await;
}
