//! A piece of work for the writer: run in a batch, again by itself where the batch failed, and
//! answered after the commit.

use std::pin::Pin;

use deadpool_postgres::Client;
use tenon_engine::ports::Stored;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::pool::PATIENCE;
use crate::fault::Fault;
use crate::tables::Written;

/// What a job leaves behind as evidence; nothing where it failed, and with it the transaction.
pub(super) type Running<'a> = Pin<Box<dyn Future<Output = Option<Vec<Written>>> + Send + 'a>>;

/// A piece of work whose result's type is forgotten.
pub(super) trait Job: Send {
    /// Whether nobody waits for it any more.
    fn is_abandoned(&self) -> bool;
    /// Whether it shall be done even so: it tells what has happened already.
    fn is_owed(&self) -> bool;
    /// When it was asked for.
    fn asked(&self) -> Instant;
    /// Does the work.
    fn run<'a>(&'a mut self, client: &'a Client) -> Running<'a>;
    /// Lets it fail.
    fn fail(&mut self, fault: Fault);
    /// Tells the caller.
    fn answer(&mut self);
}

/// What is to be done in a transaction; more than once, if need be.
pub(super) trait Work: Send + Sync + 'static {
    /// What its caller wants to know.
    type Output: Send;
    /// Whether it shall be done even if nobody waits for it any more.
    const OWED: bool = false;

    /// Does it, and says what it wrote.
    fn run(
        &self,
        client: &Client,
    ) -> impl Future<Output = Result<(Self::Output, Vec<Written>), Fault>> + Send;
}

/// A piece of work and whom to tell.
pub(super) struct Task<W: Work> {
    work: W,
    asked: Instant,
    result: Option<Result<W::Output, Fault>>,
    caller: Option<oneshot::Sender<Stored<W::Output>>>,
}

impl<W: Work> Task<W> {
    /// The task, where its result will arrive, and until when that is waited for.
    pub(super) fn new(work: W) -> (Self, oneshot::Receiver<Stored<W::Output>>, Instant) {
        let (caller, answer) = oneshot::channel();
        let asked = Instant::now();
        let task = Self {
            work,
            asked,
            result: None,
            caller: Some(caller),
        };
        (task, answer, asked + PATIENCE)
    }
}

impl<W: Work> Job for Task<W> {
    fn is_abandoned(&self) -> bool {
        self.caller.as_ref().is_none_or(oneshot::Sender::is_closed)
    }

    fn is_owed(&self) -> bool {
        W::OWED
    }

    fn asked(&self) -> Instant {
        self.asked
    }

    fn run<'a>(&'a mut self, client: &'a Client) -> Running<'a> {
        Box::pin(async move {
            match self.work.run(client).await {
                Ok((output, written)) => {
                    self.result = Some(Ok(output));
                    Some(written)
                }
                Err(fault) => {
                    self.result = Some(Err(fault));
                    None
                }
            }
        })
    }

    fn fail(&mut self, fault: Fault) {
        self.result = Some(Err(fault));
    }

    fn answer(&mut self) {
        let result = self.result.take().unwrap_or(Err(Fault::Closed));
        if let Some(caller) = self.caller.take() {
            // A caller who went away does not want to know.
            let _ = caller.send(result.map_err(Into::into));
        }
    }
}
