//! What goes wrong inside an engine's methods, before it becomes the port's error.

use std::sync::Arc;

use rusqlite::ffi::{
    SQLITE_CONSTRAINT_FOREIGNKEY, SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE,
};
use tenon_engine::ports::StoreError;

/// Why a job or a read failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// SQLite refused.
    #[error("SQLite refused")]
    Sqlite(#[from] rusqlite::Error),
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
    AccountGone(#[source] rusqlite::Error),
    /// SQLite ended the transaction of the batch, as it may on a full disk.
    #[error("the transaction was rolled back")]
    RolledBack,
    /// The batch that the job ran in was not committed.
    #[error("the write was not committed")]
    NotCommitted(#[source] Arc<Fault>),
    /// Writes of the journal come before its chain was opened or after it was closed.
    #[error("the journal's chain is not open")]
    NoChain,
    /// The writer was busy or locked out for longer than a caller waits.
    #[error("the write waited too long for its turn")]
    Late,
    /// A copy of the database could not be written.
    #[error("the copy could not be written")]
    Copy(#[source] std::io::Error),
    /// The thread that should have answered is gone: the store was closed.
    #[error("the store is closed")]
    Closed,
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Impossible { table, column, row } => Self::Inconsistent { table, column, row },
            Fault::Sqlite(error) => from_sqlite(error),
            other => Self::Unavailable(Box::new(other)),
        }
    }
}

fn from_sqlite(error: rusqlite::Error) -> StoreError {
    match error.sqlite_error().map(|error| error.extended_code) {
        Some(SQLITE_CONSTRAINT_UNIQUE | SQLITE_CONSTRAINT_PRIMARYKEY) => StoreError::Exists,
        // The schema's only foreign keys lead to accounts.
        Some(SQLITE_CONSTRAINT_FOREIGNKEY) => {
            StoreError::Unavailable(Box::new(Fault::AccountGone(error)))
        }
        _ => StoreError::Unavailable(Box::new(error)),
    }
}
