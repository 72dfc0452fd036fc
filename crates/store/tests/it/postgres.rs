//! What only the PostgreSQL store promises: about replicas that share it, and a server that comes and goes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tenon_engine::model::{BootId, ChainEvent, Execution, Millis};
use tenon_engine::ports::{
    Accounts, Begun, Chain, Journal, Keys, Organizations, Store, StoreError,
};
use tenon_store::{PostgresError, PostgresStore};
use tokio::task::JoinSet;

use crate::engine::{Engine, Postgres, TestNotary, live};
use crate::suite::{account, api_key, execution, finished, key, tenant, with_accounts};

/// Nobody waits longer than this for an answer, whatever has become of the server; twice the promise.
const AT_MOST: Duration = Duration::from_secs(4);

async fn open(address: &str) -> Arc<PostgresStore> {
    let store = PostgresStore::open(address).await.unwrap();
    live(&*store).await;
    store
}

/// Waits until the store works again.
async fn until_back(store: &dyn Store) -> Duration {
    let since = Instant::now();
    while store.ping().await.is_err() {
        assert!(
            since.elapsed() < Duration::from_secs(15),
            "it does not come back"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    since.elapsed()
}

fn is_unavailable<T: std::fmt::Debug>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Unavailable(_)))
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_start_together_on_an_empty_database_all_start() {
    let engine = Postgres::new().await;
    let mut starting = JoinSet::new();
    for _ in 0..8 {
        let address = engine.address.clone();
        starting.spawn(async move { PostgresStore::open(&address).await.map(drop) });
    }
    for started in starting.join_all().await {
        started.unwrap();
    }
}

#[tokio::test]
async fn a_migration_waits_for_its_turn_and_not_for_ever() {
    let engine = Postgres::new().await;
    let server = tenon_testkit::Postgres::shared();
    let address = engine.address.clone();
    // Somebody else migrates for longer than one try may wait.
    let other = std::thread::spawn(move || {
        server.run(
            &address,
            "SELECT pg_advisory_xact_lock(499917942638), pg_sleep(3)",
        );
    });
    engine.open().await.ping().await.unwrap();
    other.join().unwrap();
}

#[tokio::test]
async fn databases_that_are_not_ours_are_refused() {
    let server = tenon_testkit::Postgres::shared();
    let newer = Postgres::new().await;
    drop(newer.open().await);
    server.run(
        &newer.address,
        "INSERT INTO _migrations VALUES (9999, 'later', '', 0)",
    );
    let error = PostgresStore::open(&newer.address).await.unwrap_err();
    assert!(
        matches!(error, PostgresError::Newer { found: 9999, .. }),
        "{error}"
    );
    let foreign = Postgres::new().await;
    server.run(&foreign.address, "CREATE TABLE songs (title TEXT)");
    let error = PostgresStore::open(&foreign.address).await.unwrap_err();
    assert!(matches!(error, PostgresError::Foreign { .. }), "{error}");
    let altered = Postgres::new().await;
    drop(altered.open().await);
    server.run(
        &altered.address,
        "UPDATE _migrations SET text = 'other' WHERE number = 1",
    );
    let error = PostgresStore::open(&altered.address).await.unwrap_err();
    assert!(
        matches!(error, PostgresError::Altered { number: 1 }),
        "{error}"
    );
}

#[tokio::test]
async fn nobody_there_is_an_error_that_does_not_show_the_address() {
    let address = "postgres://tenon:swordfish@127.0.0.1:1/tenon";
    let error = PostgresStore::open(address).await.unwrap_err();
    assert!(matches!(error, PostgresError::Unreachable(_)), "{error}");
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("swordfish"), "{shown}");
}

#[tokio::test]
async fn a_text_that_postgresql_cannot_keep_is_the_callers_to_mend() {
    let engine = Postgres::new().await;
    let store = open(&engine.address).await;
    let mut account = account("a");
    account.name = "nul\0".into();
    let refused = store.add_account(&tenant(), &account).await;
    assert!(
        matches!(refused, Err(StoreError::Unstorable)),
        "{refused:?}"
    );
    store.ping().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn c1_of_many_claims_by_two_replicas_one_is_the_first() {
    let engine = Postgres::new().await;
    let replicas = [open(&engine.address).await, open(&engine.address).await];
    with_accounts(&*replicas[0], &["a"]).await;
    let mut claims = JoinSet::new();
    for number in 0..200 {
        let replica = Arc::clone(&replicas[number % 2]);
        claims.spawn(async move {
            let execution = execution();
            replica
                .begin(&execution, Some(&key(&execution)), None)
                .await
        });
    }
    let claims = claims.join_all().await;
    let started = |begun: &&Result<Begun, _>| matches!(begun, Ok(Begun::Started));
    assert_eq!(claims.iter().filter(started).count(), 1);
    assert!(claims.iter().all(Result::is_ok), "{claims:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_write_takes_none_of_its_batch_with_it() {
    let engine = Postgres::new().await;
    let store = open(&engine.address).await;
    let bad = execution();
    store.begin(&bad, None, None).await.unwrap();
    let mut writes = JoinSet::new();
    for number in 0..100 {
        let store = Arc::clone(&store);
        let execution = match number % 10 {
            0 => bad.clone(),
            _ => execution(),
        };
        writes.spawn(async move { store.begin(&execution, None, None).await });
    }
    let ended = writes.join_all().await;
    let refused = |begun: &&Result<Begun, _>| matches!(begun, Err(StoreError::Exists));
    assert_eq!(ended.iter().filter(refused).count(), 10);
    assert_eq!(ended.iter().filter(|begun| begun.is_ok()).count(), 90);
    let links = store.attested("", 200).await.unwrap();
    assert_eq!(
        links.len(),
        91,
        "each row has its link and nothing else has one"
    );
}

#[tokio::test]
async fn an_intruders_link_stops_the_writer_instead_of_being_built_upon() {
    let engine = Postgres::new().await;
    let store = PostgresStore::open(&engine.address).await.unwrap();
    let boot = BootId::generate();
    store
        .open_chain(&boot, Arc::new(TestNotary), Millis(0))
        .await
        .unwrap();
    let forged = format!(
        "INSERT INTO journal_links SELECT boot, 2, '{}', 'exec_1', digest, at, mac FROM journal_links",
        ChainEvent::Recorded.as_str()
    );
    tenon_testkit::Postgres::shared().run(&engine.address, &forged);
    let written = store.begin(&execution(), None, None).await;
    assert!(written.is_err(), "{written:?}");
    let again = store.begin(&execution(), None, None).await;
    assert!(is_unavailable(&again), "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a10_a_killed_server_loses_nothing_that_was_acknowledged() {
    let server = tenon_testkit::Postgres::start();
    let store = open(&server.database()).await;
    let kills = tenon_testkit::promise::scale(4, 20);
    let mut acknowledged: Vec<Execution> = Vec::new();
    let mut longest = Duration::ZERO;
    for kill in 0..kills {
        let mut load = JoinSet::new();
        for _ in 0..16 {
            load.spawn(write_until_refused(Arc::clone(&store)));
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
        match kill % 2 {
            0 => server.kill(),
            _ => server.stop_at_once(),
        }
        acknowledged.extend(load.join_all().await.into_iter().flatten());
        server.restart();
        longest = longest.max(until_back(&*store).await);
    }
    for execution in &acknowledged {
        let row = store.execution(&tenant(), &execution.id).await.unwrap();
        assert_eq!(row.as_ref(), Some(execution));
    }
    assert!(
        acknowledged.len() > 20 * kills as usize,
        "{}",
        acknowledged.len()
    );
    assert!(longest < 2 * Duration::from_secs(5), "{longest:?}");
    let figure = format!(
        "{kills} kills of the server: {} acknowledged, 0 lost, back after {longest:?} at most",
        acknowledged.len()
    );
    tenon_testkit::promise::kept("A10", figure);
}

/// Begins and ends executions until the store refuses, and returns those whose end was acknowledged.
async fn write_until_refused(store: Arc<PostgresStore>) -> Vec<Execution> {
    let mut acknowledged = Vec::new();
    loop {
        let execution = execution();
        if store.begin(&execution, None, None).await.is_err() {
            return acknowledged;
        }
        let ended = finished(&execution);
        match store.finish(&ended, None).await {
            Ok(true) => acknowledged.push(ended),
            Ok(false) => panic!("nobody else ends {}", ended.id),
            Err(_) => return acknowledged,
        }
    }
}

#[tokio::test]
async fn a_process_whose_clock_is_ahead_ends_nothing_that_still_runs() {
    let store = open(&tenon_testkit::Postgres::shared().database()).await;
    let execution = Execution {
        deadline_at: Millis(4_000_000_000_000),
        ..execution()
    };
    store.begin(&execution, None, None).await.unwrap();
    let ahead = execution.deadline_at.plus(3_600_000);
    assert_eq!(store.sweep(&execution.boot, ahead).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_could_not_be_written_is_written_when_the_server_is_back() {
    let server = tenon_testkit::Postgres::start();
    let store = open(&server.database()).await;
    let execution = execution();
    store.begin(&execution, None, None).await.unwrap();
    // A session outlives the postmaster by what it is at, and would still write the end.
    server.signal_sessions("KILL");
    server.kill();
    let ended = finished(&execution);
    let refused = store.finish(&ended, None).await;
    assert!(is_unavailable(&refused), "{refused:?}");
    server.restart();
    until_back(&*store).await;
    let since = Instant::now();
    while store
        .execution(&tenant(), &execution.id)
        .await
        .unwrap()
        .as_ref()
        != Some(&ended)
    {
        assert!(since.elapsed() < Duration::from_secs(10), "its end is lost");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a4_a_server_that_hangs_is_an_error_within_two_seconds() {
    let server = tenon_testkit::Postgres::start();
    let store = open(&server.database()).await;
    store.add_api_key(&api_key(1)).await.unwrap();
    // The postmaster alone would still have its sessions answer.
    server.signal_sessions("STOP");
    let since = Instant::now();
    let (read, written) = tokio::join!(store.api_key(&[1; 32]), async {
        store.begin(&execution(), None, None).await
    });
    assert!(since.elapsed() < AT_MOST, "{:?}", since.elapsed());
    assert!(is_unavailable(&read), "{read:?}");
    assert!(is_unavailable(&written), "{written:?}");
    server.signal_sessions("CONT");
    until_back(&*store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_callers_than_connections_are_all_answered() {
    let engine = Postgres::new().await;
    let store = open(&engine.address).await;
    let mut callers = JoinSet::new();
    for _ in 0..500 {
        let store = Arc::clone(&store);
        callers.spawn(async move { store.any_admin_key().await });
    }
    for answer in callers.join_all().await {
        assert!(answer.is_ok() || is_unavailable(&answer), "{answer:?}");
    }
}
