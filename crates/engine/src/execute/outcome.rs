//! What an attempt means: pure decisions from what came back, or did not, to what the caller and the journal see.

use std::time::Duration;

use tenon_connector::retry::{Ending, Safety, may_repeat};
use tenon_connector::{Answer, Connector, Failure, Payload, Verdict};
use tenon_egress::{ErrorKind, SendError, Sent};

use crate::error::{Code, Ended, Error, Origin};
use crate::model::{Attempt, Execution, ExecutionError, NodeStatus, Outcome};

/// How much of an application's words an error repeats, in characters. Its whole answer stands in `data`.
const LONGEST_WORDS: usize = 2000;

/// A host that is silent for less than this may just be slow.
const TELLING_TIMEOUT: Duration = Duration::from_secs(1);

/// What the egress client brought, as the connector language sees it.
pub(crate) fn answer(response: tenon_egress::Response) -> Answer {
    let content_type = response
        .headers
        .iter()
        .find(|(name, _)| name == "content-type")
        .map(|(_, value)| value.as_str());
    let payload = Payload::read(content_type, &response.body);
    Answer {
        status: response.status,
        headers: response.headers,
        payload,
    }
}

/// How an attempt without an answer ended.
pub(super) fn ending_of_error(error: &SendError) -> Ending {
    match error.sent {
        Sent::No => Ending::NotSent,
        Sent::Maybe => Ending::Interrupted,
    }
}

/// How an attempt with an answer ended, where that was not success.
pub(super) fn ending_of_verdict(verdict: &Verdict, status: u16) -> Option<Ending> {
    match verdict {
        Verdict::Success => None,
        Verdict::RateLimited(_) => Some(Ending::RateLimited),
        Verdict::Failed(_) | Verdict::CredentialRejected(_) => Some(Ending::Status(status)),
    }
}

/// Whether trying again can help: not where a rule or the plan itself forbids the request.
pub(super) fn is_final(error: &SendError) -> bool {
    matches!(
        error.kind,
        ErrorKind::HostNotAllowed
            | ErrorKind::AddressNotAllowed
            | ErrorKind::Plan
            | ErrorKind::StoredFile
            | ErrorKind::NotKept
            | ErrorKind::TooLarge
    )
}

/// What an attempt says of the host. `None`: nothing; a caller's own short deadline is not its fault.
pub(super) fn host_is_well(result: &Result<Answer, SendError>, took: Duration) -> Option<bool> {
    match result {
        Ok(answer) => Some(answer.status < 500),
        Err(error) if is_final(error) => None,
        Err(error) if error.kind == ErrorKind::Timeout && took < TELLING_TIMEOUT => None,
        Err(_) => Some(false),
    }
}

/// The error that a caller sees where the application did not answer, and what is known of its side.
pub(super) fn of_send_error(error: &SendError, safety: Safety) -> (Error, NodeStatus, Outcome) {
    let code = code_of(error);
    let outcome = match error.sent {
        Sent::No => Outcome::NotSent,
        Sent::Maybe => Outcome::Unknown,
    };
    let status = match (code, error.sent) {
        (Code::UpstreamTimeout, _) => NodeStatus::TimedOut,
        (_, Sent::No) => NodeStatus::Failed,
        (_, Sent::Maybe) => NodeStatus::Unknown,
    };
    let mut shown = Error::new(
        code,
        format!("{} {}", code.entry().meaning, error.message()),
    );
    shown.retryable = !is_final(error) && may_repeat(safety, ending_of_error(error));
    (shown, status, outcome)
}

/// Whether the application may have done what this attempt asked for: it was sent, and no answer denies it.
pub(super) fn may_have_acted(attempt: &Attempt) -> bool {
    attempt.sent && attempt.http_status.is_none_or(|status| status >= 500)
}

/// What is shown of a request that was not sent at last, but may have been at first.
pub(super) fn in_doubt(error: Error, status: NodeStatus) -> (Error, NodeStatus, Outcome) {
    if error.code == Code::UpstreamTimeout {
        return (error, status, Outcome::Unknown);
    }
    let code = Code::UpstreamOutcomeUnknown;
    let message = code.entry().meaning.to_owned();
    let error = Error {
        code,
        message,
        ..error
    };
    (error, NodeStatus::Unknown, Outcome::Unknown)
}

fn code_of(error: &SendError) -> Code {
    match (error.kind, error.sent) {
        (ErrorKind::HostNotAllowed | ErrorKind::AddressNotAllowed, _) => Code::EgressDenied,
        (ErrorKind::TooLarge, _) => Code::UpstreamTooLarge,
        (ErrorKind::Timeout, _) => Code::UpstreamTimeout,
        (ErrorKind::Plan, _) => Code::ValidationError,
        (ErrorKind::StoredFile, _) => Code::FileNotFound,
        (ErrorKind::NotKept, _) => Code::FilesFull,
        (ErrorKind::Tls, Sent::No) => Code::UpstreamTls,
        (ErrorKind::Protocol, Sent::Maybe) => Code::UpstreamProtocol,
        (_, Sent::No) => Code::UpstreamUnreachable,
        (_, Sent::Maybe) => Code::UpstreamOutcomeUnknown,
    }
}

/// The error of an answer that is not success.
pub(super) fn of_failure(
    connector: &Connector,
    verdict: &Verdict,
    failure: &Failure,
    status: u16,
    safety: Safety,
) -> ExecutionError {
    let name = &connector.name;
    let (origin, code, hint) = match verdict {
        Verdict::CredentialRejected(_) => (
            Origin::Credential,
            "CREDENTIAL_REJECTED".to_owned(),
            Some(format!(
                "{name} refused the stored credential ({}). Connect the account again, or check what the credential may do.",
                failure.code
            )),
        ),
        Verdict::RateLimited(_) => (
            Origin::Application,
            failure.code.clone(),
            Some(format!(
                "{name} has too many requests; wait and call again."
            )),
        ),
        _ => (
            Origin::Application,
            failure.code.clone(),
            ambiguous(status, safety).then(|| {
                format!("{name} may have acted before it failed; look before you call again.")
            }),
        ),
    };
    let ending = ending_of_verdict(verdict, status).unwrap_or(Ending::Status(status));
    ExecutionError {
        origin,
        code: shortened(&code),
        message: shortened(&failure.message),
        retryable: may_repeat(safety, ending),
        retry_after_ms: failure.retry_after.map(milliseconds),
        hint,
    }
}

/// The application's words are kept with every row of the journal, and it may say as much as a whole answer holds.
fn shortened(words: &str) -> String {
    words.chars().take(LONGEST_WORDS).collect()
}

fn ambiguous(status: u16, safety: Safety) -> bool {
    status >= 500 && safety == Safety::Unsafe
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// How a finished execution ended, for an error's body.
pub(super) fn ended(execution: &Execution) -> Ended {
    Ended {
        id: execution.id.clone(),
        node_status: execution.node_status.unwrap_or(NodeStatus::Unknown),
        outcome: execution.outcome.unwrap_or(Outcome::Unknown),
    }
}

/// The journal's form of an error of the way to the application.
pub(crate) fn record_of(error: &Error) -> ExecutionError {
    ExecutionError {
        origin: error.code.entry().origin,
        code: error.code.as_str().to_owned(),
        message: error.message.clone(),
        retryable: error.retryable,
        retry_after_ms: error.retry_after_ms,
        hint: None,
    }
}

#[cfg(test)]
mod tests;
