//! Credentials that somebody altered, moved or sent elsewhere in the database: each is refused and nothing leaves.

use rusqlite::{Connection, params};
use serde_json::json;
use tenon_connector::Bundle;
use tenon_testkit::{Application, promise};

use crate::world::{ADA, BOB, World, connector};

/// What of a row is swapped or changed.
const FIELDS: [&str; 6] = [
    "credential",
    "data_key",
    "account",
    "environment",
    "trust",
    "version",
];

/// A caller for each connection, as key and account.
struct Scene {
    world: World,
    sql: Connection,
    ids: Vec<String>,
}

impl Scene {
    async fn new() -> Self {
        let world = World::new().await;
        world.connect(BOB, "bobs-secret").await;
        world
            .connect_by(&world.other_key, BOB, "other-bobs-secret")
            .await;
        // Another version than the others'.
        world.connect(ADA, "adas-second-secret").await;
        let sql = Connection::open(world.path().join("t.db")).unwrap();
        sql.busy_timeout(std::time::Duration::from_secs(10))
            .unwrap();
        let mut rows = sql
            .prepare("SELECT id FROM connections ORDER BY id")
            .unwrap();
        let ids = rows.query_map([], |row| row.get(0)).unwrap();
        let ids = ids.map(Result::unwrap).collect();
        drop(rows);
        Self { world, sql, ids }
    }

    fn save(&self) {
        let copy = "CREATE TABLE IF NOT EXISTS saved AS SELECT * FROM connections";
        self.sql.execute_batch(copy).unwrap();
    }

    fn restore(&self) {
        let back = "PRAGMA foreign_keys = OFF; BEGIN; DELETE FROM connections;
            INSERT INTO connections SELECT * FROM saved; COMMIT";
        self.sql.execute_batch(back).unwrap();
    }

    /// Runs the action for everybody; says how many were served, and how many were told that a credential does not open.
    async fn run(&self) -> (usize, usize) {
        let callers = [
            (&self.world.key, ADA),
            (&self.world.key, BOB),
            (&self.world.other_key, BOB),
        ];
        let (mut served, mut unreadable) = (0, 0);
        for (key, account) in callers {
            let ask = self.world.post(crate::world::RUN).header("x-api-key", key);
            let answer = ask
                .header("linked_account_id", account)
                .json(json!({"path": "x"}))
                .await;
            let code = answer.json()["code"].clone();
            served += usize::from(answer.status == 200);
            unreadable += usize::from(code == "CREDENTIAL_UNREADABLE");
            let known = [
                "CREDENTIAL_UNREADABLE",
                "CONNECTOR_CHANGED",
                "CONNECTION_REQUIRED",
                "CONNECTION_AMBIGUOUS",
            ];
            assert!(
                answer.status == 200 || known.iter().any(|known| code == *known),
                "{}",
                answer.text()
            );
        }
        (served, unreadable)
    }

    async fn reported(&self) -> u64 {
        let list = self.world.get("/api/v2/admin/audit?act=unreadable").admin();
        list.send().await.ok()["totalDocs"].as_u64().unwrap()
    }
}

#[tokio::test]
async fn b7_a_blob_with_any_byte_changed_does_not_open() {
    let scene = Scene::new().await;
    scene.save();
    let id = &scene.ids[0];
    let query = "SELECT credential FROM connections WHERE id = ?1";
    let blob: Vec<u8> = scene.sql.query_row(query, [id], |row| row.get(0)).unwrap();
    assert_eq!(scene.run().await.0, 3);
    let (flips, before) = (promise::scale(1, 8), scene.reported().await);
    let (mut changed, mut unreadable) = (0, 0);
    for bit in 0..flips {
        for at in 0..blob.len() {
            let mut blob = blob.clone();
            blob[at] ^= 1 << bit;
            let update = "UPDATE connections SET credential = ?1 WHERE id = ?2";
            scene.sql.execute(update, params![blob, id]).unwrap();
            let seen = scene.world.application.seen();
            let (served, told) = scene.run().await;
            assert_eq!((served, told), (2, 1), "byte {at}, bit {bit}");
            assert_eq!(scene.world.application.seen() - seen, 2);
            changed += 1;
            unreadable += 1;
        }
    }
    scene.restore();
    assert_eq!(scene.run().await.0, 3);
    assert_eq!(scene.reported().await - before, unreadable);
    promise::kept(
        "B7",
        format!("{changed} changed bytes: 0 opened, one line of the audit log each"),
    );
}

#[tokio::test]
async fn b7_what_is_moved_to_another_row_or_version_does_not_open() {
    let scene = Scene::new().await;
    scene.save();
    let (swaps, before) = (promise::scale(300, 10_000), scene.reported().await);
    let (mut tried, mut unreadable) = (0_u64, 0);
    for number in 0.. {
        if tried == swaps {
            break;
        }
        // Every pair and every field in turn, and both fields of a pair together.
        let field = FIELDS[number % FIELDS.len()];
        let (one, other) = (number / 6 % 3, (number / 6 % 3 + 1 + number / 18 % 2) % 3);
        let (one, other) = (&scene.ids[one], &scene.ids[other]);
        let swap = format!(
            "UPDATE connections SET {field} = (SELECT {field} FROM saved WHERE id = CASE connections.id
                WHEN ?1 THEN ?2 ELSE ?1 END) WHERE id IN (?1, ?2)"
        );
        scene
            .sql
            .execute_batch("PRAGMA foreign_keys = OFF")
            .unwrap();
        scene.sql.execute(&swap, [one, other]).unwrap();
        let differs = format!(
            "SELECT count(*) FROM connections JOIN saved USING (id) WHERE connections.{field} IS NOT saved.{field}"
        );
        let moved: u32 = scene.sql.query_row(&differs, [], |row| row.get(0)).unwrap();
        if moved > 0 {
            let (served, told) = scene.run().await;
            assert!(
                served + moved.min(2) as usize <= 3,
                "{field} of {one} and {other}: {served} were served"
            );
            unreadable += told as u64;
            tried += 1;
        } else if number > 100 && tried == 0 {
            panic!("nothing differs");
        }
        scene.restore();
    }
    assert_eq!(scene.run().await.0, 3);
    assert_eq!(scene.reported().await - before, unreadable);
    assert!(unreadable >= tried / 2, "{unreadable}");
    promise::kept(
        "B7",
        format!(
            "{tried} swaps of fields between rows: 0 opened, {unreadable} told, one line of the audit log each"
        ),
    );
}

/// The connector that the world has, with another place for its credential.
fn changed(base: &str, from: &str, to: &str) -> Bundle {
    let mut bundle = connector("acme", base);
    let text = bundle.files.get_mut("connector.yaml").unwrap();
    assert!(text.contains(from), "{text}");
    *text = text.replace(from, to);
    bundle
}

#[tokio::test]
async fn b8_a_credential_goes_nowhere_but_where_it_was_sealed_for() {
    let world = World::new().await;
    let elsewhere = Application::start().await;
    let count = promise::scale(10, 100);
    let accounts: Vec<_> = (0..count)
        .map(|number| format!("customer-{number}"))
        .collect();
    for account in &accounts {
        let ask = world.post("/api/v2/public/linked-account").key();
        ask.json(json!({"linked_account_id": account})).await.ok();
        world.connect(account, "sealed-for-acme").await;
    }
    let bearer = "send: { bearer: '{{ api_token }}' }";
    let header = "send: { headers: { x-token: '{{ api_token }}' } }";
    let changes = [
        connector("acme", &elsewhere.base),
        changed(&world.application.base, bearer, header),
        changed(&elsewhere.base, bearer, header),
    ];
    let seen = world.application.seen();
    let mut refused = 0;
    for bundle in changes {
        let snapshot = world.app.engine.registry().replace([bundle]);
        assert!(snapshot.problems().is_empty(), "{:?}", snapshot.problems());
        for account in &accounts {
            let ask = world.post(crate::world::RUN).account(account);
            let answer = ask.json(json!({"path": "x"})).await;
            answer.refused(409, "CONNECTOR_CHANGED");
            refused += 1;
        }
    }
    assert_eq!((elsewhere.seen(), world.application.seen()), (0, seen));
    promise::kept(
        "B8",
        format!(
            "{refused} calls by {count} connections after 3 changes of host and place: 0 requests anywhere"
        ),
    );
}
