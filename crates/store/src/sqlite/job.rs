//! A piece of work for the writer: run inside its batch, answered after the commit.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tenon_engine::ports::Stored;
use tokio::sync::oneshot;

use super::ledger::Ledger;
use crate::fault::Fault;

/// How long a job may wait for its batch to begin.
///
/// Its caller shall have an answer within two seconds, and the batch may wait for a lock meanwhile
/// ([`super::connect`]). Whoever waits behind a log that cannot be written is told so.
const PATIENCE: Duration = Duration::from_secs(1);

/// How safe a write is when its answer is given. The later is the safer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Durability {
    /// Committed: survives the end of the process, not that of the machine.
    Committed,
    /// Committed and through `fsync`.
    Synced,
}

/// How a batch ended, as its jobs are told.
pub(super) type BatchEnd = Result<(), Arc<Fault>>;

/// A piece of work whose result's type is forgotten.
pub(super) trait Job: Send {
    /// What its caller waits for.
    fn durability(&self) -> Durability;
    /// Does the work, once. `false` means that what it wrote shall be undone.
    fn run(&mut self, ledger: &mut Ledger<'_>) -> bool;
    /// Whether it has waited too long to be begun.
    fn is_late(&self) -> bool;
    /// Tells the caller: the work's own result, if the batch was committed.
    fn answer(self: Box<Self>, end: &BatchEnd);
}

/// A piece of work and whom to tell.
pub(super) struct Task<T, W> {
    durability: Durability,
    asked: Instant,
    work: Option<W>,
    result: Option<Result<T, Fault>>,
    caller: oneshot::Sender<Stored<T>>,
}

impl<T, W> Task<T, W> {
    /// The task, and where its result will arrive.
    pub(super) fn new(durability: Durability, work: W) -> (Self, oneshot::Receiver<Stored<T>>) {
        let (caller, answer) = oneshot::channel();
        (
            Self {
                durability,
                asked: Instant::now(),
                work: Some(work),
                result: None,
                caller,
            },
            answer,
        )
    }
}

impl<T, W> Job for Task<T, W>
where
    T: Send,
    W: FnOnce(&mut Ledger<'_>) -> Result<T, Fault> + Send,
{
    fn durability(&self) -> Durability {
        self.durability
    }

    fn run(&mut self, ledger: &mut Ledger<'_>) -> bool {
        self.result = self.work.take().map(|work| work(ledger));
        matches!(self.result, Some(Ok(_)))
    }

    fn is_late(&self) -> bool {
        self.asked.elapsed() > PATIENCE
    }

    fn answer(self: Box<Self>, end: &BatchEnd) {
        let result = match end {
            // Even a refusal is void then: it may rest on what another job of the batch wrote.
            Err(fault) => Err(Fault::NotCommitted(Arc::clone(fault))),
            Ok(()) => self.result.unwrap_or(Err(Fault::Closed)),
        };
        // A caller who went away does not want to know.
        let _ = self.caller.send(result.map_err(Into::into));
    }
}
