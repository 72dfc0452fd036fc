//! The store itself: a file, its lock and the threads that work on it.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;
use tenon_engine::model::{Page, Paging};
use tenon_engine::ports::{Begun, Stored};

use super::checkpoint::Checkpointer;
use super::job::Durability;
use super::open_error::OpenError;
use super::query;
use super::readers::Readers;
use super::writer::Writer;
use super::{connect, file, journal, migrate};
use crate::database::{Database, SqlStore};
use crate::fault::Fault;
use crate::migrations;
use crate::record::FromRecord;
use crate::selection::Selection;
use crate::tables::{Beginning, Ending, INSERT_EXECUTION};
use crate::value::Values;

/// A store in a SQLite file that this process owns.
///
/// Dropping it finishes what callers have asked for, joins its threads and gives the file free.
pub type SqliteStore = SqlStore<Sqlite>;

/// A SQLite file and the threads that work on it.
pub struct Sqlite {
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
        let database = Sqlite {
            readers,
            writer,
            _checkpointer: checkpointer,
            _lock: lock,
        };
        Ok(Arc::new(Self { database }))
    }

    /// Takes no more writes and waits for those that were asked for. Later ones are refused as
    /// unavailable; reads go on until the store is dropped.
    pub async fn close(&self) {
        if let Some(thread) = self.database.writer.stop() {
            // Both can only fail after a panic, and then there is nothing left to wait for.
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}

impl Sqlite {
    /// Has `work` done in the writer's next batch.
    async fn write<T, W>(&self, durability: Durability, work: W) -> Stored<T>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    {
        self.writer.write(durability, work).await
    }
}

impl Database for Sqlite {
    const SEARCH_TEXT_CONTAINS: &'static str = "instr(search_text, ?) > 0";
    const LISTED: &'static str = "SELECT value FROM json_each(?)";

    async fn change(&self, sql: &'static str, values: Values) -> Stored<u64> {
        self.write(Durability::Synced, move |db| query::change(db, sql, values))
            .await
    }

    async fn change_all(&self, sql: &'static str, rows: Vec<Values>) -> Stored<u64> {
        self.write(Durability::Synced, move |db| {
            let changes = rows.into_iter().map(|row| query::change(db, sql, row));
            changes.sum()
        })
        .await
    }

    async fn first<T: FromRecord>(&self, sql: &'static str, values: Values) -> Stored<Option<T>> {
        self.readers
            .read(move |db| query::first(db, sql, values))
            .await
    }

    async fn all<T: FromRecord>(&self, sql: &'static str, values: Values) -> Stored<Vec<T>> {
        self.readers
            .read(move |db| query::all(db, sql, values))
            .await
    }

    async fn count(&self, sql: &'static str, values: Values) -> Stored<u64> {
        self.readers
            .read(move |db| query::count(db, sql, values))
            .await
    }

    async fn page<T: FromRecord>(
        &self,
        selection: Selection,
        order: &'static str,
        paging: Paging,
    ) -> Stored<Page<T>> {
        let page = selection.page(T::TABLE, order, paging);
        let read = move |db: &Connection| {
            let snapshot = db.unchecked_transaction()?;
            let total = query::count(&snapshot, &page.counting.0, page.counting.1)?;
            let items = query::all(&snapshot, &page.listing.0, page.listing.1)?;
            snapshot.commit()?;
            Ok(Page { items, total })
        };
        self.readers.read(read).await
    }

    async fn begin(&self, beginning: Beginning) -> Stored<Begun> {
        self.write(Durability::Synced, move |db| journal::begin(db, beginning))
            .await
    }

    async fn finish(&self, ending: Ending) -> Stored<bool> {
        self.write(Durability::Synced, move |db| journal::finish(db, ending))
            .await
    }

    async fn record(&self, row: Values) -> Stored<()> {
        self.write(Durability::Committed, move |db| {
            query::change(db, INSERT_EXECUTION, row).map(drop)
        })
        .await
    }

    async fn probe(&self, sql: &'static str) -> Stored<()> {
        self.change(sql, Values::new()).await.map(drop)
    }
}
