//! A piece of work for the writer: run inside its batch, answered after the commit.

use std::sync::Arc;

use rusqlite::Connection;
use tenon_engine::ports::Stored;
use tokio::sync::oneshot;

use crate::fault::Fault;

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
    fn run(&mut self, connection: &Connection) -> bool;
    /// Tells the caller: the work's own result, if the batch was committed.
    fn answer(self: Box<Self>, end: &BatchEnd);
}

/// A piece of work and whom to tell.
pub(super) struct Task<T, W> {
    durability: Durability,
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
    W: FnOnce(&Connection) -> Result<T, Fault> + Send,
{
    fn durability(&self) -> Durability {
        self.durability
    }

    fn run(&mut self, connection: &Connection) -> bool {
        self.result = self.work.take().map(|work| work(connection));
        matches!(self.result, Some(Ok(_)))
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
