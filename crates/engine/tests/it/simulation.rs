//! J6: the engine's own code in a world that a seed decides, with virtual time.
//!
//! Store and application are simulated below the engine's ports: writes are late, refused, lost or made unheard;
//! requests fail before and after they left; callers hang up and ask again; the process crashes at any moment and
//! starts again on what was committed. A checker that sees everything compares rows, answers and effects.
//! `TENON_SEED=7 cargo test -p tenon-engine simulation` plays one seed and prints what happened in it.

mod application;
mod aside;
mod bug;
mod caller;
mod chance;
mod checker;
mod ledger;
mod play;
mod quota;
mod rows;
mod stage;
mod standing;
mod store;
mod world;

use bug::Bug;
use ledger::Ledger;
use play::play;
use tenon_testkit::promise;

#[test]
fn j6_no_seed_breaks_a_promise() {
    if let Ok(seed) = std::env::var("TENON_SEED") {
        let ledger = play(seed.parse().unwrap(), None);
        println!("{}", ledger.trace.join("\n"));
        assert_eq!(ledger.violations, [""; 0], "seed {seed}");
        return;
    }
    let seeds = promise::scale(10_000, 100_000);
    let mut seen = Seen::default();
    for seed in 0..seeds {
        let ledger = play(seed, None);
        let (trace, wrong) = (ledger.trace.join("\n"), &ledger.violations);
        assert!(
            wrong.is_empty(),
            "{trace}\nplay it again: TENON_SEED={seed}\n{wrong:#?}"
        );
        seen.add(&ledger);
    }
    let figure = format!("{seeds} seeds with {seen}: 0 violations");
    println!("{figure}");
    promise::kept("J6", figure);
}

/// What the seeds led to: a simulation in which nothing happens proves nothing.
#[derive(Default)]
struct Seen {
    crashes: u64,
    answers: usize,
    replays: usize,
    unknown: u64,
    effects: u32,
    refused: u64,
}

impl Seen {
    fn add(&mut self, ledger: &Ledger) {
        self.crashes += ledger.crashes;
        self.answers += ledger.told.len();
        self.replays += ledger.told.iter().filter(|told| told.replayed).count();
        self.unknown += ledger.unknown;
        self.refused += ledger.refused;
        self.effects += ledger.effects.values().sum::<u32>();
    }
}

impl std::fmt::Display for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            crashes,
            answers,
            replays,
            unknown,
            effects,
            refused,
        } = self;
        write!(
            f,
            "{crashes} crashes, {answers} answers ({replays} replayed), {effects} effects, {unknown} unknown, {refused} without a turn"
        )
    }
}

#[test]
fn j6_a_seed_plays_the_same_every_time() {
    for seed in 0..50 {
        let (once, again) = (play(seed, None).trace, play(seed, None).trace);
        let parted = once.iter().zip(&again).find(|(one, other)| one != other);
        assert_eq!(parted, None, "seed {seed}");
        assert_eq!(once.len(), again.len(), "seed {seed}");
    }
}

#[test]
fn j6_the_checker_finds_every_known_mistake() {
    for bug in Bug::ALL {
        let found = (0..2000).find(|seed| !play(*seed, Some(bug)).violations.is_empty());
        assert!(found.is_some(), "{bug:?} is not found");
    }
}
