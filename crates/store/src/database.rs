//! What the ports' statements ask of an engine, so that most of them are written once.
//!
//! Statements mark their values with `?` or `?1`; an engine that marks them otherwise translates.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;

use tenon_engine::model::{Attested, BootId, Millis, Page, Paging, Rate, Taken};
use tenon_engine::ports::{Begun, Notary, Stored};
use tokio::sync::Notify;

use crate::record::FromRecord;
use crate::selection::Selection;
use crate::tables::{Beginning, Ending, Step, Written};
use crate::value::Values;

/// An engine that runs statements. Every write is durable when it returns, but for
/// [`Database::record`], which may be a little late where the engine can be so without losing it
/// to the end of a process.
pub(crate) trait Database: Send + Sync + 'static {
    /// Whether the texts of `search_text` contain the value.
    const SEARCH_TEXT_CONTAINS: &'static str;
    /// The texts of a JSON list.
    const LISTED: &'static str;
    /// A sign of life of a boot, with its note, by the database's clock.
    const HEARTBEAT: &'static str;
    /// Those that gave one within so many milliseconds, and how long ago (`silent_for_ms`).
    const LIVING: &'static str;
    /// How many executions [`Database::SWEEP`] would end.
    const ORPHANS: &'static str;
    /// Ends the running executions of boots other than the first value that gave no sign of life
    /// within so many milliseconds (the fourth), and those whose deadline was over so many
    /// milliseconds (the third) before now: by the process's clock (the second) and, where replicas
    /// have clocks of their own, by the database's. At most so many (the fifth), and returns them.
    const SWEEP: &'static str;
    /// The time in Unix milliseconds, where the database has a clock of its own.
    const CLOCK: Option<&'static str>;
    /// Forgets the rates that are whole again.
    const FORGET_FULL_RATES: &'static str;

    /// Takes the lease of a connection: owner, for how many milliseconds, and which connection.
    const TAKE_LEASE: &'static str;
    /// Has it for longer: for how many milliseconds, which connection, and the owner.
    const EXTEND_LEASE: &'static str;
    /// Active connections due at the first value whose lease nobody has, at most so many.
    const DUE: &'static str;
    /// Connections whose refresh nobody ended, at most so many.
    const ABANDONED: &'static str;
    /// Retires a connection and takes its lease: owner, for how many milliseconds, and which connection.
    const RETIRE: &'static str;
    /// Retired connections that nobody revokes at present, at most so many.
    const REVOKING: &'static str;

    /// Takes a delivery in hand: for how many milliseconds, state, tries, due time, which delivery, and its fence.
    const TAKE_DELIVERY: &'static str;
    /// Enabled endpoints other than those listed with a delivery due at the second value, at most so many.
    const WAITING: &'static str;
    /// The deliveries to an endpoint that are due at the second value and in nobody's hand, at most so many.
    const DELIVERIES_DUE: &'static str;

    /// Writes by one statement, and says how many rows it changed.
    fn change(&self, sql: &'static str, values: Values)
    -> impl Future<Output = Stored<u64>> + Send;

    /// The same for what may be lost with the machine, though not with the process.
    fn change_lightly(
        &self,
        sql: &'static str,
        values: Values,
    ) -> impl Future<Output = Stored<u64>> + Send;

    /// The first row of a query.
    fn first<T: FromRecord>(
        &self,
        sql: &'static str,
        values: Values,
    ) -> impl Future<Output = Stored<Option<T>>> + Send;

    /// The rows of a query.
    fn all<T: FromRecord>(
        &self,
        sql: &'static str,
        values: Values,
    ) -> impl Future<Output = Stored<Vec<T>>> + Send;

    /// The number that a query counts.
    fn count(&self, sql: &'static str, values: Values) -> impl Future<Output = Stored<u64>> + Send;

    /// A page of rows and the number of all of them, both of the same moment.
    fn page<T: FromRecord>(
        &self,
        selection: Selection,
        order: &'static str,
        paging: Paging,
    ) -> impl Future<Output = Stored<Page<T>>> + Send;

    /// Takes the idempotency key, if one is wanted, and inserts the execution, if it was free.
    fn begin(&self, beginning: Beginning) -> impl Future<Output = Stored<Begun>> + Send;

    /// Writes the end of an execution that runs; `false` where it does not.
    fn finish(&self, ending: Ending) -> impl Future<Output = Stored<bool>> + Send;

    /// Inserts an execution that is over.
    fn record(&self, row: Values, written: Written) -> impl Future<Output = Stored<()>> + Send;

    /// Runs these statements together or none of them, appends the links that they ask for, and says
    /// how many rows each changed.
    fn together(&self, steps: Vec<Step>) -> impl Future<Output = Stored<Vec<u64>>> + Send;

    /// Begins this process's chain.
    fn open_chain(
        &self,
        boot: BootId,
        notary: Arc<dyn Notary>,
        now: Millis,
    ) -> impl Future<Output = Stored<()>> + Send;

    /// Ends it.
    fn close_chain(&self, now: Millis) -> impl Future<Output = Stored<()>> + Send;

    /// Rows with the last that the chains say of them, both of the same moment.
    fn attested(
        &self,
        after: String,
        limit: u32,
    ) -> impl Future<Output = Stored<Vec<Attested>>> + Send;

    /// Takes a call of a rate, by the database's clock.
    fn take(&self, key: String, rate: Rate) -> impl Future<Output = Stored<Taken>> + Send;

    /// Writes a copy of the database into a new file; `false` where the database has its own tools.
    fn snapshot(&self, to: PathBuf) -> impl Future<Output = Stored<bool>> + Send;

    /// Told when an event was written that webhooks are told of.
    fn news(&self) -> &Notify;

    /// Soon leaves nothing readable of what was deleted, where files of this process hold it.
    fn shred(&self);

    /// Runs a statement as the journal's are run.
    fn probe(&self, sql: &'static str) -> impl Future<Output = Stored<()>> + Send;
}

/// A store whose ports run their statements on an engine.
pub struct SqlStore<D> {
    pub(crate) database: D,
}

impl<D> std::fmt::Debug for SqlStore<D> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SqlStore")
    }
}
