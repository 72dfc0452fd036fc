//! What a caller gets at the end of an execution; also what is kept, sealed, for callers who ask again.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::{Code, Ended, Error};
use crate::model::{EndedBy, Execution, ExecutionError, ExecutionId, NodeStatus};

/// The application answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answered {
    /// The application's body, as the action's author and the caller's projection leave it.
    pub data: Value,
    /// `Success` or `Failed`.
    pub node_status: NodeStatus,
    /// The application's status.
    pub http_status: u16,
    /// Whether it succeeded.
    pub success: bool,
    /// The execution.
    pub execution_id: ExecutionId,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<ExecutionError>,
    /// The parameters that give the next page, where the action is a list that goes on.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub next: Option<Map<String, Value>>,
}

const DID_NOT_HAPPEN: &str = "No answer came, and it was found out later that the application did not act; to do it now, call with a new Idempotency-Key";

/// How an execution ended: with the application's answer, or with an error of the way there.
pub type Done = Result<Answered, Error>;

/// An end in the form that is kept.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Kept {
    Answered(Box<Answered>),
    Refused {
        code: Code,
        message: String,
        retryable: bool,
        retry_after_ms: Option<u64>,
        ended: Ended,
    },
}

/// The bytes to seal.
pub(super) fn to_bytes(done: &Done, execution: &Execution) -> Vec<u8> {
    let kept = match done {
        Ok(answered) => Kept::Answered(Box::new(answered.clone())),
        Err(error) => Kept::Refused {
            code: error.code,
            message: error.message.clone(),
            retryable: error.retryable,
            retry_after_ms: error.retry_after_ms,
            ended: super::outcome::ended(execution),
        },
    };
    serde_json::to_vec(&kept).unwrap_or_default()
}

/// What is answered of an execution whose end was found out later, whatever was answered at the time.
pub(super) fn found_out(execution: &Execution) -> Option<Done> {
    if !matches!(execution.ended_by, Some(EndedBy::Lookup | EndedBy::Person)) {
        return None;
    }
    Some(match execution.node_status? {
        NodeStatus::Success => Ok(Answered {
            data: Value::Null,
            node_status: NodeStatus::Success,
            http_status: execution.http_status.unwrap_or(200),
            success: true,
            execution_id: execution.id.clone(),
            error: None,
            next: None,
        }),
        _ => Err(Error {
            execution: Some(super::outcome::ended(execution)),
            ..Error::new(Code::UpstreamOutcomeUnknown, DID_NOT_HAPPEN)
        }),
    })
}

/// The end that was sealed. `None`: the bytes are not one.
pub(super) fn from_bytes(bytes: &[u8]) -> Option<Done> {
    Some(match serde_json::from_slice(bytes).ok()? {
        Kept::Answered(answered) => Ok(*answered),
        Kept::Refused {
            code,
            message,
            retryable,
            retry_after_ms,
            ended,
        } => Err(Error {
            retryable,
            retry_after_ms,
            execution: Some(ended),
            ..Error::new(code, message)
        }),
    })
}
