//! What happened, as somebody sees it who sees everything: the trace, and what the checker needs of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;

use tenon_engine::error::{Code, Error};
use tenon_engine::execute::{Answered, Done};
use tenon_engine::model::{ExecutionId, NodeStatus, Outcome, RequestId};

/// What a caller asked for, as far as it counts for the checker.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Scope {
    pub(crate) account: usize,
    pub(crate) action: &'static str,
    pub(crate) key: u64,
}

/// An end that a caller was told of.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Told {
    pub(crate) execution: ExecutionId,
    pub(crate) node_status: NodeStatus,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) words: String,
    pub(crate) replayed: bool,
}

impl Told {
    /// What an end says, where it says how an execution ended. That the journal could not be written says nothing.
    pub(crate) fn of(done: &Done, replayed: bool) -> Option<Self> {
        match done {
            Ok(answered) => Some(Self::answered(answered, replayed)),
            Err(error) if error.code == Code::LogUnavailable => None,
            Err(error) => Self::failed(error, replayed),
        }
    }

    fn answered(answered: &Answered, replayed: bool) -> Self {
        Self {
            execution: answered.execution_id.clone(),
            node_status: answered.node_status,
            outcome: None,
            words: serde_json::to_string(answered).unwrap(),
            replayed,
        }
    }

    fn failed(error: &Error, replayed: bool) -> Option<Self> {
        error.execution.as_ref().map(|ended| Self {
            execution: ended.id.clone(),
            node_status: ended.node_status,
            outcome: Some(ended.outcome),
            words: format!("{} {}", error.code.as_str(), error.message),
            replayed,
        })
    }
}

/// A request that reached the application.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    /// The key that the application sees: it belongs to one execution.
    pub(crate) vendor_key: String,
    pub(crate) step: String,
    /// Whether it is one that must not come twice.
    pub(crate) once: bool,
    pub(crate) status: u16,
}

#[derive(Default)]
pub(crate) struct Ledger {
    pub(crate) trace: Vec<String>,
    pub(crate) deliveries: Vec<Delivery>,
    /// What the application did: how often, by vendor key and step.
    pub(crate) effects: BTreeMap<(String, String), u32>,
    /// Vendor keys of which a request may have arrived without the engine's knowing.
    pub(crate) lost: BTreeSet<String>,
    /// Those of which the last request that left is such a one.
    pub(crate) unanswered: BTreeSet<String>,
    /// Executions that a crash or a failing store left in doubt.
    pub(crate) doubts: BTreeSet<ExecutionId>,
    pub(crate) told: Vec<Told>,
    /// Executions that were accepted, for their answer to be fetched later.
    pub(crate) accepted: Vec<ExecutionId>,
    pub(crate) keyed: HashMap<RequestId, Scope>,
    /// Calls with a counted session, by account.
    pub(crate) counted: HashMap<RequestId, usize>,
    pub(crate) violations: Vec<String>,
    pub(crate) crashes: u64,
    /// Calls that had no turn in time.
    pub(crate) refused: u64,
    /// Executions of which nobody can say how they ended.
    pub(crate) unknown: u64,
    names: HashMap<String, usize>,
}

impl Ledger {
    pub(crate) fn note(&mut self, now: u64, what: impl std::fmt::Display) {
        let mut line = String::new();
        write!(line, "{now:>7} {what}").unwrap();
        self.trace.push(line);
    }

    /// A number for an id, which is another in every run: numbers are the same.
    pub(crate) fn name(&mut self, id: &str) -> usize {
        let next = self.names.len();
        *self.names.entry(id.to_owned()).or_insert(next)
    }

    pub(crate) fn violated(&mut self, what: String) {
        self.trace.push(format!("VIOLATED: {what}"));
        self.violations.push(what);
    }
}
