//! What only the SQLite store promises: about its file, and the library that writes it.

use std::path::Path;

use rusqlite::Connection;
use tenon_engine::ports::{Journal, Organizations, StoreError};
use tenon_store::{OpenError, SqliteStore};

use crate::engine::{Engine, Sqlite, live};
use crate::suite::{account, add, connection, execution, tenant};

/// Changes a closed database behind the store's back.
fn tamper(path: &Path, sql: &str) {
    Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

#[test]
fn the_library_is_newer_than_the_bug_that_damaged_write_ahead_logs() {
    assert!(
        rusqlite::version_number() >= 3_051_003,
        "{}",
        rusqlite::version()
    );
}

#[tokio::test]
async fn a_second_owner_is_refused_until_the_first_is_gone() {
    let engine = Sqlite::new().await;
    let first = SqliteStore::open(&engine.path()).unwrap();
    let error = SqliteStore::open(&engine.path()).unwrap_err();
    assert!(matches!(error, OpenError::Locked { .. }), "{error}");
    let message = error.to_string();
    assert!(message.contains("tenon.db.lock"), "{message}");
    drop(first);
    SqliteStore::open(&engine.path()).unwrap();
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_refused() {
    let engine = Sqlite::new().await;
    drop(engine.open().await);
    tamper(
        &engine.path(),
        "INSERT INTO _migrations VALUES (9999, 'later', '', 0)",
    );
    let error = SqliteStore::open(&engine.path()).unwrap_err();
    assert!(
        matches!(error, OpenError::Newer { found: 9999, .. }),
        "{error}"
    );
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_left_as_it_is() {
    let engine = Sqlite::new().await;
    let text = "This is a shopping list. ".repeat(100);
    std::fs::write(engine.path(), &text).unwrap();
    let error = SqliteStore::open(&engine.path()).unwrap_err();
    assert!(matches!(error, OpenError::NotADatabase { .. }), "{error}");
    assert_eq!(std::fs::read_to_string(engine.path()).unwrap(), text);
}

#[tokio::test]
async fn a_database_of_another_program_is_refused() {
    let engine = Sqlite::new().await;
    tamper(&engine.path(), "CREATE TABLE songs (title TEXT)");
    let error = SqliteStore::open(&engine.path()).unwrap_err();
    assert!(matches!(error, OpenError::Foreign { .. }), "{error}");
}

#[tokio::test]
async fn a_missing_folder_is_named() {
    let engine = Sqlite::new().await;
    let path = engine.path().with_file_name("nowhere").join("tenon.db");
    let error = SqliteStore::open(&path).unwrap_err();
    assert!(matches!(error, OpenError::NotWritable { .. }), "{error}");
    assert!(error.to_string().contains("nowhere"), "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_can_read_the_files() {
    use std::os::unix::fs::PermissionsExt;

    let engine = Sqlite::new().await;
    std::fs::write(engine.path(), "").unwrap();
    let open_to_all = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(engine.path(), open_to_all).unwrap();
    let store = engine.open().await;
    store.ping().await.unwrap();
    let folder = engine.path().parent().unwrap().to_owned();
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{:?}", entry.path());
        names.push(entry.file_name().into_string().unwrap());
    }
    names.sort();
    assert_eq!(
        names,
        ["tenon.db", "tenon.db-shm", "tenon.db-wal", "tenon.db.lock"]
    );
}

#[tokio::test]
async fn a_closed_store_has_done_its_writes_and_takes_no_more() {
    let engine = Sqlite::new().await;
    let store = SqliteStore::open(&engine.path()).unwrap();
    live(&*store).await;
    let before = execution();
    store.begin(&before, None, None).await.unwrap();
    store.close().await;
    store.close().await;
    let late = store.begin(&execution(), None, None).await;
    assert!(matches!(late, Err(StoreError::Unavailable(_))), "{late:?}");
    assert!(matches!(
        store.ping().await,
        Err(StoreError::Unavailable(_))
    ));
    let read = store.execution(&tenant(), &before.id).await.unwrap();
    assert_eq!(read, Some(before));
}

#[tokio::test]
async fn an_impossible_value_is_named_by_table_column_and_row() {
    let execution = execution();
    let id = execution.id.as_str();
    for (column, value) in [
        ("state", "'sleeping'"),
        ("attempts", "'[{]'"),
        ("http_status", "70000"),
        ("boot", "''"),
    ] {
        let engine = Sqlite::new().await;
        let store = engine.open().await;
        store.begin(&execution, None, None).await.unwrap();
        drop(store);
        tamper(
            &engine.path(),
            &format!("UPDATE executions SET {column} = {value}"),
        );
        let error = engine
            .open()
            .await
            .execution(&tenant(), &execution.id)
            .await
            .unwrap_err();
        let named = matches!(
            &error,
            StoreError::Inconsistent { table: "executions", column: found, row }
                if *found == column && row == id
        );
        assert!(named, "{column}: {error}");
    }
}

#[tokio::test]
async fn the_log_is_moved_into_the_database_while_the_store_runs() {
    let engine = Sqlite::new().await;
    let store = engine.open().await;
    let size = || std::fs::metadata(engine.path()).unwrap().len();
    let before = size();
    let mut number = 0;
    // Only a checkpoint makes the file grow. The bound is five times what makes the log long.
    while size() <= before && number < 400 {
        let mut account = account(&number.to_string());
        account.name = "long ".repeat(20_000);
        store.add_account(&tenant(), &account).await.unwrap();
        number += 1;
    }
    assert!(size() > before, "no checkpoint after {number} accounts");
}

#[tokio::test]
async fn a_copy_is_whole_private_and_never_over_another_file() {
    use std::os::unix::fs::PermissionsExt;

    let engine = Sqlite::new().await;
    let store = engine.open().await;
    let execution = execution();
    store.begin(&execution, None, None).await.unwrap();
    let copy = engine.path().with_file_name("copy.db");
    assert!(store.snapshot(&copy).await.unwrap());
    let mode = std::fs::metadata(&copy).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let again = store.snapshot(&copy).await;
    assert!(
        matches!(again, Err(StoreError::Unavailable(_))),
        "{again:?}"
    );
    let copied = SqliteStore::open(&copy).unwrap();
    let read = copied.execution(&tenant(), &execution.id).await.unwrap();
    assert_eq!(read, Some(execution));
}

/// Whether the file, if it is there, holds these bytes.
fn holds(path: &Path, bytes: &[u8]) -> bool {
    let content = std::fs::read(path).unwrap_or_default();
    content.windows(bytes.len()).any(|window| window == bytes)
}

#[tokio::test]
async fn b13_deleted_ciphertext_is_gone_from_every_file_within_a_second() {
    let engine = Sqlite::new().await;
    let store = engine.open().await;
    let files = ["tenon.db", "tenon.db-wal"].map(|name| engine.path().with_file_name(name));
    let (mut slowest, deletions) = (std::time::Duration::ZERO, 100_u32);
    for number in 0..deletions {
        store.add_account(&tenant(), &account("a")).await.unwrap();
        let secret = format!("sealed-{number}-{}", "x".repeat(40)).into_bytes();
        let mut connection = connection("crm");
        connection.credential.blob = secret.clone();
        add(&*store, &connection).await;
        assert!(files.iter().any(|file| holds(file, &secret)));
        let a = connection.account.clone();
        let deleted = std::time::Instant::now();
        store.delete_account(&tenant(), &a, false).await.unwrap();
        while files.iter().any(|file| holds(file, &secret)) {
            assert!(deleted.elapsed().as_secs() < 5, "{number} is still there");
            tokio::task::yield_now().await;
        }
        slowest = slowest.max(deleted.elapsed());
    }
    println!("B13: {deletions} deletions, ciphertext gone after at most {slowest:?}");
}
