//! The writer's batches: what shares a commit, what a failure takes with it, what is synced.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Sender, channel};

use tenon_engine::ports::StoreError;
use tokio::task::JoinSet;

use super::super::connect;
use super::*;

fn connection(path: &Path) -> Connection {
    std::fs::File::create(path).unwrap();
    let connection = connect::for_writing(path).unwrap();
    connect::use_write_ahead_log(&connection, path).unwrap();
    connection
        .execute_batch("CREATE TABLE notes (text TEXT UNIQUE) STRICT")
        .unwrap();
    connection
}

fn writer(path: &Path) -> Arc<Writer> {
    Arc::new(Writer::start(connection(path)).unwrap())
}

fn note(ledger: &Ledger<'_>, text: &str) -> Result<(), Fault> {
    ledger
        .db
        .execute("INSERT INTO notes (text) VALUES (?)", [text])?;
    Ok(())
}

async fn notes(writer: &Writer) -> Vec<String> {
    let work = |ledger: &mut Ledger<'_>| {
        let mut statement = ledger.db.prepare("SELECT text FROM notes ORDER BY text")?;
        let rows = statement.query_map([], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    };
    writer.write(Durability::Committed, work).await.unwrap()
}

/// Keeps the writer in a job of its own until the returned end is used or dropped.
async fn occupy(writer: &Arc<Writer>) -> Sender<()> {
    let (release, released) = channel();
    let (started, starts) = tokio::sync::oneshot::channel();
    let writer = Arc::clone(writer);
    tokio::spawn(async move {
        let work = move |_: &mut Ledger<'_>| {
            let _ = started.send(());
            let _ = released.recv();
            Ok(())
        };
        writer.write(Durability::Committed, work).await
    });
    starts.await.unwrap();
    release
}

/// Waits until so many jobs are in the queue.
async fn until_waiting(writer: &Writer, jobs: usize) {
    let queue = locked(&writer.queue).clone().unwrap();
    while queue.max_capacity() - queue.capacity() < jobs {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn jobs_that_wait_together_share_one_commit() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = connection(&folder.path().join("a.db"));
    let commits = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&commits);
    let count = move || {
        counter.fetch_add(1, Ordering::SeqCst);
        false
    };
    connection.commit_hook(Some(count)).unwrap();
    let writer = Arc::new(Writer::start(connection).unwrap());
    let release = occupy(&writer).await;
    let mut calls = JoinSet::new();
    for number in 0..20 {
        let writer = Arc::clone(&writer);
        let work = move |ledger: &mut Ledger<'_>| note(ledger, &number.to_string());
        calls.spawn(async move { writer.write(Durability::Synced, work).await });
    }
    until_waiting(&writer, 20).await;
    release.send(()).unwrap();
    for call in calls.join_all().await {
        call.unwrap();
    }
    // One for the job that kept the writer busy, one for all that waited meanwhile.
    assert_eq!(commits.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_failing_job_takes_nothing_with_it_but_what_it_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let writer = writer(&folder.path().join("a.db"));
    let release = occupy(&writer).await;
    let good = writer.write(Durability::Synced, |ledger| note(ledger, "good"));
    let bad = writer.write(Durability::Synced, |ledger| {
        note(ledger, "half")?;
        note(ledger, "good")
    });
    let late = writer.write(Durability::Synced, |ledger| note(ledger, "late"));
    let releasing = async {
        until_waiting(&writer, 3).await;
        release.send(()).unwrap();
    };
    let (good, bad, late, ()) = tokio::join!(good, bad, late, releasing);
    good.unwrap();
    assert!(matches!(bad, Err(StoreError::Exists)), "{bad:?}");
    late.unwrap();
    assert_eq!(notes(&writer).await, ["good", "late"]);
}

#[tokio::test]
async fn a_lost_transaction_is_told_to_everyone_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let writer = writer(&folder.path().join("a.db"));
    let release = occupy(&writer).await;
    let before = writer.write(Durability::Synced, |ledger| note(ledger, "before"));
    let losing = writer.write(Durability::Synced, |ledger| {
        Ok(ledger.db.execute_batch("ROLLBACK")?)
    });
    let after = writer.write(Durability::Synced, |ledger| note(ledger, "after"));
    let releasing = async {
        until_waiting(&writer, 3).await;
        release.send(()).unwrap();
    };
    let (before, losing, after, ()) = tokio::join!(before, losing, after, releasing);
    for result in [before, losing, after] {
        assert!(
            matches!(result, Err(StoreError::Unavailable(_))),
            "{result:?}"
        );
    }
    assert!(notes(&writer).await.is_empty());
}

#[tokio::test]
async fn a_batch_is_synced_when_one_of_its_jobs_asks_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let writer = writer(&folder.path().join("a.db"));
    let level = |ledger: &mut Ledger<'_>| {
        let level: i64 = ledger
            .db
            .pragma_query_value(None, "synchronous", |row| row.get(0))?;
        Ok(level)
    };
    let (full, normal) = (2, 1);
    assert_eq!(
        writer.write(Durability::Committed, level).await.unwrap(),
        normal
    );
    assert_eq!(writer.write(Durability::Synced, level).await.unwrap(), full);
    let release = occupy(&writer).await;
    let one = writer.write(Durability::Committed, level);
    let other = writer.write(Durability::Synced, level);
    let releasing = async {
        until_waiting(&writer, 2).await;
        release.send(()).unwrap();
    };
    let (one, other, ()) = tokio::join!(one, other, releasing);
    assert_eq!((one.unwrap(), other.unwrap()), (full, full));
}

#[tokio::test]
async fn a4_a_full_disk_is_unavailable_until_there_is_room_again() {
    let folder = tempfile::tempdir().unwrap();
    let writer = writer(&folder.path().join("a.db"));
    let long = |ledger: &mut Ledger<'_>| note(ledger, &"long ".repeat(100_000));
    let limit = |pages: i64| {
        move |ledger: &mut Ledger<'_>| {
            Ok(ledger
                .db
                .pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))?)
        }
    };
    writer.write(Durability::Committed, limit(4)).await.unwrap();
    let refused = writer.write(Durability::Synced, long).await;
    assert!(
        matches!(refused, Err(StoreError::Unavailable(_))),
        "{refused:?}"
    );
    writer
        .write(Durability::Committed, limit(100_000))
        .await
        .unwrap();
    writer.write(Durability::Synced, long).await.unwrap();
}

#[tokio::test]
async fn a4_a_database_that_became_read_only_is_unavailable() {
    let folder = tempfile::tempdir().unwrap();
    let writer = writer(&folder.path().join("a.db"));
    let freeze = |ledger: &mut Ledger<'_>| Ok(ledger.db.pragma_update(None, "query_only", true)?);
    let _ = writer.write(Durability::Committed, freeze).await;
    let refused = writer
        .write(Durability::Synced, |ledger| note(ledger, "late"))
        .await;
    assert!(
        matches!(refused, Err(StoreError::Unavailable(_))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn what_was_asked_for_before_the_end_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let writer = writer(&folder.path().join("a.db"));
    let release = occupy(&writer).await;
    let waiting = writer.write(Durability::Synced, |ledger| note(ledger, "waiting"));
    let stopping = async {
        until_waiting(&writer, 1).await;
        let thread = writer.stop().unwrap();
        release.send(()).unwrap();
        thread
    };
    let (waiting, thread) = tokio::join!(waiting, stopping);
    waiting.unwrap();
    thread.join().unwrap();
    let late = writer
        .write(Durability::Synced, |ledger| note(ledger, "late"))
        .await;
    assert!(matches!(late, Err(StoreError::Unavailable(_))), "{late:?}");
}
