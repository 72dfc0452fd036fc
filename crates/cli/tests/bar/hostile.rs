//! The gateway in front of the hostile vendor: set-up, one call, and what is read from its answer.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tenon_testkit::vendor::{Connectors, Fault, Scheme, Vendor};
use tenon_testkit::{Answer, Caller, Options, Server};

use crate::operator::TENON;

/// The credential, as the command line takes it.
pub(crate) const CREDENTIAL: [&str; 2] = ["--field", "token=secret-canary7Q2vX9-end"];

/// Whole runs of failures are what these tests are made of, and callers who go leave their calls behind.
const SETTINGS: [(&str, &str); 2] = [
    ("TENON_BREAKER_FAILURES", "0"),
    ("TENON_MAX_IN_FLIGHT_PER_CONNECTION", "500"),
];

/// A server whose connectors all lead to one vendor.
pub(crate) struct Hostile {
    pub(crate) vendor: Vendor,
    pub(crate) server: Server,
    _connectors: Connectors,
    callers: HashMap<String, Caller>,
}

/// One call to a vendor that misbehaves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call {
    pub(crate) fault: Fault,
    pub(crate) scheme: Scheme,
    pub(crate) method: &'static str,
    /// Stands in the path, so that the vendor's record can be joined with the answers.
    pub(crate) number: u64,
    pub(crate) timeout: Duration,
}

/// What a call came to.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) answer: Answer,
    pub(crate) took: Duration,
}

impl Hostile {
    /// Starts both, with an account for each connector that leads to one of the faults.
    pub(crate) async fn start(faults: &[(Fault, Scheme)]) -> Self {
        let vendor = Vendor::start().await;
        let connectors = Connectors::to(&vendor);
        let mut hostile = Self::serve(vendor, connectors);
        for (fault, scheme) in faults {
            hostile.connect(&Connectors::slug(*fault, *scheme));
        }
        hostile
    }

    /// Starts the server, with nobody connected yet.
    pub(crate) fn serve(vendor: Vendor, connectors: Connectors) -> Self {
        let options = Options {
            connectors: Some(connectors.path()),
            allow_loopback: true,
            authority: Some(connectors.authority()),
            environment: SETTINGS
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .to_vec(),
            ..Options::default()
        };
        Self {
            vendor,
            server: Server::start(TENON, options),
            _connectors: connectors,
            callers: HashMap::new(),
        }
    }

    /// Connects an account that is named after the connector.
    pub(crate) fn connect(&mut self, slug: &str) -> Caller {
        let account = format!("{slug}@example.com");
        let connect = || self.server.connect(slug, &account, &CREDENTIAL);
        let caller = self.callers.entry(slug.to_owned()).or_insert_with(connect);
        caller.clone()
    }

    /// Whoever is connected to the connector that reaches a fault.
    pub(crate) fn caller(&self, fault: Fault, scheme: Scheme) -> (String, Caller) {
        let slug = Connectors::slug(fault, scheme);
        let caller = self.callers[&slug].clone();
        (slug, caller)
    }

    /// The outcome of every execution, as the journal has it.
    pub(crate) async fn journal(&self) -> HashMap<String, String> {
        let mut outcomes = HashMap::new();
        for caller in self.callers.values() {
            for row in caller.journal().await {
                let text = |name: &str| row[name].as_str().unwrap_or("none").to_owned();
                outcomes.insert(text("execution_id"), text("outcome"));
            }
        }
        outcomes
    }

    /// How often the vendor could have acted on each number.
    pub(crate) fn deliveries(&self) -> HashMap<u64, u64> {
        let mut deliveries = HashMap::new();
        for received in self.vendor.record.received() {
            let number = received.path.rsplit('/').next();
            if let Some(number) = number.and_then(|number| number.parse().ok())
                && !received.refused
            {
                *deliveries.entry(number).or_default() += 1;
            }
        }
        deliveries
    }
}

impl Call {
    /// Whether doing it twice may do something twice.
    pub(crate) fn is_unsafe(&self) -> bool {
        Connectors::METHODS.contains(&(self.method, true))
    }

    /// Makes the call.
    pub(crate) async fn make(self, slug: &str, caller: &Caller) -> Seen {
        let action = format!("{}?timeout_ms={}", self.method, self.timeout.as_millis());
        let body = json!({"fault": self.fault.word(), "number": self.number});
        let began = Instant::now();
        let answer = caller.execute(slug, &action, &[], &body).await;
        let took = began.elapsed();
        Seen { answer, took }
    }
}

impl Seen {
    /// `outcome origin code`, whichever form the answer has.
    pub(crate) fn verdict(&self) -> String {
        let body = &self.answer.body;
        let (outcome, error) = match body["node_status"].as_str() {
            Some("Success") => return "succeeded".to_owned(),
            Some("Failed") if self.answer.status == 200 => ("failed", &body["error"]),
            _ => (body["outcome"].as_str().unwrap_or("none"), body),
        };
        let word = |name: &str| error[name].as_str().unwrap_or("none").to_owned();
        format!("{outcome} {} {}", word("origin"), word("code"))
    }

    /// The execution, where one began.
    pub(crate) fn execution(&self) -> Option<&str> {
        self.answer.body["execution_id"].as_str()
    }

    /// Whether the answer says that the same call may be made again.
    pub(crate) fn retryable(&self) -> &Value {
        match &self.answer.body["retryable"] {
            Value::Null => &self.answer.body["error"]["retryable"],
            retryable => retryable,
        }
    }
}
