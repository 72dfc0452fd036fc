//! The store itself: a file, its lock and the threads that work on it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::Connection;
use tenon_engine::model::{Attested, BootId, Millis, Page, Paging, Rate, Taken};
use tenon_engine::ports::{Begun, Notary, Stored};
use tokio::sync::Notify;

use super::checkpoint::{self, Checkpointer};
use super::job::Durability;
use super::ledger::Ledger;
use super::open_error::OpenError;
use super::query;
use super::readers::Readers;
use super::writer::Writer;
use super::{chain, connect, file, journal, migrate, rates, snapshot};
use crate::database::{Database, SqlStore};
use crate::fault::Fault;
use crate::migrations;
use crate::record::FromRecord;
use crate::selection::Selection;
use crate::tables::{
    Beginning, Ending, Step, Written, abandoned, deliveries_due, due, extend_lease, retire,
    revoking, take_delivery, take_lease, waiting,
};
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
    checkpointer: Checkpointer,
    path: PathBuf,
    news: Notify,
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
        checkpoint::empty(&connection);
        forget_others(&connection, path)?;
        let mover = connect::for_writing(path)?;
        let checkpointer =
            Checkpointer::start(&mut connection, mover).map_err(OpenError::NoThread)?;
        let writer = Writer::start(connection).map_err(OpenError::NoThread)?;
        let readers = Readers::start(path)?;
        let database = Sqlite {
            readers,
            writer,
            checkpointer,
            path: path.to_owned(),
            news: Notify::new(),
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

/// Whoever held the file before is dead: it is this process's alone, and so is what the dead had in hand. A lease on a
/// refresh is waited for nevertheless: its token may still be on its way.
fn forget_others(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    connection
        .execute_batch(
            "DELETE FROM replicas;
            UPDATE webhook_deliveries SET lease_until = NULL WHERE lease_until IS NOT NULL",
        )
        .map_err(|source| OpenError::from_sqlite(path, source))
}

impl Sqlite {
    /// Has `work` done in the writer's next batch.
    async fn write<T, W>(&self, durability: Durability, work: W) -> Stored<T>
    where
        T: Send + 'static,
        W: FnOnce(&mut Ledger<'_>) -> Result<T, Fault> + Send + 'static,
    {
        self.writer.write(durability, work).await
    }
}

impl Database for Sqlite {
    const SEARCH_TEXT_CONTAINS: &'static str = "instr(search_text, ?) > 0";
    const LISTED: &'static str = "SELECT value FROM json_each(?)";
    const HEARTBEAT: &'static str = "INSERT INTO replicas (boot, note, seen_at)
        VALUES (?, ?, CAST(unixepoch('subsec') * 1000 AS INTEGER))
        ON CONFLICT (boot) DO UPDATE SET note = excluded.note, seen_at = excluded.seen_at";
    const LIVING: &'static str = "SELECT boot, note,
            CAST(unixepoch('subsec') * 1000 AS INTEGER) - seen_at AS silent_for_ms
        FROM replicas WHERE seen_at > CAST(unixepoch('subsec') * 1000 AS INTEGER) - ?
        ORDER BY boot";
    const ORPHANS: &'static str = "SELECT count(*) FROM executions
        WHERE state = 'running' AND (deadline_at <= ?2 - ?3 OR (boot <> ?1 AND boot NOT IN (
            SELECT boot FROM replicas
            WHERE seen_at > CAST(unixepoch('subsec') * 1000 AS INTEGER) - ?4)))
        LIMIT ?5";
    const SWEEP: &'static str = "UPDATE executions
        SET state = 'finished', finished_at = ?2, node_status = 'Unknown', outcome = 'unknown',
            ended_by = 'sweep'
        WHERE id IN (
            SELECT id FROM executions
            WHERE state = 'running' AND (deadline_at <= ?2 - ?3 OR (boot <> ?1 AND boot NOT IN (
                SELECT boot FROM replicas
                WHERE seen_at > CAST(unixepoch('subsec') * 1000 AS INTEGER) - ?4)))
            LIMIT ?5)
        RETURNING *";
    const CLOCK: Option<&'static str> = None;
    const FORGET_FULL_RATES: &'static str = "DELETE FROM rate_limits
        WHERE full_at <= CAST(unixepoch('subsec') * 1000 AS INTEGER) * 1000";
    const TAKE_LEASE: &'static str = take_lease!("CAST(unixepoch('subsec') * 1000 AS INTEGER)");
    const EXTEND_LEASE: &'static str = extend_lease!("CAST(unixepoch('subsec') * 1000 AS INTEGER)");
    const DUE: &'static str = due!("CAST(unixepoch('subsec') * 1000 AS INTEGER)");
    const ABANDONED: &'static str = abandoned!("CAST(unixepoch('subsec') * 1000 AS INTEGER)");
    const RETIRE: &'static str = retire!("CAST(unixepoch('subsec') * 1000 AS INTEGER)");
    const REVOKING: &'static str = revoking!("CAST(unixepoch('subsec') * 1000 AS INTEGER)");
    const TAKE_DELIVERY: &'static str =
        take_delivery!("CAST(unixepoch('subsec') * 1000 AS INTEGER)");
    const WAITING: &'static str = waiting!(
        "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
        "SELECT value FROM json_each(?)"
    );
    const DELIVERIES_DUE: &'static str =
        deliveries_due!("CAST(unixepoch('subsec') * 1000 AS INTEGER)");

    async fn change(&self, sql: &'static str, values: Values) -> Stored<u64> {
        self.write(Durability::Synced, move |ledger| {
            query::change(ledger.db, sql, values)
        })
        .await
    }

    async fn change_lightly(&self, sql: &'static str, values: Values) -> Stored<u64> {
        self.write(Durability::Committed, move |ledger| {
            query::change(ledger.db, sql, values)
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
        self.write(Durability::Synced, move |ledger| {
            journal::begin(ledger, beginning)
        })
        .await
    }

    async fn finish(&self, ending: Ending) -> Stored<bool> {
        self.write(Durability::Synced, move |ledger| {
            journal::finish(ledger, ending)
        })
        .await
    }

    async fn record(&self, row: Values, written: Written) -> Stored<()> {
        self.write(Durability::Committed, move |ledger| {
            journal::record(ledger, row, &written)
        })
        .await
    }

    async fn together(&self, steps: Vec<Step>) -> Stored<Vec<u64>> {
        self.write(Durability::Synced, move |ledger| ledger.run_all(steps))
            .await
    }

    async fn open_chain(&self, boot: BootId, notary: Arc<dyn Notary>, now: Millis) -> Stored<()> {
        self.write(Durability::Synced, move |ledger| {
            chain::open(ledger, boot, notary, now)
        })
        .await
    }

    async fn close_chain(&self, now: Millis) -> Stored<()> {
        self.write(Durability::Synced, move |ledger| chain::close(ledger, now))
            .await
    }

    async fn attested(&self, after: String, limit: u32) -> Stored<Vec<Attested>> {
        self.readers
            .read(move |db| chain::attested(db, &after, limit))
            .await
    }

    async fn take(&self, key: String, rate: Rate) -> Stored<Taken> {
        self.write(Durability::Committed, move |ledger| {
            rates::take(ledger.db, key, rate)
        })
        .await
    }

    async fn snapshot(&self, to: PathBuf) -> Stored<bool> {
        let from = self.path.clone();
        let written = tokio::task::spawn_blocking(move || snapshot::write(&from, &to));
        written.await.map_err(|_panicked| Fault::Closed)??;
        Ok(true)
    }

    fn news(&self) -> &Notify {
        &self.news
    }

    fn shred(&self) {
        self.checkpointer.shred();
    }

    async fn probe(&self, sql: &'static str) -> Stored<()> {
        self.change(sql, Values::new()).await.map(drop)
    }
}
