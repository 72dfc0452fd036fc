//! Executions, idempotency keys and kept answers as rows.

use tenon_engine::model::{
    AccountId, BootId, ConnectionId, DataKeyId, Effect, EndedBy, Execution, ExecutionId,
    ExecutionState, IdempotencyKey, NodeStatus, Outcome, RequestId, Source, StoredResult,
};

use crate::fault::Fault;
use crate::record::{FromRecord, Record};
use crate::value::{Values, values};

/// Inserts an execution whose values are [`execution_values`].
pub(crate) const INSERT_EXECUTION: &str = "INSERT INTO executions (
    id, org, environment, account, connection, slug, action, connector_version, effect, source,
    request_id, boot, asynchronous, request, started_at, deadline_at,
    state, finished_at, node_status, outcome, http_status, error, attempts,
    ended_by
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

/// The whole row of an execution.
pub(super) fn execution_values(execution: &Execution) -> Result<Values, Fault> {
    let mut row = values![
        execution.id.as_str(),
        execution.tenant.org.as_str(),
        execution.tenant.environment.as_str(),
        execution.account.as_str(),
        execution.connection.as_str(),
        execution.slug,
        execution.action,
        execution.connector_version,
        execution.effect.as_str(),
        execution.source.as_str(),
        execution.request_id.as_str(),
        execution.boot.as_str(),
        execution.asynchronous,
        serde_json::to_string(&execution.request)?,
        execution.started_at.0,
        execution.deadline_at.0,
    ];
    row.extend(end_values(execution)?);
    Ok(row)
}

/// The columns of an execution's end, from `state` to `ended_by`.
pub(super) fn end_values(execution: &Execution) -> Result<Values, Fault> {
    let error = execution
        .error
        .as_ref()
        .map(serde_json::to_string)
        .transpose()?;
    Ok(values![
        execution.state.as_str(),
        execution.finished_at.map(|time| time.0),
        execution
            .node_status
            .map(|status| status.as_str().to_owned()),
        execution.outcome.map(|outcome| outcome.as_str().to_owned()),
        execution.http_status,
        error,
        serde_json::to_string(&execution.attempts)?,
        execution.ended_by.map(|by| by.as_str().to_owned()),
    ])
}

impl FromRecord for Execution {
    const TABLE: &'static str = "executions";

    fn from_record(record: &Record<'_>) -> Result<Self, Fault> {
        Ok(Self {
            id: record.parse("id", ExecutionId::parse)?,
            tenant: record.tenant()?,
            account: record.parse("account", AccountId::parse)?,
            connection: record.parse("connection", ConnectionId::parse)?,
            slug: record.get("slug")?,
            action: record.get("action")?,
            connector_version: record.get("connector_version")?,
            effect: record.parse("effect", Effect::parse)?,
            source: record.parse("source", Source::parse)?,
            request_id: record.parse("request_id", RequestId::parse)?,
            boot: record.parse("boot", BootId::parse)?,
            asynchronous: record.get("asynchronous")?,
            request: record.json("request")?,
            started_at: record.time("started_at")?,
            deadline_at: record.time("deadline_at")?,
            state: record.parse("state", ExecutionState::parse)?,
            finished_at: record.time_optional("finished_at")?,
            node_status: record.parse_optional("node_status", NodeStatus::parse)?,
            outcome: record.parse_optional("outcome", Outcome::parse)?,
            http_status: record.get("http_status")?,
            error: record.json_optional("error")?,
            attempts: record.json("attempts")?,
            ended_by: record.parse_optional("ended_by", EndedBy::parse)?,
        })
    }
}

impl FromRecord for IdempotencyKey {
    const TABLE: &'static str = "idempotency_keys";

    fn from_record(record: &Record<'_>) -> Result<Self, Fault> {
        Ok(Self {
            slug: record.get("slug")?,
            action: record.get("action")?,
            key_hash: record.get("key_hash")?,
            fingerprint: record.get("fingerprint")?,
            execution: record.parse("execution", ExecutionId::parse)?,
            expires_at: record.time("expires_at")?,
        })
    }
}

impl FromRecord for StoredResult {
    const TABLE: &'static str = "results";

    fn from_record(record: &Record<'_>) -> Result<Self, Fault> {
        Ok(Self {
            key: record.parse("data_key", DataKeyId::parse)?,
            blob: record.get("answer")?,
            expires_at: record.time("expires_at")?,
        })
    }
}
