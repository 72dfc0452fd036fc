//! E6, B13: what was taken away is gone everywhere within a second.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tenon_testkit::promise::{kept, scale};
use tenon_testkit::{Answer, Application, Caller};

use super::replicas::Replicas;

/// Until every server answers with this status, and how long that took.
async fn until(
    callers: &[Caller; 2],
    wanted: u16,
    call: impl AsyncFn(&Caller) -> Answer,
) -> Duration {
    let begun = Instant::now();
    for caller in callers {
        loop {
            let answer = call(caller).await;
            if answer.status == wanted {
                break;
            }
            assert!(begun.elapsed() < Duration::from_secs(10), "{}", answer.body);
        }
    }
    begun.elapsed()
}

async fn dry_run(caller: &Caller) -> Answer {
    caller
        .execute("acme", "add?dry_run=true", &[], &json!({}))
        .await
}

async fn by_token(caller: &Caller, token: &str) -> Answer {
    let bearer = format!("Bearer {token}");
    let at = caller.without_key();
    let path = "/api/v2/public/session/active-linked-account";
    at.send("GET", path, &[("authorization", &bearer)], None)
        .await
}

async fn token(caller: &Caller) -> String {
    let body = json!({"linked_account_id": caller.account});
    let path = "/api/v2/public/session-token?force_refresh=true";
    let minted = caller
        .try_call("POST", path, &[], Some(&body))
        .await
        .unwrap();
    minted.body["token"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn e6_what_was_revoked_is_over_on_every_replica_within_a_second() {
    let application = Application::start().await;
    let replicas = Replicas::start(&application.base, &[]);
    let rounds = scale(5, 100);
    let mut slowest = Duration::ZERO;
    for round in 0..rounds {
        let account = format!("customer-{round}");
        let (caller, key_id) = replicas.account(&account).await;
        let both = replicas.everywhere(&caller);
        for one in &both {
            assert_eq!(dry_run(one).await.status, 200);
        }
        let switch = async |enabled: bool| {
            let body = Some(json!({ "enabled": enabled }));
            let done = replicas.manage("PUT", "applications/acme", body).await;
            assert_eq!(done.status, 200, "{}", done.body);
        };
        switch(false).await;
        slowest = slowest.max(until(&both, 403, dry_run).await);
        switch(true).await;
        slowest = slowest.max(until(&both, 200, dry_run).await);
        let token = token(&caller).await;
        for one in &both {
            assert_eq!(by_token(one, &token).await.status, 200);
        }
        let bearer = format!("Bearer {token}");
        let path = "/api/v2/public/session-token/revoke";
        let http = caller.without_key();
        let done = http
            .send("POST", path, &[("authorization", &bearer)], None)
            .await;
        assert_eq!(done.status, 200, "{}", done.body);
        slowest = slowest.max(until(&both, 401, async |one| by_token(one, &token).await).await);
        let connection = format!("linked-accounts/{account}/connections/acme");
        assert_eq!(
            replicas.manage("DELETE", &connection, None).await.status,
            200
        );
        slowest = slowest.max(until(&both, 409, dry_run).await);
        let key = format!("api-keys/{key_id}");
        assert_eq!(replicas.manage("DELETE", &key, None).await.status, 200);
        slowest = slowest.max(until(&both, 401, dry_run).await);
    }
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
    replicas.finish().await;
    kept(
        "E6",
        format!("{rounds} x 5 changes on 2 replicas, the slowest counted after {slowest:.0?}"),
    );
}

/// Everything in the files of the database that looks sealed.
fn sealed(folder: &std::path::Path) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for name in ["tenon.db", "tenon.db-wal"] {
        let bytes = std::fs::read(folder.join(name)).unwrap_or_default();
        let starts = bytes
            .windows(4)
            .enumerate()
            .filter(|(_, at)| *at == b"TNNB");
        found.extend(starts.filter_map(|(at, _)| bytes.get(at + 23..at + 63).map(<[u8]>::to_vec)));
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn b13_what_was_deleted_is_unusable_at_once_and_its_ciphertext_gone() {
    use crate::operator::{Folder, TENON, caller, connect};
    let application = Application::start().await;
    let folder = Folder::new();
    folder.connector("acme", &application.base, "");
    folder.action("acme", "add", "request: { post: /things }\n");
    let mut server = tenon_testkit::Server::start(
        TENON,
        tenon_testkit::Options {
            connectors: Some(folder.path().into()),
            allow_loopback: true,
            ..Default::default()
        },
    );
    let mut caller = caller(&server);
    let rounds = scale(5, 100);
    for round in 0..rounds {
        assert_eq!(connect(&server, "acme", &[]).await.status, 200);
        let calling = tokio::spawn({
            let caller = caller.clone();
            async move { caller.execute("acme", "add", &[], &json!({})).await }
        });
        let path = "/api/v2/public/linked-account/integration/acme";
        let gone = caller.try_call("DELETE", path, &[], None).await.unwrap();
        assert_eq!(gone.status, 200, "{}", gone.body);
        let seen_after = dry_run(&caller).await;
        assert_eq!(seen_after.status, 409, "{}", seen_after.body);
        // The call beside it ended one way or the other, and as it should.
        let beside: Value = calling.await.unwrap().body;
        assert!(
            beside["execution_id"].is_string() || beside["code"].is_string(),
            "{beside}"
        );
        let _ = round;
    }
    // The log is emptied beside the writer after a deletion; a start empties what a killed process had not yet.
    server.restart();
    caller = caller.at(&server.http);
    assert_eq!(dry_run(&caller).await.status, 409);
    let left = sealed(server.data());
    assert!(left.is_empty(), "{} sealed blobs are left", left.len());
    server.finish().await;
    kept(
        "B13",
        format!(
            "{rounds} deletions during calls: unusable at once, 0 sealed blobs left in the files"
        ),
    );
}
