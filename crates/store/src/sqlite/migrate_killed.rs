//! J1: a process that dies at any moment of a migration leaves a database that the next start brings to its end.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::Connection;

use super::super::store::SqliteStore;
use super::super::{connect, file};
use super::migrate;
use crate::migrations;

/// Set where the test runs a second time, to die: after how many pieces of work, and on which database.
const DIE_AFTER: &str = "TENON_TEST_DIE_AFTER";
const DIE_ON: &str = "TENON_TEST_DIE_ON";

/// How many instructions of SQLite's machine a piece is.
const PIECE: i32 = 120;

/// How many rows the database has that is brought from the first schema to the newest.
const ROWS: i64 = 300;

const NAME: &str =
    "sqlite::migrate::killed::j1_a_process_that_dies_in_a_migration_leaves_nothing_half_done";

/// Migrates as a start does, and dies after so many pieces of it, or in the commit.
fn migrate_and_die(path: &Path, after: u64) {
    file::prepare(path).unwrap();
    let mut connection = connect::for_writing(path).unwrap();
    let pieces = AtomicU64::new(0);
    let die = move || {
        if pieces.fetch_add(1, Ordering::SeqCst) >= after {
            std::process::abort();
        }
        false
    };
    connection.progress_handler(PIECE, Some(die)).unwrap();
    migrate(&mut connection, path, migrations::SQLITE).unwrap();
    connect::use_write_ahead_log(&connection, path).unwrap();
}

/// A database of the first schema with some executions.
fn of_the_first_schema(path: &Path) {
    file::prepare(path).unwrap();
    let mut connection = connect::for_writing(path).unwrap();
    let (first, _later) = migrations::SQLITE.split_at(1);
    migrate(&mut connection, path, first).unwrap();
    connect::use_write_ahead_log(&connection, path).unwrap();
    let row =
        "INSERT INTO executions SELECT 'exec_' || value, 'org_1', 'test', 'a', 'conn_1', 'crm',
            'add', 1, 'write', 'api', 'req_1', 'boot_1', 0, '{}', 0, 0, 'finished', 0, 'Success',
            'succeeded', 200, NULL, '[]'
        FROM generate_series";
    let series = "WITH RECURSIVE generate_series(value) AS (
        SELECT 1 UNION ALL SELECT value + 1 FROM generate_series WHERE value < ?)";
    connection
        .execute(&format!("{series} {row}"), [ROWS])
        .unwrap();
}

/// Kills migrations of copies of `before` later and later, until one is over, and says how many there were.
fn kill_everywhere(before: Option<&Path>, rows: i64) -> u64 {
    let folder = tempfile::tempdir().unwrap();
    for after in 0.. {
        let path = folder.path().join(format!("{after}.db"));
        if let Some(before) = before {
            std::fs::copy(before, &path).unwrap();
        }
        let died = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", NAME])
            .env(DIE_AFTER, after.to_string())
            .env(DIE_ON, &path)
            .output()
            .unwrap();
        drop(SqliteStore::open(&path).unwrap());
        let schema = SqliteStore::schema(&path).unwrap();
        assert_eq!(schema.found, schema.known, "after {after}");
        SqliteStore::check(&path).unwrap();
        let connection = Connection::open(&path).unwrap();
        let count = "SELECT count(*) FROM executions WHERE ended_by = 'process'";
        let found: i64 = connection.query_row(count, [], |row| row.get(0)).unwrap();
        assert_eq!(found, rows, "after {after}");
        if died.status.success() {
            return after;
        }
        std::fs::remove_file(&path).unwrap();
    }
    unreachable!("every number is tried")
}

#[test]
fn j1_a_process_that_dies_in_a_migration_leaves_nothing_half_done() {
    if let (Ok(after), Ok(path)) = (std::env::var(DIE_AFTER), std::env::var(DIE_ON)) {
        return migrate_and_die(Path::new(&path), after.parse().unwrap());
    }
    let folder = tempfile::tempdir().unwrap();
    let first = folder.path().join("first.db");
    of_the_first_schema(&first);
    let upgrades = kill_everywhere(Some(&first), ROWS);
    let beginnings = kill_everywhere(None, 0);
    assert!(upgrades > 20 && beginnings > 20, "{upgrades}, {beginnings}");
    println!(
        "J1: died at {upgrades} moments of an upgrade and {beginnings} of a first start: 0 half done"
    );
}
