//! The store itself: a file, its lock and the threads that work on it.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;
use tenon_engine::ports::Stored;

use crate::migrations;

use super::checkpoint::Checkpointer;
use super::fault::Fault;
use super::job::Durability;
use super::open_error::OpenError;
use super::query::{self, Values};
use super::readers::Readers;
use super::record::FromRecord;
use super::writer::Writer;
use super::{connect, file, migrate};

/// A store in a SQLite file that this process owns.
///
/// Dropping it finishes what callers have asked for, joins its threads and gives the file free.
pub struct SqliteStore {
    // The order matters: fields are dropped from the first to the last, and the lock goes last.
    readers: Readers,
    writer: Writer,
    _checkpointer: Checkpointer,
    _lock: File,
}

impl SqliteStore {
    /// Opens the database at `path`, which is made if there is none, and brings it to this
    /// program's schema.
    ///
    /// # Errors
    ///
    /// Every [`OpenError`] says what to mend; the file is then as it was.
    pub fn open(path: &Path) -> Result<Arc<Self>, OpenError> {
        let lock = file::lock(path)?;
        file::prepare(path)?;
        let mut connection = connect::for_writing(path)?;
        migrate::migrate(&mut connection, path, migrations::SQLITE)?;
        connect::use_write_ahead_log(&connection, path)?;
        let mover = connect::for_writing(path)?;
        let checkpointer =
            Checkpointer::start(&mut connection, mover).map_err(OpenError::NoThread)?;
        let writer = Writer::start(connection).map_err(OpenError::NoThread)?;
        let readers = Readers::start(path)?;
        Ok(Arc::new(Self {
            readers,
            writer,
            _checkpointer: checkpointer,
            _lock: lock,
        }))
    }

    /// Takes no more writes and waits for those that were asked for. Later ones are refused as
    /// unavailable; reads go on until the store is dropped.
    pub async fn close(&self) {
        if let Some(thread) = self.writer.stop() {
            // Both can only fail after a panic, and then there is nothing left to wait for.
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }

    /// Has `work` done in the writer's next batch.
    pub(super) async fn write<T, W>(&self, durability: Durability, work: W) -> Stored<T>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    {
        self.writer.write(durability, work).await
    }

    /// Writes by one statement, durably, and says how many rows it changed.
    pub(super) async fn change(&self, sql: &'static str, values: Values) -> Stored<u64> {
        self.write(Durability::Synced, move |db| query::change(db, sql, values))
            .await
    }

    /// Has `work` done on a reader.
    pub(super) async fn read<T, W>(&self, work: W) -> Stored<T>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    {
        self.readers.read(work).await
    }

    /// The first row of a query.
    pub(super) async fn first<T>(&self, sql: &'static str, values: Values) -> Stored<Option<T>>
    where
        T: FromRecord + Send + 'static,
    {
        self.read(move |db| query::first(db, sql, values)).await
    }

    /// The rows of a query.
    pub(super) async fn all<T>(&self, sql: &'static str, values: Values) -> Stored<Vec<T>>
    where
        T: FromRecord + Send + 'static,
    {
        self.read(move |db| query::all(db, sql, values)).await
    }
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SqliteStore")
    }
}
