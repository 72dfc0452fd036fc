//! Moves the write-ahead log into the database, beside the writer instead of inside its commits.
//!
//! SQLite's own checkpoint runs in whichever commit crosses the limit, and that caller waits for
//! two more `fsync`s. Here the writer only says how long the log has become. A passive checkpoint
//! waits for nobody and nobody waits for it; what it could not move stays for the next.
//!
//! What was deleted stays readable in the log until the log is emptied. Where it must not, the log
//! is moved whole and cut to nothing; writers wait for that as they would for another's commit.

use std::os::raw::c_int;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use rusqlite::Connection;

/// The length in pages at which the log is moved: 8 MB.
const LONG: c_int = 2_000;

/// The handle of the checkpointing thread.
pub(super) struct Checkpointer {
    thread: Option<JoinHandle<()>>,
    nudge: Option<SyncSender<()>>,
    shred: Arc<AtomicBool>,
}

impl Checkpointer {
    /// Watches the log that `writer` writes, and moves it through `mover`.
    ///
    /// The thread ends when `writer` is closed and this is dropped, for they hold the sending ends.
    pub(super) fn start(writer: &mut Connection, mover: Connection) -> std::io::Result<Self> {
        let (nudge, nudges) = sync_channel(1);
        let shred = Arc::new(AtomicBool::new(false));
        let wanted = Arc::clone(&shred);
        let thread = std::thread::Builder::new()
            .name("store-checkpoint".into())
            .spawn(move || move_when_nudged(&mover, &nudges, &wanted))?;
        watch(writer, nudge.clone()).map_err(std::io::Error::other)?;
        Ok(Self {
            thread: Some(thread),
            nudge: Some(nudge),
            shred,
        })
    }

    /// Has the log emptied soon.
    pub(super) fn shred(&self) {
        self.shred.store(true, Ordering::SeqCst);
        if let Some(nudge) = &self.nudge {
            // A full channel means that the other thread will look anyway.
            let _ = nudge.try_send(());
        }
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.nudge.take();
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

fn move_when_nudged(mover: &Connection, nudges: &Receiver<()>, shred: &AtomicBool) {
    while nudges.recv().is_ok() {
        let wanted = shred.swap(false, Ordering::SeqCst);
        if wanted && moved(mover, EMPTY) {
            continue;
        }
        // A reader was in the way: what could not be cut off now is cut off with the next nudge.
        shred.fetch_or(wanted, Ordering::SeqCst);
        moved(mover, MOVE);
    }
}

/// Moves and empties the log that an earlier process left, perhaps with what was deleted just before its end.
pub(super) fn empty(connection: &Connection) {
    moved(connection, EMPTY);
}

const MOVE: &str = "PRAGMA wal_checkpoint(PASSIVE)";
const EMPTY: &str = "PRAGMA wal_checkpoint(TRUNCATE)";

/// Whether the whole log was moved.
fn moved(mover: &Connection, checkpoint: &str) -> bool {
    let busy = mover.query_row(checkpoint, [], |row| row.get::<_, i64>(0));
    match busy {
        Ok(busy) => busy == 0,
        Err(error) => {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the log was not moved"
            );
            false
        }
    }
}
