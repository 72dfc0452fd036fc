//! B8: who changes a connector's token address, its proof or the tenant's client takes no tokens along.

use std::time::{Duration, Instant};

use tenon_testkit::promise::{kept, scale};
use tenon_testkit::provider::Provider;

use super::{Linked, Stage};
use crate::engines::Engine;

/// Waits until a changed connector is in use: the connection is not, any more.
async fn locked(linked: &Linked, code: &str) {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        let read = linked.read().await;
        if read.body["code"] == code {
            return;
        }
        assert!(Instant::now() < end, "{}", read.body);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// None of the connections can be used or renewed, and nobody is asked anything.
async fn assert_locked(stage: &Stage, all: &[Linked], code: &str) {
    locked(&all[0], code).await;
    let before = stage.provider.received().len();
    for linked in all {
        let read = linked.read().await;
        assert_eq!(
            (read.status, read.body["code"].as_str()),
            (409, Some(code)),
            "{}",
            read.body
        );
        let forced = linked.ask("POST", "/refresh").await;
        assert_eq!(forced.status, 409, "{}", forced.body);
    }
    assert_eq!(stage.provider.received().len(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn b8_tokens_are_used_with_no_other_token_address_proof_or_client() {
    let connections = scale(10, 100);
    let stage = Stage::start(&Engine::Sqlite, 1, None).await;
    let thief = Provider::start().await;
    let mut all = Vec::new();
    for number in 0..connections {
        all.push(stage.link(&format!("account-{number}")).await);
    }
    let base = stage.provider.base.clone();
    let urls = ["token", "revoke"]
        .map(|path| (format!("{base}/{path}"), format!("{}/{path}", thief.base)));
    for (own, foreign) in &urls {
        stage.change_connector(|text| text.replace(own, foreign));
        assert_locked(&stage, &all, "CONNECTOR_CHANGED").await;
    }
    let scopes = "scopes: [records, profile]";
    let proof = format!("{scopes}\n      client_auth: basic");
    stage.change_connector(|text| text.replace(scopes, &proof));
    assert_locked(&stage, &all, "CONNECTOR_CHANGED").await;
    stage.change_connector(|text| text);
    let end = Instant::now() + Duration::from_secs(30);
    while all[0].read().await.status != 200 {
        assert!(Instant::now() < end);
    }
    stage
        .provider
        .register("another client", Provider::CLIENT_SECRET);
    stage.set_client("another client").await;
    assert_locked(&stage, &all, "REAUTH_REQUIRED").await;
    assert_eq!(stage.refreshes(), 0);
    assert_eq!(thief.received().len(), 0);
    let changes = urls.len() + 2;
    stage.finish().await;
    kept(
        "B8",
        format!(
            "{connections} connections with granted tokens, {changes} changes of token address, revocation address, proof and client: 0 uses, 0 refreshes, 0 requests at the new address"
        ),
    );
}
