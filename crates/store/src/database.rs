//! What the ports' statements ask of an engine, so that most of them are written once.
//!
//! Statements mark their values with `?` or `?1`; an engine that marks them otherwise translates.

use std::future::Future;

use tenon_engine::model::{Page, Paging};
use tenon_engine::ports::{Begun, Stored};

use crate::record::FromRecord;
use crate::selection::Selection;
use crate::tables::{Beginning, Ending};
use crate::value::Values;

/// An engine that runs statements. Every write is durable when it returns, but for
/// [`Database::record`], which may be a little late where the engine can be so without losing it
/// to the end of a process.
pub(crate) trait Database: Send + Sync + 'static {
    /// Whether the texts of `search_text` contain the value.
    const SEARCH_TEXT_CONTAINS: &'static str;
    /// The texts of a JSON list.
    const LISTED: &'static str;

    /// Writes by one statement, and says how many rows it changed.
    fn change(&self, sql: &'static str, values: Values)
    -> impl Future<Output = Stored<u64>> + Send;

    /// Runs one statement for each of these values, all or none of them.
    fn change_all(
        &self,
        sql: &'static str,
        rows: Vec<Values>,
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
    fn record(&self, row: Values) -> impl Future<Output = Stored<()>> + Send;

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
