//! D. Vendor misbehaviour: an application may do what it likes, and nobody but its own caller notices.

mod quota;
mod resilience;

use std::time::{Duration, Instant};

use serde_json::json;
use tenon_testkit::promise;
use tenon_testkit::vendor::{Connectors, Fault, Flaw, Scheme, Vendor};
use tokio::task::JoinSet;

use crate::hostile::{CREDENTIAL, Call, Hostile, Seen};
use crate::matrix::{AT_ONCE, expected, matrix};

/// How long an answer may be, in KiB.
const ANSWER_LIMIT: u64 = 10 * 1024;

#[test]
fn d1_each_of_thirty_faults_gets_a_well_formed_answer_that_names_the_culprit() {
    let matrix = matrix();
    matrix.assert("an answer that is no object of JSON", |_, seen| {
        seen.answer.body.is_object()
    });
    matrix.assert("a wrong culprit", |call, seen| {
        expected(call.fault, call.scheme).contains(&seen.verdict().as_str())
    });
    let most = 2 * ANSWER_LIMIT * AT_ONCE as u64;
    assert!(matrix.growth <= most, "{} KiB of {most}", matrix.growth);
    let (runs, growth) = (matrix.runs.len(), matrix.growth / 1024);
    promise::kept(
        "D1",
        format!(
            "{runs} runs, all by the table; memory grew by {growth} MiB of {}",
            most / 1024
        ),
    );
}

/// How much 64 bombs at once may add to the server's memory, in KiB: 20 MiB by the promise.
const BOMBS_MAY_ADD: u64 = 20 * 1024;

/// A call that nothing is wrong with.
fn fine(number: u64) -> Call {
    Call {
        fault: Fault::Html,
        scheme: Scheme::Http,
        method: "post",
        number,
        timeout: Duration::from_secs(30),
    }
}

/// Makes 64 calls at once.
async fn sixty_four(hostile: &Hostile, fault: Fault) -> Vec<(Call, Seen)> {
    let (slug, caller) = hostile.caller(fault, Scheme::Http);
    let mut calls = JoinSet::new();
    for number in 0..64 {
        let (slug, caller) = (slug.clone(), caller.clone());
        let call = Call {
            fault,
            ..fine(number)
        };
        calls.spawn(async move { (call, call.make(&slug, &caller).await) });
    }
    calls.join_all().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d2_bombs_and_endless_heads_are_cut_off_before_they_cost_anything() {
    use Fault::*;
    let hostile = Hostile::start(&[(Html, Scheme::Http)]).await;
    // What serving 64 calls at once takes anyway.
    for _ in 0..promise::scale(4, 20) {
        sixty_four(&hostile, Html).await;
    }
    let before = hostile.server.peak_memory();
    let mut cut_off = 0;
    for _ in 0..promise::scale(1, 20) {
        for fault in [
            GzipBomb,
            DeflateBomb,
            BrotliBomb,
            ZstdBomb,
            DoubleEncoding,
            EndlessHead,
            HugeCookie,
            EndlessTrailers,
            ChunkExtensions,
        ] {
            for (call, seen) in sixty_four(&hostile, fault).await {
                let verdict = seen.verdict();
                let expected = expected(call.fault, call.scheme);
                assert!(expected.contains(&verdict.as_str()), "{call:?}: {seen:?}");
                cut_off += 1;
            }
        }
    }
    let growth = hostile.server.peak_memory() - before;
    assert!(growth <= BOMBS_MAY_ADD, "memory grew by {growth} KiB");
    hostile.server.finish().await;
    promise::kept(
        "D2",
        format!("{cut_off} answers cut off, 64 at a time: memory grew by {growth} KiB"),
    );
}

/// The answers that carry a second one with them.
const POISONED: [Fault; 3] = [
    Fault::SecondAnswer,
    Fault::LengthTooShort,
    Fault::LateSecondAnswer,
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d3_an_answer_that_nobody_asked_for_reaches_no_other_tenant() {
    let hostile = Hostile::start(&[(Fault::Html, Scheme::Http)]).await;
    let (slug, bad) = hostile.caller(Fault::Html, Scheme::Http);
    let made = ["organization", "create", "Other", "--json"];
    let made = hostile.server.cli_json(&made);
    let world = ["--organization", made["organization_id"].as_str().unwrap()];
    let good = hostile
        .server
        .connect_in(&world, &slug, "other@example.com", &CREDENTIAL);

    let calls = promise::scale(1_000, 10_000);
    let mut running = JoinSet::new();
    let (mut poisoned, mut strange) = (0, Vec::new());
    for number in 0..calls {
        let fault = POISONED[number as usize % POISONED.len()];
        let (slug, bad, good) = (slug.clone(), bad.clone(), good.clone());
        running.spawn(async move {
            let poison = Call {
                fault,
                ..fine(number)
            };
            poison.make(&slug, &bad).await;
            // No fault is called `none`, so the vendor does what it is asked.
            let body = json!({"fault": "none", "number": number});
            let path = format!("/none/things/{number}");
            (path, good.execute(&slug, "post", &[], &body).await)
        });
        while running.len() >= 16 || (number + 1 == calls && !running.is_empty()) {
            let (path, answer) = running.join_next().await.unwrap().unwrap();
            poisoned += u64::from(answer.body.to_string().contains("poisoned"));
            if answer.body["data"]["path"] != path.as_str() {
                strange.push(answer);
            }
        }
    }
    assert!(strange.is_empty(), "{poisoned} poisoned: {strange:?}");
    hostile.server.finish().await;
    promise::kept(
        "D3",
        format!("{calls} calls between as many second answers: {poisoned} of another tenant's"),
    );
}

/// What the log says of a flaw, so that none is refused for another's reason.
fn reason(flaw: Flaw) -> &'static str {
    match flaw {
        Flaw::Expired => "certificate expired",
        Flaw::NotYetValid => "not valid yet",
        Flaw::WrongName | Flaw::WrongAddress => "not valid for name",
        Flaw::SelfSigned | Flaw::UnknownIssuer => "UnknownIssuer",
        Flaw::WrongUsage => "does not allow extended key usage for server authentication",
        Flaw::OutsideConstraints => "NameConstraintViolation",
        Flaw::IssuedByLeaf => "EndEntityUsedAsCa",
        Flaw::Sha1 => "UnsupportedSignatureAlgorithm",
        Flaw::OldVersion => "ServerDoesNotSupportTls12Or13",
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d6_bad_certificates_are_refused_and_the_error_names_tls() {
    let vendor = Vendor::start().await;
    let connectors = Connectors::to(&vendor);
    for flaw in Flaw::ALL {
        connectors.write(flaw.word(), &vendor.flawed(*flaw).await);
    }
    let mut hostile = Hostile::serve(vendor, connectors);
    for flaw in Flaw::ALL {
        let caller = hostile.connect(flaw.word());
        let seen = fine(0).make(flaw.word(), &caller).await;
        assert_eq!(seen.verdict(), "not_sent network UPSTREAM_TLS", "{flaw:?}");
        let message = seen.answer.body["message"].as_str().unwrap();
        assert!(message.contains("TLS"), "{flaw:?}: {message}");
        // The caller is told that it was TLS, the operator why.
        let said = |word: &str| hostile.server.output().contains(word);
        let end = Instant::now() + Duration::from_secs(10);
        while !said(reason(*flaw)) {
            assert!(Instant::now() < end, "refused, and not for being {flaw:?}");
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(hostile.vendor.record.received(), []);
    // The same with a good certificate, so that it was not for another reason.
    let slug = Connectors::slug(Fault::Html, Scheme::Https);
    let seen = fine(0).make(&slug, &hostile.connect(&slug)).await;
    assert_eq!(seen.verdict(), "succeeded", "{seen:?}");
    hostile.server.finish().await;
    let flaws = Flaw::ALL.len();
    promise::kept(
        "D6",
        format!("{flaws} bad certificates and versions: {flaws} refused, 0 requests"),
    );
}
