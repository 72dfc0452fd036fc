//! Executions: one run of an action each, and the journal's record of it.

use serde::{Deserialize, Serialize};
use tenon_connector::document::Effect;

use super::{AccountId, BootId, ConnectionId, DataKeyId, ExecutionId, Millis, RequestId, Tenant};
use crate::error::Origin;

words!(
    /// How far an execution has come.
    ExecutionState {
        /// The intent is durable; the application may have been called.
        Running = "running",
        /// The outcome is durable.
        Finished = "finished",
    }
);

words!(
    /// What callers see of the end of an execution.
    NodeStatus {
        /// The application did what was asked.
        Success = "Success",
        /// The application refused, or could not be reached.
        Failed = "Failed",
        /// The deadline passed.
        TimedOut = "Timed_Out",
        /// Nobody can say whether the application did it.
        Unknown = "Unknown",
    }
);

words!(
    /// What is known about the application's side.
    Outcome {
        /// Not one byte of an effective request left.
        NotSent = "not_sent",
        /// The application did it.
        Succeeded = "succeeded",
        /// The application answered that it did not.
        Failed = "failed",
        /// A request left, and no answer says whether it was done: none came, or only to a repetition that was refused.
        Unknown = "unknown",
    }
);

words!(
    /// Who said how an execution ended.
    EndedBy {
        /// The process that carried it out.
        Process = "process",
        /// The sweep: nobody carried it out any more, so its end is assumed to be unknown. What the process says later
        /// is the truth and takes its place.
        Sweep = "sweep",
        /// The application, asked again by the action's lookup.
        Lookup = "lookup",
        /// A person.
        Person = "person",
    }
);

words!(
    /// The door that an execution came through.
    Source {
        /// The HTTP API.
        Api = "api",
        /// The command line.
        Cli = "cli",
        /// An agent over MCP.
        Mcp = "mcp",
    }
);

/// One run of an action, as the journal keeps it. Holds no parameter, no answer and no secret.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Execution {
    /// Its id.
    pub id: ExecutionId,
    /// Whose it is.
    pub tenant: Tenant,
    /// Which account's.
    pub account: AccountId,
    /// With which connection.
    pub connection: ConnectionId,
    /// At which application.
    pub slug: String,
    /// Which action, by its present id.
    pub action: String,
    /// The version of the connector that ran.
    pub connector_version: u32,
    /// What it does to the application's data.
    pub effect: Effect,
    /// The door that it came through.
    pub source: Source,
    /// The call of our API that it came with.
    pub request_id: RequestId,
    /// The process that runs it.
    pub boot: BootId,
    /// Whether the caller polls for the answer.
    pub asynchronous: bool,
    /// The first request, as planned.
    pub request: RequestRecord,
    /// When it began.
    pub started_at: Millis,
    /// When its time is up.
    pub deadline_at: Millis,
    /// How far it has come.
    pub state: ExecutionState,
    /// When the outcome was known.
    pub finished_at: Option<Millis>,
    /// What callers see of its end.
    pub node_status: Option<NodeStatus>,
    /// What is known about the application's side.
    pub outcome: Option<Outcome>,
    /// The application's last status.
    pub http_status: Option<u16>,
    /// What went wrong.
    pub error: Option<ExecutionError>,
    /// Every HTTP request that was tried, in order.
    pub attempts: Vec<Attempt>,
    /// Who said how it ended; nothing while it runs.
    pub ended_by: Option<EndedBy>,
}

/// What can be said of a planned request without showing what it carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestRecord {
    /// The HTTP method.
    pub method: String,
    /// The host.
    pub host: String,
    /// The path, percent-encoded, without the query.
    pub path: String,
    /// SHA-256 over method, address, headers and body, in hexadecimal: two equal requests have equal hashes.
    pub sha256: String,
    /// The key that the application may have seen with the execution's requests, to find it on the other side.
    pub idempotency_key: String,
}

/// What went wrong, as callers see it and as the journal keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecutionError {
    /// Whose fault it was.
    pub origin: Origin,
    /// A stable code: Tenon's own, or the application's as its connector reads it.
    pub code: String,
    /// A sentence for people.
    pub message: String,
    /// Whether the same call may be made again without harm.
    pub retryable: bool,
    /// How long to wait first, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub retry_after_ms: Option<u64>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hint: Option<String>,
}

/// One HTTP request that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// The step that it belongs to; `request` where there is one.
    pub step: String,
    /// The HTTP method.
    pub method: String,
    /// The host.
    pub host: String,
    /// The path, percent-encoded, without the query.
    pub path: String,
    /// When it began.
    pub started_at: Millis,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// The application's status, where it answered.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub http_status: Option<u16>,
    /// The error's code, where it did not.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<String>,
    /// Whether a byte of it may have left.
    pub sent: bool,
}

/// A caller's `Idempotency-Key`, as the journal keeps it: scoped, and as a hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// The application of the action.
    pub slug: String,
    /// The action that it was given with.
    pub action: String,
    /// Keyed hash of the key, in hexadecimal.
    pub key_hash: String,
    /// Hash of what was asked, in hexadecimal: another body under the same key is an error.
    pub fingerprint: String,
    /// The execution that holds the key.
    pub execution: ExecutionId,
    /// When the key may be forgotten; never while its execution runs.
    pub expires_at: Millis,
}

/// The answer of an execution, sealed, for callers who ask again.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredResult {
    /// The data key.
    pub key: DataKeyId,
    /// The sealed answer.
    pub blob: Vec<u8>,
    /// When it may be forgotten.
    pub expires_at: Millis,
}

impl std::fmt::Debug for StoredResult {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StoredResult({}, {} bytes)", self.key, self.blob.len())
    }
}

/// A kept answer together with its execution: what is needed to seal it again.
#[derive(Debug, Clone)]
pub struct KeptResult {
    /// The execution.
    pub execution: Execution,
    /// The answer.
    pub result: StoredResult,
}

/// Which executions a list shows. Everything left out matches.
#[derive(Debug, Clone, Default)]
pub struct ExecutionFilter {
    /// Of this account.
    pub account: Option<AccountId>,
    /// At these applications.
    pub slugs: Vec<String>,
    /// Of this action.
    pub action: Option<String>,
    /// In this state.
    pub state: Option<ExecutionState>,
    /// With one of these ends.
    pub node_statuses: Vec<NodeStatus>,
    /// With this outcome.
    pub outcome: Option<Outcome>,
    /// Asynchronous or not.
    pub asynchronous: Option<bool>,
    /// Begun at or after this time.
    pub from: Option<Millis>,
    /// Begun before this time.
    pub until: Option<Millis>,
    /// Oldest first instead of newest first.
    pub ascending: bool,
}
