//! Brings a database to this program's schema, or refuses it.
//!
//! Everything happens in one exclusive transaction: a database is as before or at the newest
//! version, whatever happens in between.

use std::path::Path;

use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use crate::migrations::Migration;

use super::open_error::OpenError;

const CREATE: &str = "CREATE TABLE IF NOT EXISTS _migrations (
    number     INTEGER PRIMARY KEY NOT NULL,
    name       TEXT NOT NULL,
    text       TEXT NOT NULL,
    applied_at INTEGER NOT NULL
) STRICT";

const FOREIGN_TABLES: &str = "SELECT count(*) FROM sqlite_schema
    WHERE NOT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = '_migrations')";

const APPLIED: &str = "SELECT number, text FROM _migrations ORDER BY number";

const RECORD: &str = "INSERT INTO _migrations (number, name, text, applied_at)
    VALUES (?1, ?2, ?3, CAST(unixepoch('subsec') * 1000 AS INTEGER))";

/// Applies what is missing of `known`.
pub(super) fn migrate(
    connection: &mut Connection,
    path: &Path,
    known: &[Migration],
) -> Result<(), OpenError> {
    let sqlite = |source| OpenError::from_sqlite(path, source);
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Exclusive)
        .map_err(sqlite)?;
    let applied = applied(&transaction, path)?;
    refuse_newer(&applied, path, known)?;
    refuse_altered(&applied, path, known)?;
    for migration in known.iter().skip(applied.len()) {
        apply(&transaction, migration).map_err(|source| OpenError::Migration {
            path: path.to_owned(),
            number: migration.number,
            source,
        })?;
    }
    transaction.commit().map_err(sqlite)
}

fn applied(transaction: &Transaction<'_>, path: &Path) -> Result<Vec<(i64, String)>, OpenError> {
    let sqlite = |source| OpenError::from_sqlite(path, source);
    let foreign: i64 = transaction
        .query_row(FOREIGN_TABLES, [], |row| row.get(0))
        .map_err(sqlite)?;
    if foreign > 0 {
        return Err(OpenError::Foreign {
            path: path.to_owned(),
        });
    }
    transaction.execute_batch(CREATE).map_err(sqlite)?;
    let mut statement = transaction.prepare(APPLIED).map_err(sqlite)?;
    let rows = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .map_err(sqlite)?;
    rows.collect::<Result<_, _>>().map_err(sqlite)
}

fn refuse_newer(
    applied: &[(i64, String)],
    path: &Path,
    known: &[Migration],
) -> Result<(), OpenError> {
    let found = applied.last().map_or(0, |(number, _)| *number);
    let known = known.last().map_or(0, |migration| migration.number);
    if found > known {
        return Err(OpenError::Newer {
            path: path.to_owned(),
            found,
            known,
        });
    }
    Ok(())
}

fn refuse_altered(
    applied: &[(i64, String)],
    path: &Path,
    known: &[Migration],
) -> Result<(), OpenError> {
    let altered = applied
        .iter()
        .zip(known)
        .find(|((number, text), ours)| *number != ours.number || text != ours.sql);
    match altered {
        Some((_, ours)) => Err(OpenError::Altered {
            path: path.to_owned(),
            number: ours.number,
        }),
        None => Ok(()),
    }
}

fn apply(transaction: &Transaction<'_>, migration: &Migration) -> rusqlite::Result<()> {
    transaction.execute_batch(migration.sql)?;
    transaction.execute(
        RECORD,
        params![migration.number, migration.name, migration.sql],
    )?;
    Ok(())
}

#[cfg(test)]
#[path = "migrate_killed.rs"]
mod killed;

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Migration = Migration {
        number: 1,
        name: "first",
        sql: "CREATE TABLE a (x)",
    };
    const SECOND: Migration = Migration {
        number: 2,
        name: "second",
        sql: "CREATE TABLE b (x)",
    };
    const BROKEN: Migration = Migration {
        number: 2,
        name: "broken",
        sql: "CREATE TABLE b (x",
    };

    fn run(connection: &mut Connection, known: &[Migration]) -> Result<(), OpenError> {
        migrate(connection, Path::new("a.db"), known)
    }

    fn tables(connection: &Connection) -> i64 {
        let count = "SELECT count(*) FROM sqlite_schema WHERE name IN ('a', 'b')";
        connection.query_row(count, [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn only_what_is_missing_is_applied() {
        let mut connection = Connection::open_in_memory().unwrap();
        run(&mut connection, &[FIRST]).unwrap();
        run(&mut connection, &[FIRST, SECOND]).unwrap();
        run(&mut connection, &[FIRST, SECOND]).unwrap();
        assert_eq!(tables(&connection), 2);
    }

    #[test]
    fn a_failing_migration_leaves_nothing_behind() {
        let mut connection = Connection::open_in_memory().unwrap();
        let error = run(&mut connection, &[FIRST, BROKEN]).unwrap_err();
        assert!(
            matches!(error, OpenError::Migration { number: 2, .. }),
            "{error}"
        );
        assert_eq!(tables(&connection), 0);
    }

    #[test]
    fn a_newer_database_is_refused() {
        let mut connection = Connection::open_in_memory().unwrap();
        run(&mut connection, &[FIRST, SECOND]).unwrap();
        let error = run(&mut connection, &[FIRST]).unwrap_err();
        assert!(
            matches!(
                error,
                OpenError::Newer {
                    found: 2,
                    known: 1,
                    ..
                }
            ),
            "{error}"
        );
    }

    #[test]
    fn an_edited_migration_is_refused() {
        let mut connection = Connection::open_in_memory().unwrap();
        run(&mut connection, &[FIRST]).unwrap();
        let edited = Migration {
            sql: "CREATE TABLE a (y)",
            ..FIRST
        };
        let error = run(&mut connection, &[edited]).unwrap_err();
        assert!(
            matches!(error, OpenError::Altered { number: 1, .. }),
            "{error}"
        );
    }

    #[test]
    fn a_database_of_another_program_is_refused() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch("CREATE TABLE songs (title)")
            .unwrap();
        let error = run(&mut connection, &[FIRST]).unwrap_err();
        assert!(matches!(error, OpenError::Foreign { .. }), "{error}");
    }
}
