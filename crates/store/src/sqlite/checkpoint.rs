//! Moves the write-ahead log into the database, beside the writer instead of inside its commits.
//!
//! SQLite's own checkpoint runs in whichever commit crosses the limit, and that caller waits for
//! two more `fsync`s. Here the writer only says how long the log has become. A passive checkpoint
//! waits for nobody and nobody waits for it; what it could not move stays for the next.

use std::os::raw::c_int;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use rusqlite::Connection;

/// The length in pages at which the log is moved: 8 MB.
const LONG: c_int = 2_000;

/// The handle of the checkpointing thread.
pub(super) struct Checkpointer {
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    /// Watches the log that `writer` writes, and moves it through `mover`.
    ///
    /// The thread ends when `writer` is closed, because the hook holds the sending end.
    pub(super) fn start(writer: &mut Connection, mover: Connection) -> std::io::Result<Self> {
        let (long, nudges) = sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("store-checkpoint".into())
            .spawn(move || move_when_nudged(&mover, &nudges))?;
        watch(writer, long).map_err(std::io::Error::other)?;
        Ok(Self {
            thread: Some(thread),
        })
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has dropped its connection, which is all that is wanted.
            let _ = thread.join();
        }
    }
}

fn watch(writer: &mut Connection, long: SyncSender<()>) -> rusqlite::Result<()> {
    writer.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, pages: c_int| {
        if pages >= LONG {
            // A full channel means that the other thread will look anyway.
            let _ = long.try_send(());
        }
        Ok(())
    }))
}

fn move_when_nudged(mover: &Connection, nudges: &Receiver<()>) {
    while nudges.recv().is_ok() {
        if let Err(error) = mover.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())) {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the log was not moved"
            );
        }
    }
}
