//! A few threads that read, each with a connection of its own.
//!
//! A read takes microseconds when its pages are in memory and milliseconds when they are not, so
//! it runs neither on the runtime's threads nor on a thread started for it.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tenon_engine::ports::Stored;
use tokio::sync::{mpsc, oneshot};

use super::connect;
use super::open_error::OpenError;
use crate::fault::Fault;

/// More would wait for each other's processor on the machines that a single file is for.
const THREADS: usize = 3;

/// How many reads may wait; the callers of more wait for a place.
const QUEUE: usize = 1024;

type Read = Box<dyn FnOnce(&Connection) + Send>;

/// The handle of the reading threads.
pub(super) struct Readers {
    queue: Option<mpsc::Sender<Read>>,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    /// Opens the connections and starts the threads.
    pub(super) fn start(path: &Path) -> Result<Self, OpenError> {
        let (queue, reads) = mpsc::channel(QUEUE);
        let reads = Arc::new(Mutex::new(reads));
        let mut readers = Self {
            queue: Some(queue),
            threads: Vec::with_capacity(THREADS),
        };
        for _ in 0..THREADS {
            let connection = connect::for_reading(path)?;
            let reads = Arc::clone(&reads);
            let thread = std::thread::Builder::new()
                .name("store-reader".into())
                .spawn(move || serve(&connection, &reads))
                .map_err(OpenError::NoThread)?;
            readers.threads.push(thread);
        }
        Ok(readers)
    }

    /// Has the work done by the next free thread.
    pub(super) async fn read<T, W>(&self, work: W) -> Stored<T>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    {
        let (caller, answer) = oneshot::channel();
        let read: Read = Box::new(move |connection| {
            // A caller who went away does not want to know.
            let _ = caller.send(work(connection));
        });
        let queue = self.queue.as_ref().ok_or(Fault::Closed)?;
        queue.send(read).await.map_err(|_unsent| Fault::Closed)?;
        Ok(answer.await.map_err(|_gone| Fault::Closed)??)
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.queue.take();
        for thread in self.threads.drain(..) {
            // A thread that panicked has dropped its connection, which is all that is wanted.
            let _ = thread.join();
        }
    }
}

/// Reads until nobody can ask any more. One idle thread waits for the queue, the others for it.
fn serve(connection: &Connection, reads: &Mutex<mpsc::Receiver<Read>>) {
    loop {
        let next = reads
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .blocking_recv();
        match next {
            Some(read) => read(connection),
            None => return,
        }
    }
}
