//! What is outside the engine and survives its crashes: the store's disk, the application's memory, time and chance.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tenon_engine::flow::Caps;
use tenon_engine::model::{BootId, ExecutionId, Millis};
use tenon_engine::ports::Clock;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::bug::Bug;
use super::chance::Chance;
use super::ledger::Ledger;
use super::quota::{Quota, draw_caps};
use super::rows::Rows;

/// The wall clock where the simulated time is 0.
pub(crate) const EPOCH: Millis = Millis(1_784_000_000_000);

/// A change that the store was asked for and has not made yet.
struct Pending {
    life: u32,
    execution: Option<ExecutionId>,
    /// Whether it is made although the process that asked for it is gone.
    survives: bool,
    change: Box<dyn FnOnce(&mut Rows) + Send>,
}

pub(crate) struct State {
    pub(crate) chance: Chance,
    pub(crate) rows: Rows,
    pub(crate) ledger: Ledger,
    pub(crate) quota: Quota,
    /// What each process has room for.
    pub(crate) caps: Caps,
    /// How many of a hundred steps go wrong.
    pub(crate) storm: u64,
    /// Whether the engine and its store are cut off from each other.
    pub(crate) cut_off: bool,
    pub(crate) answers: u64,
    /// By the time at which each is made.
    pending: BTreeMap<(u64, usize), Pending>,
    asked: usize,
    boots: BTreeMap<u32, BootId>,
}

impl State {
    /// A process says that it lives.
    pub(crate) fn sign_of_life(&mut self, life: &Life, boot: &BootId) {
        self.boots.insert(life.number, boot.clone());
        self.rows.alive.push(boot.clone());
    }

    /// Takes a change in that will be made at `due`, unless its process dies before and takes it along.
    pub(crate) fn ask(
        &mut self,
        due: u64,
        life: &Life,
        execution: Option<&ExecutionId>,
        change: impl FnOnce(&mut Rows) + Send + 'static,
    ) {
        self.asked += 1;
        let pending = Pending {
            life: life.number,
            execution: execution.cloned(),
            survives: self.chance.percent(50),
            change: Box::new(change),
        };
        self.pending.insert((due, self.asked), pending);
    }

    fn settle(&mut self, now: u64) {
        while let Some(first) = self.pending.first_entry()
            && first.key().0 <= now
        {
            (first.remove().change)(&mut self.rows);
        }
    }

    /// The end of a life: what it left running or asked for is in doubt, and some of what it asked for is never done.
    fn bury(&mut self, life: &Life) {
        let asked = self.pending.values();
        let asked = asked.filter_map(|pending| pending.execution.as_ref());
        let unfinished = self.rows.unfinished();
        self.ledger.doubts.extend(asked.chain(unfinished).cloned());
        self.pending
            .retain(|_, pending| pending.life != life.number || pending.survives);
        let boot = self.boots.get(&life.number);
        self.rows.alive.retain(|alive| Some(alive) != boot);
    }
}

/// Everything outside the engine.
pub(crate) struct World {
    pub(crate) bug: Option<Bug>,
    started: Instant,
    state: Mutex<State>,
}

impl World {
    pub(crate) fn new(seed: u64, bug: Option<Bug>, rows: Rows) -> Arc<Self> {
        let mut chance = Chance::new(seed);
        let state = State {
            storm: chance.one_of(&[(1, 0), (3, 4), (3, 12), (2, 30)]),
            caps: draw_caps(&mut chance),
            quota: Quota::default(),
            chance,
            rows,
            ledger: Ledger::default(),
            cut_off: false,
            answers: 0,
            pending: BTreeMap::new(),
            asked: 0,
            boots: BTreeMap::new(),
        };
        Arc::new(Self {
            bug,
            started: Instant::now(),
            state: Mutex::new(state),
        })
    }

    /// A world without faults, in which everything is set up.
    pub(crate) fn calm() -> Arc<Self> {
        let world = Self::new(0, None, Rows::default());
        world.look(|state| state.storm = 0);
        world
    }

    /// Milliseconds since the beginning.
    pub(crate) fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap()
    }

    /// The world as it is now: every change of the store that is due has been made.
    pub(crate) fn look<T>(&self, at: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.lock().unwrap();
        state.settle(self.now());
        at(&mut state)
    }

    pub(crate) fn note(&self, what: impl std::fmt::Display) {
        let now = self.now();
        self.look(|state| state.ledger.note(now, what));
    }

    /// A number that chance decides.
    pub(crate) fn draw(&self, range: std::ops::Range<u64>) -> u64 {
        self.look(|state| state.chance.within(range))
    }

    pub(crate) fn crash(&self, life: &Life) {
        life.over.cancel();
        self.look(|state| state.bury(life));
        self.note(format_args!("life {} is over", life.number));
    }
}

impl Clock for World {
    fn now(&self) -> Millis {
        EPOCH.plus(i64::try_from(Self::now(self)).unwrap())
    }

    fn chance(&self) -> f64 {
        self.look(|state| state.chance.share())
    }
}

/// One life of the process. After its end nothing that it does reaches the world, nor the world it: its tasks stand
/// still at the next step that would.
#[derive(Clone)]
pub(crate) struct Life {
    pub(crate) number: u32,
    pub(crate) over: CancellationToken,
}

impl Life {
    pub(crate) fn new(number: u32) -> Self {
        Self {
            number,
            over: CancellationToken::new(),
        }
    }

    pub(crate) async fn goes_on(&self) {
        if self.over.is_cancelled() {
            std::future::pending::<()>().await;
        }
    }

    /// Lets time pass within this life.
    pub(crate) async fn pass(&self, milliseconds: u64) {
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        self.goes_on().await;
    }
}
