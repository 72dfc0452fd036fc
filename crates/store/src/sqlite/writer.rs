//! The one thread that writes, and the grouping of what waits into one commit.
//!
//! An `fsync` costs milliseconds and a row microseconds, so jobs that arrive while a commit is
//! under way share the next one. There is no timer: an idle writer commits a lone job at once.
//! Each job has a savepoint of its own, so one that fails takes nothing with it; what it appended to
//! the chain is forgotten with it, and all that a batch appended where the commit fails.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rusqlite::{Connection, TransactionBehavior};
use tenon_engine::model::ChainEnd;
use tenon_engine::ports::Stored;
use tokio::sync::mpsc;

use super::job::{BatchEnd, Durability, Job, Task};
use super::ledger::Ledger;
use crate::fault::Fault;

/// The most jobs of one commit: bounds how long the first of them waits for the last.
const BATCH: usize = 64;

/// How many jobs may wait; the callers of more wait for a place.
const QUEUE: usize = 1024;

type Boxed = Box<dyn Job>;

/// The handle of the writing thread.
pub(super) struct Writer {
    queue: Mutex<Option<mpsc::Sender<Boxed>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    /// Starts the thread.
    pub(super) fn start(connection: Connection) -> std::io::Result<Self> {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let batches = Batches {
            connection,
            chain: None,
            jobs,
            durability: None,
        };
        let thread = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || batches.run())?;
        Ok(Self {
            queue: Mutex::new(Some(queue)),
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Has the work done and waits until its batch is committed.
    ///
    /// The work is done even if the caller goes away, once it is in the queue.
    pub(super) async fn write<T, W>(&self, durability: Durability, work: W) -> Stored<T>
    where
        T: Send + 'static,
        W: FnOnce(&mut Ledger<'_>) -> Result<T, Fault> + Send + 'static,
    {
        let queue = locked(&self.queue).clone().ok_or(Fault::Closed)?;
        let (task, answer) = Task::new(durability, work);
        queue
            .send(Box::new(task))
            .await
            .map_err(|_unsent| Fault::Closed)?;
        answer.await.map_err(|_gone| Fault::Closed)?
    }

    /// Takes no more work. The returned thread ends when all that waits is done.
    pub(super) fn stop(&self) -> Option<JoinHandle<()>> {
        locked(&self.queue).take();
        locked(&self.thread).take()
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if let Some(thread) = self.stop() {
            // A thread that panicked has dropped its connection, which is all that is wanted.
            let _ = thread.join();
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the writing thread owns.
struct Batches {
    connection: Connection,
    /// The end of this process's chain as it was last committed.
    chain: Option<ChainEnd>,
    jobs: mpsc::Receiver<Boxed>,
    /// What the connection is set to; unknown before the first batch.
    durability: Option<Durability>,
}

impl Batches {
    fn run(mut self) {
        let mut batch = Vec::with_capacity(BATCH);
        while self.jobs.blocking_recv_many(&mut batch, BATCH) > 0 {
            refuse_late(&mut batch);
            if batch.is_empty() {
                continue;
            }
            let end: BatchEnd = self.commit(&mut batch).map_err(Arc::new);
            if let Err(fault) = &end {
                tracing::error!(error = fault as &dyn std::error::Error, "a write was lost");
            }
            for job in batch.drain(..) {
                job.answer(&end);
            }
        }
    }

    fn commit(&mut self, batch: &mut [Boxed]) -> Result<(), Fault> {
        let wanted = batch.iter().map(|job| job.durability()).max();
        self.set_durability(wanted.unwrap_or(Durability::Synced))?;
        let mut transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut chain = self.chain.clone();
        for job in batch {
            let savepoint = transaction.savepoint()?;
            let mut ledger = Ledger {
                db: &savepoint,
                chain: chain.clone(),
            };
            let keep = job.run(&mut ledger);
            let grown = ledger.chain;
            // SQLite may end the whole transaction when a statement fails. Nothing may run then:
            // a savepoint outside a transaction would commit by itself.
            if savepoint.is_autocommit() {
                return Err(Fault::RolledBack);
            }
            if keep {
                savepoint.commit()?;
                chain = grown;
            } else {
                savepoint.finish()?
            }
        }
        transaction.commit()?;
        self.chain = chain;
        Ok(())
    }

    /// SQLite lets this be changed outside of a transaction only.
    fn set_durability(&mut self, wanted: Durability) -> Result<(), Fault> {
        if self.durability != Some(wanted) {
            let word = match wanted {
                Durability::Committed => "NORMAL",
                Durability::Synced => "FULL",
            };
            self.connection.pragma_update(None, "synchronous", word)?;
            self.durability = Some(wanted);
        }
        Ok(())
    }
}

/// Answers those that have waited too long, so that they do not make the others wait.
fn refuse_late(batch: &mut Vec<Boxed>) {
    for job in batch.extract_if(.., |job| job.is_late()) {
        job.answer(&Err(Arc::new(Fault::Late)));
    }
}

#[cfg(test)]
#[path = "writer_tests.rs"]
mod tests;
