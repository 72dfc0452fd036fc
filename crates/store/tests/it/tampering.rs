//! Tampering with the journal by SQL, and what the check of the chains says of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use rusqlite::Connection;
use tenon_engine::journal::{Proof, Suspicion, verify};
use tenon_engine::model::BootId;
use tenon_engine::ports::Store;

use crate::engine::{Engine as _, Sqlite, TestNotary, live};
use crate::suite::{begun, execution, finished};

/// How many rows are tampered with.
const TAMPERED: usize = 100;

struct Scene {
    engine: Sqlite,
    store: Arc<dyn Store>,
}

impl Scene {
    async fn new() -> Self {
        let engine = Sqlite::new().await;
        let store = engine.open().await;
        Self { engine, store }
    }

    /// Executions that are over, by their ids.
    async fn executed(&self, count: usize) -> Vec<String> {
        let mut ids = Vec::new();
        for _ in 0..count {
            let execution = execution();
            begun(&*self.store, &execution).await;
            let ended = finished(&execution);
            assert!(self.store.finish(&ended, None).await.unwrap());
            ids.push(execution.id.to_string());
        }
        ids
    }

    /// Changes the database as somebody who can write to the file.
    fn tamper(&self, sql: &str) {
        let connection = Connection::open(self.engine.path()).unwrap();
        connection
            .busy_timeout(std::time::Duration::from_secs(5))
            .unwrap();
        connection.execute_batch(sql).unwrap();
    }

    async fn proof(&self) -> Proof {
        verify(&*self.store, &TestNotary).await.unwrap()
    }

    async fn boot(&self) -> BootId {
        self.store.chains().await.unwrap().pop().unwrap()
    }
}

fn named(proof: &Proof, suspicion: Suspicion) -> BTreeSet<String> {
    let findings = proof.findings.iter();
    findings
        .filter(|finding| finding.suspicion == suspicion)
        .map(|finding| finding.subject.clone())
        .collect()
}

fn set(ids: &[String]) -> BTreeSet<String> {
    ids.iter().cloned().collect()
}

#[tokio::test]
async fn j4_an_untouched_journal_is_clean() {
    let scene = Scene::new().await;
    scene.executed(20).await;
    let proof = scene.proof().await;
    assert_eq!(proof.findings, []);
    assert_eq!((proof.chains, proof.links, proof.rows), (1, 41, 20));
}

#[tokio::test]
async fn j4_every_deleted_edited_reordered_or_invented_row_is_named() {
    let scene = Scene::new().await;
    let ids = scene.executed(TAMPERED + 50).await;
    let (tampered, _untouched) = ids.split_at(TAMPERED);
    let (deleted, rest) = tampered.split_at(30);
    let (edited, swapped) = rest.split_at(30);
    for id in deleted {
        scene.tamper(&format!("DELETE FROM executions WHERE id = '{id}'"));
    }
    for (number, id) in edited.iter().enumerate() {
        let edit = match number % 4 {
            0 => "outcome = 'succeeded'",
            1 => "attempts = '[]'",
            2 => "started_at = started_at + 1",
            _ => "state = 'no word of ours'",
        };
        scene.tamper(&format!("UPDATE executions SET {edit} WHERE id = '{id}'"));
    }
    // Rows of executions that differ in nothing but their ids change places with their request ids.
    for pair in swapped.chunks(2) {
        let [one, other] = pair else {
            panic!("{pair:?}")
        };
        scene.tamper(&format!(
            "UPDATE executions SET request_id = 'req_2', started_at = 1 WHERE id = '{one}';
             UPDATE executions SET id = 'exec_between' WHERE id = '{one}';
             UPDATE executions SET id = '{one}' WHERE id = '{other}';
             UPDATE executions SET id = '{other}' WHERE id = 'exec_between';
             UPDATE executions SET connection = 'conn_2' WHERE id = '{one}'"
        ));
    }
    scene.tamper(
        "INSERT INTO executions SELECT 'exec_invented', org, environment, account, connection,
            slug, action, connector_version, effect, source, request_id, boot, asynchronous,
            request, started_at, deadline_at, state, finished_at, node_status, outcome,
            http_status, error, attempts, ended_by
         FROM executions LIMIT 1",
    );
    let proof = scene.proof().await;
    assert_eq!(named(&proof, Suspicion::Missing), set(deleted));
    let altered: Vec<String> = [edited, swapped].concat();
    assert_eq!(named(&proof, Suspicion::Altered), set(&altered));
    let invented = named(&proof, Suspicion::Unattested);
    assert_eq!(invented, set(&["exec_invented".to_owned()]));
    assert_eq!(proof.suspicious, TAMPERED as u64 + 1, "and nothing else");
    println!("J4: {TAMPERED} of {TAMPERED} rows named, 0 others, and 1 of 1 invented");
}

#[tokio::test]
async fn j4_every_deleted_edited_or_reordered_link_is_found() {
    let scene = Scene::new().await;
    scene.executed(TAMPERED * 3).await;
    let boot = scene.boot().await;
    // Every fourth link from the tenth on, so that between them some stay: the first 34 are deleted, and so on.
    let places: Vec<i64> = (0..TAMPERED as i64).map(|number| 10 + 4 * number).collect();
    let (deleted, rest) = places.split_at(34);
    let (edited, swapped) = rest.split_at(34);
    for seq in deleted {
        scene.tamper(&format!("DELETE FROM journal_links WHERE seq = {seq}"));
    }
    for (number, seq) in edited.iter().enumerate() {
        let edit = match number % 5 {
            0 => "digest = randomblob(32)",
            1 => "subject = 'exec_other'",
            2 => "event = 'resolved'",
            3 => "event = 'no word of ours'",
            _ => "at = at + 1",
        };
        scene.tamper(&format!(
            "UPDATE journal_links SET {edit} WHERE seq = {seq}"
        ));
    }
    for pair in swapped.chunks(2) {
        let [one, other] = pair else {
            panic!("{pair:?}")
        };
        scene.tamper(&format!(
            "UPDATE journal_links SET seq = -1 WHERE seq = {one};
             UPDATE journal_links SET seq = {one} WHERE seq = {other};
             UPDATE journal_links SET seq = {other} WHERE seq = -1"
        ));
    }
    let proof = scene.proof().await;
    let text = format!("{:?}", proof.findings);
    for seq in deleted {
        let gap = format!("links {seq} to {seq} are gone");
        assert!(text.contains(&gap), "{gap}: {text}");
    }
    for seq in edited.iter().chain(swapped) {
        let place = format!("link {seq} of {boot}");
        assert!(text.contains(&place), "{place}: {text}");
    }
    println!("J4: {TAMPERED} of {TAMPERED} links found");
}

#[tokio::test]
async fn j4_the_end_of_a_killed_process_is_clean_and_cutting_it_off_is_noticed() {
    let scene = Scene::new().await;
    let killed = scene.boot().await;
    let ids = scene.executed(10).await;
    // A process that is killed closes nothing; the next one names the end that it finds.
    live(&*scene.store).await;
    scene.executed(3).await;
    assert_eq!(scene.proof().await.findings, []);
    let last = &ids[9];
    scene.tamper(&format!(
        "DELETE FROM executions WHERE id = '{last}';
         DELETE FROM journal_links WHERE subject = '{last}'"
    ));
    let cut = named(&scene.proof().await, Suspicion::ChainCut);
    assert_eq!(cut, set(&[killed.to_string()]));
    scene.tamper(&format!(
        "DELETE FROM journal_links WHERE boot = '{killed}'"
    ));
    let cut = named(&scene.proof().await, Suspicion::ChainCut);
    assert_eq!(cut, set(&[killed.to_string()]));
}

#[tokio::test]
async fn j4_a_row_that_was_purged_and_is_there_again_is_named() {
    let scene = Scene::new().await;
    let ids = scene.executed(2).await;
    scene.tamper("CREATE TABLE kept AS SELECT * FROM executions");
    let purged = scene
        .store
        .purge(
            &crate::suite::tenant(),
            tenon_engine::model::Millis(i64::MAX),
            10,
        )
        .await;
    assert_eq!(purged.unwrap(), 2);
    assert_eq!(scene.proof().await.findings, []);
    scene.tamper("INSERT INTO executions SELECT * FROM kept");
    let proof = scene.proof().await;
    assert_eq!(named(&proof, Suspicion::Returned), set(&ids));
}
