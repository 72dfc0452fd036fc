//! What goes wrong inside an engine's methods, before it becomes the port's error.

use std::sync::Arc;

use rusqlite::ffi::{
    SQLITE_CONSTRAINT_FOREIGNKEY, SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE,
};
use tenon_engine::ports::StoreError;
use tokio_postgres::error::SqlState;

use crate::postgres::Refusal;

/// Why a job or a read failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// SQLite refused.
    #[error("SQLite refused")]
    Sqlite(#[from] rusqlite::Error),
    /// PostgreSQL refused, or is not there.
    #[error(transparent)]
    Postgres(#[from] Refusal),
    /// A connection to PostgreSQL cannot be had.
    #[error("no connection to PostgreSQL can be had")]
    Pool(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A value cannot be written as JSON.
    #[error("a value cannot be written as JSON")]
    NotJson(#[from] serde_json::Error),
    /// A row holds what this program never writes.
    #[error("{table}.{column} of {row} holds an impossible value")]
    Impossible {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row's key.
        row: String,
    },
    /// The row would belong to an account that is not there.
    #[error("the account does not exist; it may have been deleted meanwhile")]
    AccountGone(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// SQLite ended the transaction of the batch, as it may on a full disk.
    #[error("the transaction was rolled back")]
    RolledBack,
    /// The batch that the job ran in was not committed.
    #[error("the write was not committed")]
    NotCommitted(#[source] Arc<Fault>),
    /// Writes of the journal come before its chain was opened or after it was closed.
    #[error("the journal's chain is not open")]
    NoChain,
    /// This process's chain has links that this process did not make.
    #[error("the journal's chain has links that nobody with the key has made")]
    ForeignLink,
    /// The database did not answer, or was busy or locked, for longer than a caller waits.
    #[error("the database did not answer in time")]
    Late,
    /// A copy of the database could not be written.
    #[error("the copy could not be written")]
    Copy(#[source] std::io::Error),
    /// The thread that should have answered is gone: the store was closed.
    #[error("the store is closed")]
    Closed,
}

impl Fault {
    /// Whether a statement was refused by a database that is there: others may fare better.
    pub(crate) fn is_of_a_statement(&self) -> bool {
        match self {
            Self::RolledBack => true,
            Self::Postgres(refusal) => refusal.is_of_a_statement(),
            _ => false,
        }
    }

    /// Whether a statement has to be prepared again: a newer version of the program has changed
    /// its table while this one runs.
    pub(crate) fn is_stale(&self) -> bool {
        matches!(self, Self::Postgres(refusal) if refusal.is(&SqlState::FEATURE_NOT_SUPPORTED))
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Impossible { table, column, row } => Self::Inconsistent { table, column, row },
            Fault::Sqlite(error) => from_sqlite(error),
            Fault::Postgres(refusal) => from_postgres(refusal),
            other => Self::Unavailable(Box::new(other)),
        }
    }
}

impl From<tokio_postgres::Error> for Fault {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Postgres(error.into())
    }
}

fn from_postgres(refusal: Refusal) -> StoreError {
    if refusal.is(&SqlState::UNIQUE_VIOLATION) {
        return StoreError::Exists;
    }
    if refusal.is(&SqlState::CHARACTER_NOT_IN_REPERTOIRE) {
        return StoreError::Unstorable;
    }
    // The schema's only foreign keys lead to accounts.
    if refusal.is(&SqlState::FOREIGN_KEY_VIOLATION) {
        return StoreError::Unavailable(Box::new(Fault::AccountGone(Box::new(refusal))));
    }
    StoreError::Unavailable(Box::new(refusal))
}

fn from_sqlite(error: rusqlite::Error) -> StoreError {
    match error.sqlite_error().map(|error| error.extended_code) {
        Some(SQLITE_CONSTRAINT_UNIQUE | SQLITE_CONSTRAINT_PRIMARYKEY) => StoreError::Exists,
        // The schema's only foreign keys lead to accounts.
        Some(SQLITE_CONSTRAINT_FOREIGNKEY) => {
            StoreError::Unavailable(Box::new(Fault::AccountGone(Box::new(error))))
        }
        _ => StoreError::Unavailable(Box::new(error)),
    }
}
