//! The one task that writes the journal, and the grouping of what waits into one commit.
//!
//! A commit costs a round trip and an `fsync`, so jobs that arrive while one is under way share
//! the next. There is no timer: an idle writer commits a lone job at once. The statements of a
//! batch are sent without waiting for each other's answers. PostgreSQL gives up a transaction
//! in which one statement fails, so a batch that fails is done again one job at a time, and one
//! bad job fails alone.
//!
//! The end of an execution is owed to the journal whether anybody waits for it or not: it is
//! tried until the database is back, for as long as [`OWED`].

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use deadpool_postgres::{Client, Pool};
use futures_util::future::join_all;
use tenon_engine::model::{BootId, ChainEnd, Link, Millis};
use tenon_engine::ports::{Notary, Stored};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout_at};

use super::books::{self, Books, same};
use super::job::{Job, Task, Work};
use super::pool::{Lease, PATIENCE};
use super::statement;
use crate::fault::Fault;
use crate::tables::UNNAMED_ENDS;

/// The most jobs of one commit: bounds how long the first of them waits for the last.
const BATCH: usize = 64;

/// How many jobs may wait.
const QUEUE: usize = 1024;

/// How long what is owed is tried.
const OWED: Duration = Duration::from_secs(60);

/// How long it rests in between.
const REST: Duration = Duration::from_millis(250);

type Boxed = Box<dyn Job>;

/// The handle of the writing task.
pub(super) struct Writer {
    queue: Mutex<Option<mpsc::Sender<Boxed>>>,
    task: Mutex<Option<JoinHandle<()>>>,
    pool: Pool,
    books: Arc<tokio::sync::Mutex<Books>>,
}

impl Writer {
    /// Starts the task, which works on a connection of this pool.
    pub(super) fn start(pool: Pool) -> Self {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let books = Arc::new(tokio::sync::Mutex::new(Books::default()));
        let batches = Batches {
            pool: pool.clone(),
            jobs,
            books: Arc::clone(&books),
        };
        Self {
            queue: Mutex::new(Some(queue)),
            task: Mutex::new(Some(tokio::spawn(batches.run()))),
            pool,
            books,
        }
    }

    /// Has the work done and waits until its batch is committed, or for as long as anybody does.
    pub(super) async fn write<W: Work>(&self, work: W) -> Stored<W::Output> {
        let queue = locked(&self.queue).clone().ok_or(Fault::Closed)?;
        let (task, answer, deadline) = Task::new(work);
        match timeout_at(deadline, queue.send(Box::new(task))).await {
            Ok(Ok(())) => {}
            Ok(Err(_closed)) => return Err(Fault::Closed.into()),
            Err(_full) => return Err(Fault::Late.into()),
        }
        match timeout_at(deadline, answer).await {
            Ok(Ok(result)) => result,
            Ok(Err(_gone)) => Err(Fault::Closed.into()),
            Err(_late) => Err(Fault::Late.into()),
        }
    }

    /// Begins the chain with the ends that it finds.
    pub(super) async fn open_chain(
        &self,
        boot: BootId,
        notary: Arc<dyn Notary>,
        now: Millis,
    ) -> Stored<()> {
        let mut books = self.books.lock().await;
        let lease = Lease::of(&self.pool, PATIENCE).await?;
        let work = async {
            let client = lease.client();
            client.batch_execute("BEGIN").await?;
            let unnamed: Vec<Link> = statement::all(client, UNNAMED_ENDS, &[]).await?;
            let end = ChainEnd::new(boot, notary);
            let end = books::opening(client, end, &unnamed, now).await?;
            client.batch_execute("COMMIT").await?;
            Ok(end)
        };
        let ended = timeout_at(lease.deadline(), work).await;
        let end = lease.settle_whole(ended)?;
        *books = Books {
            end: Some(end),
            unsure: false,
        };
        Ok(())
    }

    /// Ends the chain.
    pub(super) async fn close_chain(&self, now: Millis) -> Stored<()> {
        let mut books = self.books.lock().await;
        let lease = Lease::of(&self.pool, PATIENCE).await?;
        let work = async {
            let client = lease.client();
            client.batch_execute("BEGIN").await?;
            books.make_sure(client).await?;
            let end = books.end.clone().ok_or(Fault::NoChain)?;
            books::closing(client, end, now).await?;
            Ok(client.batch_execute("COMMIT").await?)
        };
        let ended = timeout_at(lease.deadline(), work).await;
        lease.settle_whole(ended)?;
        *books = Books::default();
        Ok(())
    }

    /// Takes no more work and waits for what was asked for.
    pub(super) async fn close(&self) {
        locked(&self.queue).take();
        let task = locked(&self.task).take();
        if let Some(task) = task {
            // It can only fail after a panic, and then there is nothing left to wait for.
            let _ = task.await;
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the writing task owns.
struct Batches {
    pool: Pool,
    jobs: mpsc::Receiver<Boxed>,
    books: Arc<tokio::sync::Mutex<Books>>,
}

impl Batches {
    async fn run(mut self) {
        let mut batch = Vec::with_capacity(BATCH);
        let mut owed: Vec<Boxed> = Vec::new();
        loop {
            let came = tokio::select! {
                came = self.jobs.recv_many(&mut batch, BATCH) => Some(came),
                () = sleep(REST), if !owed.is_empty() => None,
            };
            // What is done late comes before what is asked for now.
            batch.splice(..0, owed.drain(..));
            self.write(&mut batch).await;
            let is_owed = |job: &Boxed| job.is_owed() && job.asked().elapsed() < OWED;
            owed.extend(batch.drain(..).filter(is_owed));
            if came == Some(0) {
                return;
            }
        }
    }

    /// Does the jobs and answers all of them; leaves those that could not be done.
    async fn write(&self, batch: &mut Vec<Boxed>) {
        // Nobody has been told that what does not begin was done.
        batch.retain(|job| job.is_owed() || !job.is_abandoned());
        let mut books = self.books.lock().await;
        let Err(fault) = self.commit(&mut books, batch).await else {
            batch.drain(..).for_each(|mut job| job.answer());
            return;
        };
        tracing::warn!(
            error = &fault as &dyn std::error::Error,
            jobs = batch.len(),
            "a batch of the journal was not committed"
        );
        self.write_one_by_one(&mut books, batch, fault).await;
    }

    /// Does again what a batch did not, unless the database is gone.
    async fn write_one_by_one(&self, books: &mut Books, batch: &mut Vec<Boxed>, fault: Fault) {
        let mut gone = (!fault.is_of_a_statement()).then(|| Arc::new(fault));
        let mut failed = Vec::new();
        for mut job in batch.drain(..) {
            let ended = match &gone {
                Some(fault) => Err(Fault::NotCommitted(Arc::clone(fault))),
                None => self.commit(books, std::slice::from_mut(&mut job)).await,
            };
            match ended {
                Ok(()) => {
                    job.answer();
                    continue;
                }
                // The job has said why.
                Err(Fault::RolledBack) => {}
                Err(fault) if fault.is_of_a_statement() => job.fail(fault),
                Err(fault) => {
                    let fault = Arc::new(fault);
                    job.fail(Fault::NotCommitted(Arc::clone(&fault)));
                    gone.get_or_insert(fault);
                }
            }
            job.answer();
            failed.push(job);
        }
        *batch = failed;
    }

    /// Runs the jobs in one transaction: all of them are done, or none is.
    async fn commit(&self, books: &mut Books, batch: &mut [Boxed]) -> Result<(), Fault> {
        if batch.is_empty() {
            return Ok(());
        }
        let lease = Lease::of(&self.pool, PATIENCE).await?;
        let mut after = None;
        let work = transact(lease.client(), books, batch, &mut after);
        let ended = timeout_at(lease.deadline(), work).await;
        let Err(fault) = lease.settle_whole(ended) else {
            (books.end, books.unsure) = (after, false);
            return Ok(());
        };
        books.unsure = true;
        // The commit may have been made all the same.
        if after.is_some() && !same(after.as_ref(), books.end.as_ref()) {
            let lease = Lease::of(&self.pool, PATIENCE).await?;
            let sure = timeout_at(lease.deadline(), books.make_sure(lease.client())).await;
            lease.settle_whole(sure)?;
            if same(after.as_ref(), books.end.as_ref()) {
                return Ok(());
            }
        }
        Err(fault)
    }
}

/// Leaves in `after` where the chain ends, once the transaction is committed.
async fn transact(
    client: &Client,
    books: &mut Books,
    batch: &mut [Boxed],
    after: &mut Option<ChainEnd>,
) -> Result<(), Fault> {
    client.batch_execute("BEGIN").await?;
    books.make_sure(client).await?;
    let done = join_all(batch.iter_mut().map(|job| job.run(client))).await;
    let written: Option<Vec<_>> = done.into_iter().collect();
    let written: Vec<_> = written
        .ok_or(Fault::RolledBack)?
        .into_iter()
        .flatten()
        .collect();
    let end = books.append(client, &written).await?;
    // From here on nobody can say whether it was committed, unless PostgreSQL does.
    *after = end;
    Ok(client.batch_execute("COMMIT").await?)
}
