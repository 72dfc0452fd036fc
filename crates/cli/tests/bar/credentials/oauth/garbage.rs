//! B4: whatever a token endpoint answers, what is stored stays usable, and the connection ends exactly where it has to.

use tenon_testkit::promise::kept;
use tenon_testkit::provider::{Garbage, Provider, Verdict};

use super::{Linked, Stage, engines, execute, succeeded};

/// What callers see of a forced refresh that is answered so.
async fn answered(stage: &Stage, garbage: Garbage) -> Linked {
    let linked = stage.link(&format!("{garbage:?}")).await;
    stage.provider.script([garbage]);
    let answer = linked.ask("POST", "/refresh").await;
    let (status, code) = match garbage.verdict() {
        Verdict::Usable => (200, None),
        Verdict::Terminal => (409, Some("REAUTH_REQUIRED")),
        Verdict::Transient => (503, Some("CREDENTIAL_REFRESH_TIMEOUT")),
    };
    assert_eq!(answer.status, status, "{garbage:?}: {}", answer.body);
    assert_eq!(answer.body["code"].as_str(), code, "{garbage:?}");
    linked
}

/// The old tokens, or the new ones, are all there.
async fn assert_whole(linked: &Linked, garbage: Garbage) {
    let read = linked.read().await;
    assert!(succeeded(&read), "{garbage:?}: {}", read.body);
    // One that drips is still waited for.
    if garbage != Garbage::Drip {
        let again = linked.ask("POST", "/refresh").await;
        assert_eq!(again.status, 200, "{garbage:?}: {}", again.body);
        let write = execute(linked.caller(), "create_record").await;
        assert!(succeeded(&write), "{garbage:?}: {}", write.body);
    }
}

async fn assert_over(linked: &Linked, garbage: Garbage) {
    assert_eq!(linked.read().await.status, 409, "{garbage:?}");
    let status = linked.ask("GET", "").await;
    assert_eq!(status.body["status"], "reauth_required", "{garbage:?}");
    let written = linked.timeline().await;
    let ends = written.iter().filter(|(event, _)| event == "expired");
    assert_eq!(ends.count(), 1, "{garbage:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn b4_no_answer_of_a_token_endpoint_spoils_what_is_stored() {
    let mut seen = Vec::new();
    for (engine, servers) in engines() {
        let stage = Stage::start(&engine, servers, None).await;
        let mut all = Garbage::ALL.to_vec();
        // The one that takes longest comes last: nobody waits for its end.
        all.sort_by_key(|garbage| *garbage == Garbage::Drip);
        for garbage in &all {
            let linked = answered(&stage, *garbage).await;
            match garbage.verdict() {
                Verdict::Terminal => assert_over(&linked, *garbage).await,
                _ => assert_whole(&linked, *garbage).await,
            }
        }
        assert_eq!(stage.provider.families_revoked(), 0);
        seen.push(format!("{}: {} answers", engine.name(), all.len()));
        stage.finish().await;
    }
    kept(
        "B4",
        format!(
            "{}; what was stored was usable after each, and {} of the answers ended their connection, once",
            seen.join(", "),
            ended()
        ),
    );
}

fn ended() -> usize {
    let all = Garbage::ALL.iter();
    all.filter(|garbage| garbage.verdict() == Verdict::Terminal)
        .count()
}

/// A mistake of the operator's ends nothing, and everything goes on once it is mended.
#[tokio::test(flavor = "multi_thread")]
async fn b4_a_wrong_client_secret_ends_no_connection() {
    let stage = Stage::start(&crate::engines::Engine::Sqlite, 1, None).await;
    let linked = stage.link("ann").await;
    stage
        .provider
        .register(Provider::CLIENT_ID, "another secret");
    let answer = linked.ask("POST", "/refresh").await;
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert!(succeeded(&linked.read().await));
    stage
        .provider
        .register(Provider::CLIENT_ID, Provider::CLIENT_SECRET);
    assert_eq!(linked.ask("POST", "/refresh").await.status, 200);
    stage.finish().await;
}
