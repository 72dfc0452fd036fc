//! The fault matrix: every form of every fault, with every method, in clear and over TLS. It is run once; the tests of
//! several promises look at what came of it.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tenon_testkit::promise;
use tenon_testkit::vendor::{Connectors, Fault, Scheme};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::hostile::{Call, Hostile, Seen};

/// How many calls are under way at a time.
pub(crate) const AT_ONCE: usize = 24;

/// Added to the number of a call that only opens the connection for another.
const FIRST: u64 = 1_000_000;

/// What a caller may be told of a fault: `outcome origin code`.
pub(crate) fn expected(fault: Fault, scheme: Scheme) -> &'static [&'static str] {
    use Fault::*;
    const NOT_ASKED: &str = "not_sent policy RATE_LIMITED";
    const LATE: &str = "unknown network UPSTREAM_TIMEOUT";
    const LOST: &str = "unknown network UPSTREAM_OUTCOME_UNKNOWN";
    const NONSENSE: &str = "unknown application UPSTREAM_PROTOCOL";
    const TOO_LARGE: &str = "unknown application UPSTREAM_TOO_LARGE";
    const UNREACHABLE: &str = "not_sent network UPSTREAM_UNREACHABLE";
    match (fault, scheme) {
        (Refused, _) | (ResetOnAccept, Scheme::Https) => &[UNREACHABLE],
        (BlackHole | TlsStall, _) => &["not_sent network UPSTREAM_TIMEOUT"],
        (BadCertificate, _) => &["not_sent network UPSTREAM_TLS"],
        // The reset comes before the request is written, or after.
        (ResetOnAccept, Scheme::Http) => &[UNREACHABLE, LOST],
        (Silence | DripHead | DripBody, _) => &[LATE],
        (ReadThenClose | ReadThenReset | HalfStatusLine | LengthTooLong | MissingChunk, _) => {
            &[LOST]
        }
        (Garbage | Http09 | BrokenChunk | HeaderWithReturn | ChunkExtensions, _) => &[NONSENSE],
        (EndlessTrailers | BrotliBomb | ZstdBomb | DoubleEncoding, _) => &[NONSENSE],
        (EndlessBody | EndlessHead | HugeCookie, _) => &[TOO_LARGE],
        (GzipBomb | DeflateBomb, _) => &[TOO_LARGE],
        // Once it said 429, it may not even be asked for a while.
        (OddLimit, _) => &["failed application HTTP_429", NOT_ASKED],
        (OddOutage, _) => &["failed application HTTP_503"],
        (RedirectLoop, _) => &["failed application HTTP_302"],
        (RedirectToMetadata, _) => &["failed application HTTP_307"],
        (Unauthorized, _) => &["failed credential CREDENTIAL_REJECTED"],
        (OkFalse, _) => &["failed application REFUSED_IN_BODY"],
        (StaleUnread | StaleRead | LateSecondAnswer, _) => &["succeeded", LOST, UNREACHABLE],
        (
            LengthTooShort | SecondAnswer | Html | InvalidUtf8 | DuplicateKeys | NotANumber
            | DeepJson | LongNumber | Interims | NoContentWithBody,
            _,
        ) => &["succeeded"],
    }
}

/// Faults that no answer ends are not waited out for long.
fn patience(fault: Fault) -> Duration {
    use Fault::*;
    match fault {
        BlackHole | Silence | TlsStall | DripHead | DripBody => Duration::from_millis(700),
        OddLimit => Duration::from_secs(2),
        _ => Duration::from_secs(20),
    }
}

/// Every form of every fault, in clear and over TLS.
fn every_fault() -> Vec<(Fault, Scheme)> {
    let both = |fault: &Fault| Scheme::BOTH.map(|scheme| (*fault, scheme));
    let all = Fault::ALL.iter().flat_map(both);
    all.filter(|(fault, scheme)| !fault.needs_tls() || *scheme == Scheme::Https)
        .collect()
}

/// Every form of every fault, with every method, in clear and over TLS, as often as it takes to make `runs`.
fn calls(runs: u64) -> Vec<Call> {
    let mut calls = Vec::new();
    while (calls.len() as u64) < runs {
        for (fault, scheme) in every_fault() {
            for (method, _) in Connectors::METHODS {
                calls.push(Call {
                    fault,
                    scheme,
                    method,
                    number: calls.len() as u64,
                    timeout: patience(fault),
                });
            }
        }
    }
    calls
}

/// What came of the matrix.
pub(crate) struct Matrix {
    /// Every call and its answer.
    pub(crate) runs: Vec<(Call, Seen)>,
    /// How often the vendor could have acted, by the call's number.
    pub(crate) deliveries: HashMap<u64, u64>,
    /// How many requests the vendor read.
    pub(crate) arrived: usize,
    /// The outcome of each execution, by the journal.
    pub(crate) journal: HashMap<String, String>,
    /// By how many KiB the server's memory grew at its worst.
    pub(crate) growth: u64,
    /// Whether the search for canaries found nothing.
    pub(crate) clean: bool,
}

/// The matrix, run by whoever asks first.
pub(crate) fn matrix() -> &'static Matrix {
    static MATRIX: OnceLock<Matrix> = OnceLock::new();
    let play = || {
        let runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = { runtime }.worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(Matrix::play())
    };
    // A test may have a runtime of its own, in which no other can be waited for.
    MATRIX.get_or_init(|| std::thread::spawn(play).join().unwrap())
}

impl Matrix {
    async fn play() -> Self {
        let hostile = Hostile::start(&every_fault()).await;
        let before = hostile.server.peak_memory();
        let runs = run(&hostile, calls(promise::scale(600, 6_000))).await;
        let growth = hostile.server.peak_memory() - before;
        let (deliveries, journal) = (hostile.deliveries(), hostile.journal().await);
        let arrived = hostile.vendor.record.received().len();
        // It stops its test where it finds something; that test is another one.
        let search = tokio::spawn(hostile.server.finish()).await;
        Self {
            runs,
            deliveries,
            arrived,
            journal,
            growth,
            clean: search.is_ok(),
        }
    }

    /// How often the vendor could have acted on a call.
    pub(crate) fn delivered(&self, call: &Call) -> u64 {
        self.deliveries.get(&call.number).copied().unwrap_or(0)
    }

    /// Stops the test with every run that is not as promised.
    pub(crate) fn assert(&self, promise: &str, kept: impl Fn(&Call, &Seen) -> bool) {
        let broken = self.runs.iter().filter(|(call, seen)| !kept(call, seen));
        let broken: Vec<_> = broken
            .map(|(call, seen)| {
                let (verdict, took) = (seen.verdict(), seen.took);
                let delivered = self.delivered(call);
                let body: String = seen.answer.body.to_string().chars().take(300).collect();
                format!("{call:?}: `{verdict}`, delivered {delivered} times, took {took:?}: {body}")
            })
            .collect();
        assert!(
            broken.is_empty(),
            "{promise}: {} of {} runs\n{}",
            broken.len(),
            self.runs.len(),
            broken.join("\n")
        );
    }
}

async fn run(hostile: &Hostile, calls: Vec<Call>) -> Vec<(Call, Seen)> {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut running = JoinSet::new();
    for call in calls {
        let (slug, caller) = hostile.caller(call.fault, call.scheme);
        let place = Arc::clone(&places).acquire_owned().await.unwrap();
        running.spawn(async move {
            let _place = place;
            let mut seen = Vec::new();
            if call.fault.is_of_kept_connections() {
                let first = Call {
                    number: call.number + FIRST,
                    ..call
                };
                seen.push((first, first.make(&slug, &caller).await));
            }
            seen.push((call, call.make(&slug, &caller).await));
            seen
        });
    }
    running.join_all().await.into_iter().flatten().collect()
}
