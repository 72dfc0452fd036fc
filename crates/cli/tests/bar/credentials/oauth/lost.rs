//! B3: a process that dies in the middle of a refresh costs nobody a connection that the provider would still renew.

use std::time::{Duration, Instant};

use serde_json::json;
use tenon_testkit::Postgres;
use tenon_testkit::promise::{kept, scale};
use tenon_testkit::provider::{Hold, Provider, Rotation};
use tenon_testkit::recorder::Recorder;

use super::{Linked, Stage, succeeded};
use crate::engines::Engine;

/// Where a refresh is cut off, and whether the provider has replaced the tokens by then without anybody knowing.
const PLACES: [(&str, bool); 5] = [
    ("refresh.before_send", false),
    ("refresh.after_send", true),
    ("refresh.after_answer", true),
    ("refresh.before_commit", true),
    ("refresh.after_commit", false),
];

/// How long the provider takes the token before.
const GRACES: [u64; 2] = [30, 0];

/// How a connection came out of it.
#[derive(Debug, PartialEq)]
enum After {
    /// It works again, after so long.
    Usable(Duration),
    /// Its account has to connect again.
    Over,
}

/// Lets the first server ask for new tokens and die there. What it was asked to do is never answered.
async fn cut_off(stage: &mut Stage, linked: &Linked, place: &str) {
    stage.provider.expire_access_tokens();
    if place == "refresh.after_send" {
        stage
            .provider
            .change(|behaviour| behaviour.hold = Hold::UntilReleased);
    }
    let (caller, slug) = (linked.callers[0].clone(), Provider::SLUG);
    let calling = tokio::spawn(async move {
        caller
            .try_execute(slug, "get_record", &[], &json!({}))
            .await
    });
    if place == "refresh.after_send" {
        stage.provider.held(1).await;
        stage.servers[0].kill();
        stage.provider.change(|behaviour| behaviour.hold = Hold::No);
    }
    let answer = calling.await.unwrap();
    assert!(answer.is_err(), "{place}: {answer:?}");
}

/// One refresh that is cut off, and what comes of the connection without anybody's help.
async fn killed(engine: Engine, place: &str, grace: u64) -> After {
    let failing = Some(place).filter(|place| *place != "refresh.after_send");
    let replicas = if engine.address().is_some() { 2 } else { 1 };
    let mut stage = Stage::start(&engine, replicas, failing).await;
    let rotation = Rotation::Each {
        grace: Duration::from_secs(grace),
    };
    stage
        .provider
        .change(|behaviour| behaviour.rotation = rotation);
    let mut linked = stage.link("ann").await;
    let told = told_of_ends(&stage).await;
    cut_off(&mut stage, &linked, place).await;
    let died = Instant::now();
    stage.servers[0].forget_environment("TENON_FAILPOINT");
    if replicas == 1 {
        stage.servers[0].restart();
        linked.callers[0] = linked.callers[0].at(&stage.servers[0].http);
    }
    let after = loop {
        let answer = linked.read().await;
        match answer.body["code"].as_str() {
            _ if succeeded(&answer) => break After::Usable(died.elapsed()),
            Some("REAUTH_REQUIRED") => break After::Over,
            // The application's own 401 is the result of the call that finds out; the next one knows.
            None if answer.body["error"]["code"] == "CREDENTIAL_REJECTED" => {}
            Some("CREDENTIAL_REFRESH_TIMEOUT") => {}
            _ => panic!("{place} {grace}: {answer:?}"),
        }
        assert!(died.elapsed() < Duration::from_secs(60), "{place} {grace}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    check(&stage, &linked, &after, &told).await;
    if replicas == 2 {
        stage.servers[0].restart();
    }
    stage.finish().await;
    after
}

/// The tenant's endpoint, which is told of connections that end.
async fn told_of_ends(stage: &Stage) -> Recorder {
    let told = Recorder::start().await;
    let body = json!({"webhook_url": told.base, "webhook_events": ["Connection Expired"]});
    let made = stage.manage("POST", "webhooks", &body).await;
    assert_eq!(made.status, 200, "{}", made.body);
    told
}

/// The end of a connection is written and told once, with its reason; a connection that works has none.
async fn check(stage: &Stage, linked: &Linked, after: &After, told: &Recorder) {
    let ends = match after {
        After::Usable(_) => vec![],
        After::Over => vec![("expired".to_owned(), "refresh_outcome_lost".to_owned())],
    };
    let begun = Instant::now();
    while told.count() < ends.len() {
        assert!(begun.elapsed() < Duration::from_secs(30), "nobody was told");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for _ in 0..3 {
        let again = linked.read().await;
        let expected = if *after == After::Over { 409 } else { 200 };
        assert_eq!(again.status, expected, "{}", again.body);
    }
    let written = linked.timeline().await.into_iter();
    let written: Vec<_> = written.filter(|(event, _)| event == "expired").collect();
    assert_eq!(written, ends);
    assert_eq!(told.count(), ends.len());
    assert_eq!(stage.provider.families_revoked(), ends.len());
}

/// The ends by place and grace, each scenario on a thread of its own: most of their time they wait for a lease to end.
fn killed_everywhere(engine: impl Fn() -> Engine) -> Vec<(&'static str, u64, bool, After)> {
    let cases = PLACES
        .iter()
        .flat_map(|place| GRACES.map(|grace| (*place, grace)));
    let going: Vec<_> = cases
        .map(|((place, spent), grace)| {
            let engine = engine();
            let run = move || {
                let runtime = tokio::runtime::Builder::new_multi_thread()
                    .worker_threads(1)
                    .enable_all()
                    .build()
                    .unwrap();
                runtime.block_on(killed(engine, place, grace))
            };
            (place, grace, spent, std::thread::spawn(run))
        })
        .collect();
    let ended = going.into_iter().map(|(place, grace, spent, thread)| {
        let after = thread
            .join()
            .unwrap_or_else(|_said| panic!("{place} {grace}"));
        (place, grace, spent, after)
    });
    ended.collect()
}

/// Starts an engine.
type Start = fn() -> Engine;

#[test]
fn b3_a_refresh_that_is_killed_costs_no_connection_that_the_provider_would_renew() {
    let rounds = scale(1, 40);
    let mut seen = Vec::new();
    let engines: [(&str, Start); 2] = [
        ("SQLite (1 process)", || Engine::Sqlite),
        ("PostgreSQL (2 processes)", || {
            Engine::postgres(Postgres::shared())
        }),
    ];
    for (name, engine) in engines {
        let (mut slowest, mut usable, mut over) = (Duration::ZERO, 0, 0);
        for _ in 0..rounds {
            for (place, grace, spent, after) in killed_everywhere(engine) {
                match after {
                    After::Usable(time) => {
                        assert!(grace > 0 || !spent, "{place}: a token was used twice");
                        assert!(time < Duration::from_secs(20), "{name} {place}: {time:?}");
                        slowest = slowest.max(time);
                        usable += 1;
                    }
                    After::Over => {
                        assert!(
                            grace == 0 && spent,
                            "{name} {place} {grace}: lost for nothing"
                        );
                        over += 1;
                    }
                }
            }
        }
        seen.push(format!(
            "{name}: {} kills at 5 places: {usable} usable again after {slowest:.1?} at most, {over} whose tokens were replaced without grace ended and were told of once as refresh_outcome_lost",
            usable + over,
        ));
    }
    kept("B3", seen.join("; "));
}
