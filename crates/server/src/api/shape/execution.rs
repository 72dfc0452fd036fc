//! An execution as the journal has it: the canonical record.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use tenon_engine::executions::Inspected;
use tenon_engine::model::{Attempt, Execution, ExecutionError};

use crate::api::error::Failure;

/// The record of an execution. Holds no parameter, no answer and no secret.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Execution")]
pub(in crate::api) struct ExecutionBody {
    id: String,
    execution_id: String,
    slug: String,
    action_id: String,
    linked_account_id: String,
    connection_id: String,
    /// `running` or `finished`
    state: &'static str,
    /// The same as `state`.
    status: &'static str,
    /// `Success`, `Failed`, `Timed_Out` or `Unknown`; absent while it runs.
    node_status: Option<&'static str>,
    /// `not_sent`, `succeeded`, `failed` or `unknown`; absent while it runs.
    outcome: Option<&'static str>,
    /// The application's last status.
    http_status: Option<u16>,
    #[schemars(with = "Option<Value>")]
    error: Option<ExecutionError>,
    attempts: Vec<AttemptBody>,
    request: RequestBody,
    started_at: String,
    finished_at: Option<String>,
    duration_ms: Option<i64>,
    connector_version: u32,
    /// `read`, `write` or `destructive`
    effect: &'static str,
    /// `api`, `cli` or `mcp`
    source: &'static str,
    request_id: String,
    #[serde(rename = "async")]
    asynchronous: bool,
    /// Always false: a dry run leaves no record.
    dry: bool,
}

/// The first request, without what it carries.
#[derive(Debug, Serialize, JsonSchema)]
struct RequestBody {
    method: String,
    host: String,
    path: String,
    /// Two equal requests have equal hashes.
    sha256: String,
    /// The key that the application may have seen with the request.
    idempotency_key: String,
}

/// One HTTP request that was tried.
#[derive(Debug, Serialize, JsonSchema)]
struct AttemptBody {
    step: String,
    method: String,
    host: String,
    path: String,
    started_at: String,
    duration_ms: u64,
    http_status: Option<u16>,
    error: Option<String>,
    /// Whether a byte of it may have left.
    sent: bool,
}

/// The record of an execution and its answer, where that was kept.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::api) struct ExecutionDetail {
    #[serde(flatten)]
    record: ExecutionBody,
    /// What the execute call answered, or would have: kept for asynchronous calls and for those with an `Idempotency-Key`.
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Value>,
}

impl From<Execution> for ExecutionBody {
    fn from(one: Execution) -> Self {
        Self {
            id: one.id.to_string(),
            execution_id: one.id.to_string(),
            slug: one.slug,
            action_id: one.action,
            linked_account_id: one.account.to_string(),
            connection_id: one.connection.to_string(),
            state: one.state.as_str(),
            status: one.state.as_str(),
            node_status: one.node_status.map(|status| status.as_str()),
            outcome: one.outcome.map(|outcome| outcome.as_str()),
            http_status: one.http_status,
            error: one.error,
            attempts: one.attempts.into_iter().map(AttemptBody::from).collect(),
            request: RequestBody {
                method: one.request.method,
                host: one.request.host,
                path: one.request.path,
                sha256: one.request.sha256,
                idempotency_key: one.request.idempotency_key,
            },
            started_at: one.started_at.to_iso(),
            finished_at: one.finished_at.map(|time| time.to_iso()),
            duration_ms: one
                .finished_at
                .map(|end| end.0.saturating_sub(one.started_at.0)),
            connector_version: one.connector_version,
            effect: one.effect.as_str(),
            source: one.source.as_str(),
            request_id: one.request_id.to_string(),
            asynchronous: one.asynchronous,
            dry: false,
        }
    }
}

impl From<Attempt> for AttemptBody {
    fn from(one: Attempt) -> Self {
        Self {
            step: one.step,
            method: one.method,
            host: one.host,
            path: one.path,
            started_at: one.started_at.to_iso(),
            duration_ms: one.duration_ms,
            http_status: one.http_status,
            error: one.error,
            sent: one.sent,
        }
    }
}

impl From<Inspected> for ExecutionDetail {
    fn from(inspected: Inspected) -> Self {
        let request_id = inspected.execution.request_id.clone();
        let result = inspected.done.map(|done| match done {
            Ok(answered) => serde_json::to_value(&answered).unwrap_or_default(),
            Err(error) => Failure::from(error).to_value(&request_id),
        });
        Self {
            record: inspected.execution.into(),
            result,
        }
    }
}
