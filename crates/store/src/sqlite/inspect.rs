//! Looking at a database file that nobody serves: its schema, and whether it is whole.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::open_error::OpenError;
use super::store::SqliteStore;
use crate::migrations::{self, Schema};

const IS_OURS: &str = "SELECT count(*) FROM sqlite_schema WHERE name = '_migrations'";

const LAST: &str = "SELECT coalesce(max(number), 0) FROM _migrations";

/// Says `ok`, or what is wrong.
const CHECK: &str = "PRAGMA integrity_check(10)";

impl SqliteStore {
    /// How far the schema of the database at `path` has come. Changes nothing, and asks nobody who uses the file.
    ///
    /// # Errors
    /// Where it is no database of this program.
    pub fn schema(path: &Path) -> Result<Schema, OpenError> {
        let known = migrations::SQLITE.last().map_or(0, |last| last.number);
        if !path.exists() {
            return Ok(Schema { found: 0, known });
        }
        let sqlite = |source| OpenError::from_sqlite(path, source);
        let connection = looking(path)?;
        let number = |sql| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
        if number(IS_OURS).map_err(sqlite)? == 0 {
            return Err(OpenError::Foreign {
                path: path.to_owned(),
            });
        }
        let found = number(LAST).map_err(sqlite)?;
        Ok(Schema { found, known })
    }

    /// Checks every page of the database at `path`.
    ///
    /// # Errors
    /// [`OpenError::Damaged`] says what is wrong.
    pub fn check(path: &Path) -> Result<(), OpenError> {
        let sqlite = |source| OpenError::from_sqlite(path, source);
        let connection = looking(path)?;
        let mut statement = connection.prepare(CHECK).map_err(sqlite)?;
        let said: Result<Vec<String>, _> = statement
            .query_map([], |row| row.get(0))
            .and_then(Iterator::collect);
        match said.map_err(sqlite)?.as_slice() {
            [ok] if ok == "ok" => Ok(()),
            wrong => Err(OpenError::Damaged {
                path: path.to_owned(),
                problems: wrong.join("; "),
            }),
        }
    }
}

fn looking(path: &Path) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(path, flags).map_err(|source| OpenError::from_sqlite(path, source))
}
