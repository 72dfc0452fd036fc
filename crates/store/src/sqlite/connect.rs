//! Connections to the database file, set up for their part.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::open_error::OpenError;

/// How long a statement waits for a lock that another connection holds.
///
/// A caller can wait for the batch before its own and then for its own, and shall have an answer
/// within two seconds.
const LOCK_WAIT: Duration = Duration::from_millis(900);

/// All statements of this crate fit, so each is prepared once per connection.
const STATEMENTS: usize = 128;

/// A connection that can write.
pub(super) fn for_writing(path: &Path) -> Result<Connection, OpenError> {
    open(path).map_err(|source| OpenError::from_sqlite(path, source))
}

/// A connection that cannot change anything.
///
/// It is opened for writing all the same: a reader of a write-ahead log writes to its index.
pub(super) fn for_reading(path: &Path) -> Result<Connection, OpenError> {
    let connection = for_writing(path)?;
    connection
        .pragma_update(None, "query_only", true)
        .map_err(|source| OpenError::from_sqlite(path, source))?;
    Ok(connection)
}

/// Turns on the write-ahead log, so that readers and the writer do not wait for each other.
pub(super) fn use_write_ahead_log(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let mode: String = connection
        .pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))
        .map_err(|source| OpenError::from_sqlite(path, source))?;
    match mode.as_str() {
        "wal" => Ok(()),
        _ => Err(OpenError::NoWriteAheadLog {
            path: path.to_owned(),
            mode,
        }),
    }
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    // No SQLITE_OPEN_URI: a path is a path, whatever it contains. Each connection stays with one
    // thread, so SQLite need not lock it.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(LOCK_WAIT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    // What was deleted is overwritten, so that no ciphertext outlives its row.
    connection.pragma_update_and_check(None, "secure_delete", true, |_| Ok(()))?;
    // A disk's error in a mapped page would kill the process instead of failing a read.
    connection.pragma_update_and_check(None, "mmap_size", 0, |_| Ok(()))?;
    connection.pragma_update_and_check(None, "wal_autocheckpoint", 0, |_| Ok(()))?;
    Ok(connection)
}
