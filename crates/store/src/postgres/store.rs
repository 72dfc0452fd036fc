//! The store itself: the connections to a database, and what is done on them.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Client, Pool, Transaction};
use tenon_engine::model::{Attested, BootId, Millis, Page, Paging, Rate, Taken};
use tenon_engine::ports::{Begun, Notary, Stored};
use tokio::sync::Notify;
use tokio::time::timeout_at;
use tokio_postgres::IsolationLevel;

use super::journal::{Probe, Recording};
use super::pool::{LONG_PATIENCE, Lease, PATIENCE};
use super::settings::Settings;
use super::writer::Writer;
use super::{PostgresError, attested, migrate, pool, rates, statement};
use crate::database::{Database, SqlStore};
use crate::fault::Fault;
use crate::migrations::{self, Schema};
use crate::record::FromRecord;
use crate::selection::Selection;
use crate::tables::{
    Beginning, Ending, Step, Written, abandoned, deliveries_due, due, extend_lease, retire,
    revoking, take_delivery, take_lease, waiting,
};
use crate::value::Values;

/// How many connections a process makes at most, besides the writer's.
const CONNECTIONS: usize = 16;

/// A store in a PostgreSQL database.
///
/// Processes may share it. Dropping it ends its connections.
pub type PostgresStore = SqlStore<Postgres>;

/// The connections to a PostgreSQL database.
pub struct Postgres {
    pool: Pool,
    writer: Writer,
    news: Notify,
}

impl PostgresStore {
    /// Opens the database at this address, `postgres://…`, and brings it to this program's
    /// schema.
    ///
    /// # Errors
    ///
    /// Every [`PostgresError`] says what to mend.
    pub async fn open(address: &str) -> Result<Arc<Self>, PostgresError> {
        let settings = Settings::parse(address)?;
        let pool = pool::open(&settings, CONNECTIONS)?;
        let writing = pool::open(&settings, 1)?;
        let lease = Lease::of(&writing, LONG_PATIENCE).await;
        let mut lease = lease.map_err(|fault| PostgresError::Unreachable(fault.into()))?;
        migrate::migrate(lease.client_mut(), migrations::POSTGRES).await?;
        drop(lease);
        let writer = Writer::start(writing);
        let database = Postgres {
            pool,
            writer,
            news: Notify::new(),
        };
        Ok(Arc::new(Self { database }))
    }

    /// How far the schema of the database at this address has come. Changes nothing.
    ///
    /// # Errors
    ///
    /// Where the database does not answer.
    pub async fn schema(address: &str) -> Result<Schema, PostgresError> {
        let pool = pool::open(&Settings::parse(address)?, 1)?;
        let lease = Lease::of(&pool, LONG_PATIENCE).await;
        let mut lease = lease.map_err(|fault| PostgresError::Unreachable(fault.into()))?;
        let found = migrate::last(lease.client_mut()).await?;
        let known = migrations::POSTGRES.last().map_or(0, |last| last.number);
        Ok(Schema { found, known })
    }

    /// Takes no more writes of the journal and waits for those that were asked for. Later ones
    /// are refused as unavailable; the rest goes on until the store is dropped.
    pub async fn close(&self) {
        self.database.writer.close().await;
    }
}

/// Does some work on a connection of the pool; once more where a table has changed meanwhile.
macro_rules! on_connection {
    ($store:expr, $limit:expr, $client:ident => $work:expr) => {{
        let mut again = false;
        loop {
            let mut lease = Lease::of(&$store.pool, $limit).await?;
            let deadline = lease.deadline();
            let $client = lease.client_mut();
            let ended = timeout_at(deadline, $work).await;
            match lease.settle(ended) {
                Err(fault) if fault.is_stale() && !again => again = true,
                ended => break Ok(ended?),
            }
        }
    }};
}

impl Database for Postgres {
    const SEARCH_TEXT_CONTAINS: &'static str = "strpos(search_text, ?) > 0";
    const LISTED: &'static str = "SELECT json_array_elements_text(?::text::json)";
    const HEARTBEAT: &'static str = "INSERT INTO replicas (boot, note, seen_at)
        VALUES (?, ?, (extract(epoch FROM clock_timestamp()) * 1000)::bigint)
        ON CONFLICT (boot) DO UPDATE SET note = excluded.note, seen_at = excluded.seen_at";
    const LIVING: &'static str = "SELECT boot, note,
            (extract(epoch FROM clock_timestamp()) * 1000)::bigint - seen_at AS silent_for_ms
        FROM replicas
        WHERE seen_at > (extract(epoch FROM clock_timestamp()) * 1000)::bigint - ?::bigint
        ORDER BY boot";
    const ORPHANS: &'static str = "SELECT count(*) FROM executions
        WHERE state = 'running'
            AND (deadline_at <= LEAST(?2::bigint,
                    (extract(epoch FROM clock_timestamp()) * 1000)::bigint) - ?3::bigint OR (boot <> ?1 AND boot NOT IN (
                SELECT boot FROM replicas
                WHERE seen_at > (extract(epoch FROM clock_timestamp()) * 1000)::bigint
                    - ?4::bigint)))
        LIMIT ?5";
    // What another replica ends at the same moment is skipped, and not ended once more.
    const SWEEP: &'static str = "UPDATE executions
        SET state = 'finished', finished_at = ?2, node_status = 'Unknown', outcome = 'unknown',
            ended_by = 'sweep'
        WHERE state = 'running' AND id IN (
            SELECT id FROM executions
            WHERE state = 'running'
                AND (deadline_at <= LEAST(?2::bigint,
                    (extract(epoch FROM clock_timestamp()) * 1000)::bigint) - ?3::bigint OR (boot <> ?1 AND boot NOT IN (
                    SELECT boot FROM replicas
                    WHERE seen_at > (extract(epoch FROM clock_timestamp()) * 1000)::bigint
                        - ?4::bigint)))
            LIMIT ?5 FOR UPDATE SKIP LOCKED)
        RETURNING *";
    const CLOCK: Option<&'static str> =
        Some("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint");
    const FORGET_FULL_RATES: &'static str = "DELETE FROM rate_limits
        WHERE full_at <= (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";
    const TAKE_LEASE: &'static str =
        take_lease!("(extract(epoch FROM clock_timestamp()) * 1000)::bigint");
    const EXTEND_LEASE: &'static str =
        extend_lease!("(extract(epoch FROM clock_timestamp()) * 1000)::bigint");
    const DUE: &'static str = due!("(extract(epoch FROM clock_timestamp()) * 1000)::bigint");
    const ABANDONED: &'static str =
        abandoned!("(extract(epoch FROM clock_timestamp()) * 1000)::bigint");
    const RETIRE: &'static str = retire!("(extract(epoch FROM clock_timestamp()) * 1000)::bigint");
    const REVOKING: &'static str =
        revoking!("(extract(epoch FROM clock_timestamp()) * 1000)::bigint");
    const TAKE_DELIVERY: &'static str =
        take_delivery!("(extract(epoch FROM clock_timestamp()) * 1000)::bigint");
    const WAITING: &'static str = waiting!(
        "(extract(epoch FROM clock_timestamp()) * 1000)::bigint",
        "SELECT json_array_elements_text(?::text::json)"
    );
    const DELIVERIES_DUE: &'static str =
        deliveries_due!("(extract(epoch FROM clock_timestamp()) * 1000)::bigint");

    async fn change(&self, sql: &'static str, values: Values) -> Stored<u64> {
        on_connection!(self, PATIENCE, client => statement::change(client, sql, &values))
    }

    async fn change_lightly(&self, sql: &'static str, values: Values) -> Stored<u64> {
        self.change(sql, values).await
    }

    async fn first<T: FromRecord>(&self, sql: &'static str, values: Values) -> Stored<Option<T>> {
        on_connection!(self, PATIENCE, client => statement::first(client, sql, &values))
    }

    async fn all<T: FromRecord>(&self, sql: &'static str, values: Values) -> Stored<Vec<T>> {
        on_connection!(self, PATIENCE, client => statement::all(client, sql, &values))
    }

    async fn count(&self, sql: &'static str, values: Values) -> Stored<u64> {
        let number: Stored<i64> =
            on_connection!(self, PATIENCE, client => statement::number(client, sql, &values));
        Ok(number?.unsigned_abs())
    }

    async fn page<T: FromRecord>(
        &self,
        selection: Selection,
        order: &'static str,
        paging: Paging,
    ) -> Stored<Page<T>> {
        let page = selection.page(T::TABLE, order, paging);
        on_connection!(self, LONG_PATIENCE, client => async {
            let snapshot = snapshot(client).await?;
            let total = statement::number(&snapshot, &page.counting.0, &page.counting.1).await?;
            let items = statement::all(&snapshot, &page.listing.0, &page.listing.1).await?;
            snapshot.commit().await?;
            Ok(Page { items, total: total.unsigned_abs() })
        })
    }

    async fn begin(&self, beginning: Beginning) -> Stored<Begun> {
        self.writer.write(beginning).await
    }

    async fn finish(&self, ending: Ending) -> Stored<bool> {
        self.writer.write(ending).await
    }

    async fn record(&self, row: Values, written: Written) -> Stored<()> {
        self.writer.write(Recording { row, written }).await
    }

    async fn together(&self, steps: Vec<Step>) -> Stored<Vec<u64>> {
        self.writer.write(steps).await
    }

    async fn open_chain(&self, boot: BootId, notary: Arc<dyn Notary>, now: Millis) -> Stored<()> {
        self.writer.open_chain(boot, notary, now).await
    }

    async fn close_chain(&self, now: Millis) -> Stored<()> {
        self.writer.close_chain(now).await
    }

    async fn attested(&self, after: String, limit: u32) -> Stored<Vec<Attested>> {
        on_connection!(self, VERY_LONG_PATIENCE, client => async {
            let snapshot = snapshot(client).await?;
            let attested = attested::attested(&snapshot, &after, limit).await?;
            snapshot.commit().await?;
            Ok(attested)
        })
    }

    async fn take(&self, key: String, rate: Rate) -> Stored<Taken> {
        on_connection!(self, PATIENCE, client => rates::take(client, &key, rate))
    }

    async fn snapshot(&self, _to: PathBuf) -> Stored<bool> {
        Ok(false)
    }

    fn news(&self) -> &Notify {
        &self.news
    }

    fn shred(&self) {}

    async fn probe(&self, sql: &'static str) -> Stored<()> {
        self.writer.write(Probe(sql)).await
    }
}

/// How long a check of the journal may take for each of its steps.
const VERY_LONG_PATIENCE: Duration = Duration::from_secs(60);

/// A transaction that sees the database as it is at this moment.
async fn snapshot(client: &mut Client) -> Result<Transaction<'_>, Fault> {
    let transaction = client
        .build_transaction()
        .isolation_level(IsolationLevel::RepeatableRead)
        .read_only(true);
    Ok(transaction.start().await?)
}
