//! The program on each database, in front of the vendor: what a run needs to be the same on both.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde_json::{Value, json};
use tenon_testkit::vendor::{Connectors, Fault, Scheme, Vendor};
use tenon_testkit::{Caller, Options, Postgres, Server};
use tokio::task::JoinSet;

use crate::hostile::CREDENTIAL;
use crate::operator::TENON;

/// What every replica on one PostgreSQL has to be given.
const SHARED: [(&str, &str); 2] = [
    ("TENON_ADMIN_KEY", "ak_0123456789abcdef0123456789abcdef"),
    (
        "TENON_ENCRYPTION_KEY",
        "k1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    ),
];

/// Where the journal is kept.
#[derive(Clone)]
pub(crate) enum Engine {
    Sqlite,
    /// At this address.
    Postgres(String),
}

impl Engine {
    /// A new database of a PostgreSQL.
    pub(crate) fn postgres(cluster: &Postgres) -> Self {
        Self::Postgres(cluster.database())
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }

    /// The address of its database, where it is not a file of the process.
    pub(crate) fn address(&self) -> Option<&str> {
        match self {
            Self::Sqlite => None,
            Self::Postgres(address) => Some(address),
        }
    }

    /// What its servers are given.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let mut environment = vec![own(("TENON_BREAKER_FAILURES", "0"))];
        if let Self::Postgres(address) = self {
            environment.extend(SHARED.map(own));
            environment.push(own(("DATABASE_URL", address)));
        }
        environment
    }
}

/// An application that is well-behaved and writes everything down, and servers in front of it.
pub(crate) struct Stage {
    pub(crate) vendor: Vendor,
    connectors: Connectors,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        let vendor = Vendor::start().await;
        let connectors = Connectors::to(&vendor);
        Self { vendor, connectors }
    }

    /// A server on this database.
    pub(crate) fn server(&self, engine: &Engine) -> Server {
        let mut environment = engine.environment();
        // For commands, which work on a shared database themselves.
        let connectors = self.connectors.path().to_str().unwrap().to_owned();
        let networks = "TENON_DANGEROUSLY_ALLOW_PRIVATE_NETWORKS".to_owned();
        environment.push(("TENON_CONNECTORS".to_owned(), connectors));
        environment.push((networks, "127.0.0.0/8".to_owned()));
        let options = Options {
            connectors: Some(self.connectors.path()),
            allow_loopback: true,
            authority: Some(self.connectors.authority()),
            environment,
            ..Options::default()
        };
        Server::start(TENON, options)
    }

    /// Somebody who is connected to the application.
    pub(crate) fn caller(&self, server: &Server) -> Caller {
        server.connect(&slug(), "ada@example.com", &CREDENTIAL)
    }

    /// The keys of all requests that arrived and may have done something, in order.
    pub(crate) fn arrived(&self) -> Vec<String> {
        let received = self.vendor.record.received().into_iter();
        let posts = received.filter(|request| request.method == "POST");
        posts.filter_map(|request| request.key).collect()
    }
}

pub(crate) fn slug() -> String {
    Connectors::slug(Fault::Html, Scheme::Http)
}

/// Callers who do something unsafe again and again.
pub(crate) struct Load {
    numbers: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    callers: JoinSet<Tally>,
}

/// What callers were told.
#[derive(Default)]
pub(crate) struct Tally {
    /// Executions of which they were told how they ended, and that.
    pub(crate) acknowledged: HashMap<String, String>,
    /// Other answers, by status and code.
    pub(crate) refused: HashMap<String, u64>,
    /// Calls without an answer.
    pub(crate) unanswered: Vec<String>,
}

impl Load {
    /// Starts so many callers, who go on until [`Load::end`], or until one of their calls is not answered where they
    /// are not `patient`.
    pub(crate) fn start(callers: usize, caller: &Caller, patient: bool) -> Self {
        let mut load = Self {
            numbers: Arc::default(),
            stop: Arc::default(),
            callers: JoinSet::new(),
        };
        for _ in 0..callers {
            let (numbers, stop) = (Arc::clone(&load.numbers), Arc::clone(&load.stop));
            load.callers
                .spawn(call_until(caller.clone(), numbers, stop, patient));
        }
        load
    }

    /// How many calls have begun.
    pub(crate) fn begun(&self) -> u64 {
        self.numbers.load(Ordering::Relaxed)
    }

    /// Waits until so many more have begun.
    pub(crate) async fn until(&self, more: u64) {
        let mark = self.begun() + more;
        while self.begun() < mark {
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
    }

    /// Lets everybody finish, and says what all of them were told.
    pub(crate) async fn end(self) -> Tally {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Tally::default();
        for tally in self.callers.join_all().await {
            all.add(tally);
        }
        all
    }
}

impl Tally {
    pub(crate) fn add(&mut self, other: Self) {
        self.acknowledged.extend(other.acknowledged);
        self.unanswered.extend(other.unanswered);
        for (answer, count) in other.refused {
            *self.refused.entry(answer).or_default() += count;
        }
    }
}

async fn call_until(
    caller: Caller,
    numbers: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    patient: bool,
) -> Tally {
    let mut tally = Tally::default();
    while !stop.load(Ordering::Relaxed) {
        let number = numbers.fetch_add(1, Ordering::Relaxed);
        let body = json!({"fault": "none", "number": number});
        match caller.try_execute(&slug(), "post", &[], &body).await {
            Ok(answer) => tally.count(answer.status, &answer.body),
            Err(error) => {
                tally.unanswered.push(error);
                if !patient {
                    break;
                }
            }
        }
    }
    tally
}

impl Tally {
    fn count(&mut self, status: u16, body: &Value) {
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        if status == 200 {
            self.acknowledged
                .insert(text("execution_id"), text("node_status"));
        } else {
            let answer = format!("{status} {}", text("code"));
            *self.refused.entry(answer).or_default() += 1;
        }
    }
}

/// How many executions have no end yet.
pub(crate) async fn running(caller: &Caller) -> u64 {
    let path = "/api/v2/public/action-execution?limit=1&status=running";
    let list = caller.try_call("GET", path, &[], None).await;
    list.unwrap().body["totalDocs"].as_u64().unwrap()
}

/// The three sides of what happened: what callers were told, what the journal has, what arrived.
pub(crate) struct Evidence {
    pub(crate) told: Tally,
    rows: HashMap<String, Value>,
    pub(crate) arrived: Vec<String>,
}

impl Evidence {
    pub(crate) async fn collect(stage: &Stage, caller: &Caller, told: Tally) -> Self {
        let id = |row: &Value| row["execution_id"].as_str().unwrap().to_owned();
        let journal = caller.journal().await;
        Self {
            told,
            rows: journal.into_iter().map(|row| (id(&row), row)).collect(),
            arrived: stage.arrived(),
        }
    }

    /// Executions whose end was acknowledged and is not in the journal, or another one.
    pub(crate) fn lost(&self) -> Vec<&String> {
        let kept = |execution: &String, status: &String| {
            let row = self.rows.get(execution);
            row.is_some_and(|row| row["node_status"] == status.as_str())
        };
        let acknowledged = self.told.acknowledged.iter();
        acknowledged
            .filter(|(execution, status)| !kept(execution, status))
            .map(|(execution, _)| execution)
            .collect()
    }

    /// Keys of requests that arrived without a row.
    pub(crate) fn unwritten(&self) -> Vec<&String> {
        let keys: HashSet<_> = self.rows.values().map(key).collect();
        let arrived = self.arrived.iter();
        arrived
            .filter(|arrived| !keys.contains(arrived.as_str()))
            .collect()
    }

    /// Keys of requests that arrived more than once.
    pub(crate) fn repeated(&self) -> Vec<&String> {
        let mut seen = HashSet::new();
        self.arrived
            .iter()
            .filter(|key| !seen.insert(*key))
            .collect()
    }

    /// Rows that have no end, or say of what arrived that it failed.
    pub(crate) fn misjudged(&self) -> Vec<&Value> {
        let arrived: HashSet<_> = self.arrived.iter().map(String::as_str).collect();
        let wrong = |row: &&Value| match row["node_status"].as_str() {
            None => true,
            Some("Failed") => arrived.contains(key(row)),
            Some(_) => false,
        };
        self.rows.values().filter(wrong).collect()
    }

    /// How many executions end as unknown.
    pub(crate) fn unknown(&self) -> usize {
        let rows = self.rows.values();
        rows.filter(|row| row["node_status"] == "Unknown").count()
    }

    /// That nothing is lost, unwritten, repeated or misjudged.
    pub(crate) fn assert_whole(&self) {
        assert_eq!(self.lost(), [""; 0]);
        assert_eq!(self.unwritten(), [""; 0]);
        assert_eq!(self.repeated(), [""; 0]);
        let misjudged = self.misjudged();
        assert!(misjudged.is_empty(), "{misjudged:?}");
    }
}

/// The key that an execution's request carried.
fn key(row: &Value) -> &str {
    row["request"]["idempotency_key"].as_str().unwrap()
}
