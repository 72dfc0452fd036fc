//! The whole public vocabulary of errors: one table, from which the API, its description, the docs and the CLI's
//! exit codes are made.
//!
//! Tenon never answers 401 for its own fault, nor 5xx for the application's 4xx, and never shows an internal text.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tenon_connector::{FieldError, PlanError};

use crate::model::{ExecutionId, NodeStatus, Outcome};
use crate::ports::StoreError;

/// Whose fault an error is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// The caller's request.
    Caller,
    /// The connection's credential.
    Credential,
    /// A rule of the operator or the tenant.
    Policy,
    /// Tenon itself.
    Gateway,
    /// The application.
    Application,
    /// The way to the application.
    Network,
}

impl Origin {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Credential => "credential",
            Self::Policy => "policy",
            Self::Gateway => "gateway",
            Self::Application => "application",
            Self::Network => "network",
        }
    }
}

/// One line of the table.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// The code.
    pub code: Code,
    /// The word on the wire.
    pub word: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// Whose fault it is.
    pub origin: Origin,
    /// Whether the same call may be made again without harm.
    pub retryable: bool,
    /// What `error_code` says, where the vendor's API has a word of its own for the case.
    pub legacy: Option<&'static str>,
    /// One sentence: what it means and what to do.
    pub meaning: &'static str,
}

macro_rules! codes {
    ($($name:ident $word:literal $status:literal $origin:ident $retry:literal $legacy:expr, $meaning:literal;)+) => {
        /// A stable code for one kind of error.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code { $(#[doc = $meaning] $name),+ }

        /// Every code there is.
        pub const TABLE: &[Entry] = &[$(Entry {
            code: Code::$name, word: $word, status: $status, origin: Origin::$origin, retryable: $retry,
            legacy: $legacy, meaning: $meaning,
        }),+];

        impl Code {
            /// The code's line of the table.
            pub fn entry(self) -> Entry {
                match self { $(Self::$name => Entry {
                    code: self, word: $word, status: $status, origin: Origin::$origin, retryable: $retry,
                    legacy: $legacy, meaning: $meaning,
                }),+ }
            }
        }
    };
}

const SERVER_ERROR: Option<&str> = Some("SERVER_ERROR");

codes! {
    ValidationError "VALIDATION_ERROR" 400 Caller false None, "The request is not what the route or the action takes; `errors` names every parameter that is wrong.";
    BadRequest "BAD_REQUEST" 400 Caller false SERVER_ERROR, "The request cannot be carried out as it stands; the message says why.";
    MissingLinkedAccountId "MISSING_LINKED_ACCOUNT_ID" 400 Caller false None, "An API key needs a linked account on this route: send the header `linked_account_id`.";
    InvalidLinkedAccountId "INVALID_LINKED_ACCOUNT_ID" 400 Caller false None, "The linked account's id is missing or is not one that can exist.";
    InvalidEvent "INVALID_EVENT" 400 Caller false None, "Invalid event. Check events list in documentation.";
    WebhookNotFound "WEBHOOK_NOT_FOUND" 400 Caller false Some("RESOURCE_NOT_FOUND"), "Webhook not found";
    InvalidCredentials "INVALID_CREDENTIALS" 401 Caller false SERVER_ERROR, "The API key is missing, wrong or revoked, or two credentials disagree.";
    InvalidSessionToken "INVALID_SESSION_TOKEN" 401 Caller false SERVER_ERROR, "The session token is wrong, over or revoked; mint another.";
    InvalidToken "INVALID_TOKEN" 401 Caller false None, "The session token is missing, wrong, over or revoked.";
    Forbidden "FORBIDDEN" 403 Policy false None, "The caller's token does not cover this.";
    ApplicationDisabled "APPLICATION_DISABLED" 403 Policy false None, "The organization switched the application off in this environment.";
    EgressDenied "EGRESS_DENIED" 403 Policy false None, "The request would go to a host or address that it must not reach. Nothing was sent.";
    ApplicationNotFound "APPLICATION_NOT_FOUND" 404 Caller false SERVER_ERROR, "There is no application with this slug.";
    ActionNotFound "ACTION_NOT_FOUND" 404 Caller false SERVER_ERROR, "The application has no action with this id.";
    LinkedAccountNotFound "LINKED_ACCOUNT_NOT_FOUND" 404 Caller false SERVER_ERROR, "There is no such linked account in this environment.";
    ConnectionNotFound "CONNECTION_NOT_FOUND" 404 Caller false None, "The account has no such connection.";
    ResourceNotFound "RESOURCE_NOT_FOUND" 404 Caller false None, "There is nothing with this id.";
    FileNotFound "FILE_NOT_FOUND" 404 Caller false None, "There is no such file: it was never there, was downloaded, belongs to another account, or its life is over.";
    RouteNotFound "ROUTE_NOT_FOUND" 404 Caller false None, "There is no such route; see /openapi.json.";
    MethodNotAllowed "METHOD_NOT_ALLOWED" 405 Caller false None, "The route does not take this method.";
    ConnectionRequired "CONNECTION_REQUIRED" 409 Credential false None, "The account is not connected to the application.";
    ReauthRequired "REAUTH_REQUIRED" 409 Credential false None, "The application refused the connection's credential for good; the account has to connect again.";
    OauthClientRequired "OAUTH_CLIENT_REQUIRED" 409 Policy false None, "The tenant has set no OAuth client for this application and environment, so nobody can authorize or be renewed.";
    AuthorizationFailed "AUTHORIZATION_FAILED" 400 Credential false SERVER_ERROR, "The application gave no tokens; the message has its words.";
    ConnectionAmbiguous "CONNECTION_AMBIGUOUS" 409 Caller false None, "The account has several connections to the application; choose one with `connection_id`.";
    ConnectorChanged "CONNECTOR_CHANGED" 409 Policy false None, "The connector now sends credentials elsewhere than this one was sealed for; an operator has to approve that.";
    Conflict "CONFLICT" 409 Caller false SERVER_ERROR, "Something of that name exists already.";
    FileInUse "FILE_IN_USE" 409 Caller true None, "The file is being downloaded by somebody else; it is there again if that breaks off.";
    IdempotencyInFlight "IDEMPOTENCY_IN_FLIGHT" 409 Caller true None, "The first call with this Idempotency-Key is still running; ask again later.";
    IdempotencyKeyReused "IDEMPOTENCY_KEY_REUSED" 422 Caller false None, "The Idempotency-Key was used with another request.";
    BodyTooLarge "BODY_TOO_LARGE" 413 Caller false None, "The body is larger than 3 MiB.";
    FileTooLarge "FILE_TOO_LARGE" 413 Caller false None, "The file is larger than this installation keeps.";
    UriTooLong "URI_TOO_LONG" 414 Caller false None, "The request's line is longer than is read.";
    UnsupportedMediaType "UNSUPPORTED_MEDIA_TYPE" 415 Caller false None, "The body must be `application/json`.";
    HeadTooLarge "HEAD_TOO_LARGE" 431 Caller false None, "The request has more or longer headers than are read: at most 100, and 64 KiB together.";
    RateLimited "RATE_LIMITED" 429 Policy true None, "Too many calls; wait as long as `Retry-After` says.";
    Internal "INTERNAL" 500 Gateway false SERVER_ERROR, "Tenon failed; the log has the request id.";
    CredentialUnreadable "CREDENTIAL_UNREADABLE" 500 Gateway false None, "The stored credential does not open: it was altered or moved, or its key is gone. The audit log has a line; the account has to connect again.";
    NotImplemented "NOT_IMPLEMENTED" 501 Gateway false None, "Tenon leaves this route of the compatible API out.";
    UpstreamUnreachable "UPSTREAM_UNREACHABLE" 502 Network true None, "The application could not be reached. Nothing was sent.";
    UpstreamTls "UPSTREAM_TLS" 502 Network true None, "No trusted TLS connection to the application. Nothing was sent.";
    UpstreamOutcomeUnknown "UPSTREAM_OUTCOME_UNKNOWN" 502 Network false None, "The request left and no answer came: the application may have acted.";
    UpstreamProtocol "UPSTREAM_PROTOCOL" 502 Application false None, "The request left and what came back is no answer that HTTP knows: the application may have acted.";
    UpstreamTooLarge "UPSTREAM_TOO_LARGE" 502 Application false None, "The application's answer is larger than the limit.";
    Unavailable "UNAVAILABLE" 503 Gateway true None, "Tenon is starting or stopping; try again.";
    Overloaded "OVERLOADED" 503 Gateway true None, "Too many calls are in flight here or at the application's host. Nothing was sent; wait as long as `Retry-After` says.";
    UpstreamSuspended "UPSTREAM_SUSPENDED" 503 Network true None, "The application failed many times in a row, so that only a probe calls it every few seconds. Nothing was sent.";
    LogUnavailable "LOG_UNAVAILABLE" 503 Gateway true None, "The journal cannot be written, so nothing is done that it could not prove.";
    CredentialRefreshTimeout "CREDENTIAL_REFRESH_TIMEOUT" 503 Credential true None, "The credential's refresh did not finish in time.";
    FilesFull "FILES_FULL" 507 Gateway true None, "There is no room for the file now; files go with their life, and the operator can give more room.";
    UpstreamTimeout "UPSTREAM_TIMEOUT" 504 Network false None, "The deadline passed before the application answered.";
}

impl Code {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        self.entry().word
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        TABLE
            .iter()
            .find(|entry| entry.word == word)
            .map(|entry| entry.code)
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        Self::parse(&word).ok_or_else(|| serde::de::Error::custom("unknown error code"))
    }
}

/// An error that a caller sees.
#[derive(Debug, thiserror::Error)]
#[error("{code:?}: {message}")]
pub struct Error {
    /// What kind.
    pub code: Code,
    /// A sentence for people. Never an internal text.
    pub message: String,
    /// What is wrong with each parameter.
    pub errors: Box<[FieldError]>,
    /// Whether the same call may be made again without harm.
    pub retryable: bool,
    /// How long to wait first, in milliseconds.
    pub retry_after_ms: Option<u64>,
    /// The quota that is used up, where it is one.
    pub quota: Option<Box<Quota>>,
    /// The execution that it ended, if one had begun.
    pub execution: Option<Ended>,
    /// What happened inside. Logged, never shown.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// A quota, as the headers `RateLimit-Policy` and `RateLimit` tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    /// What it is called: letters, digits and hyphens.
    pub name: String,
    /// How many calls fit in its window.
    pub limit: u32,
    /// The window's length in seconds.
    pub window_seconds: u64,
    /// How many are left.
    pub remaining: u32,
}

/// How an execution ended that has no answer of the application to show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// The execution.
    pub id: ExecutionId,
    /// What callers see of its end.
    pub node_status: NodeStatus,
    /// What is known about the application's side.
    pub outcome: Outcome,
}

impl Error {
    /// An error with a message for people.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            errors: Box::default(),
            retryable: code.entry().retryable,
            retry_after_ms: None,
            quota: None,
            execution: None,
            source: None,
        }
    }

    /// An error whose message is the table's.
    pub fn of(code: Code) -> Self {
        Self::new(code, code.entry().meaning)
    }

    /// Parameters that are wrong. The message is the first one's.
    pub fn validation(errors: Vec<FieldError>) -> Self {
        let message = errors
            .first()
            .map_or_else(String::new, |error| error.message.clone());
        Self {
            errors: errors.into_boxed_slice(),
            ..Self::new(Code::ValidationError, message)
        }
    }

    /// One parameter that is wrong. The message names it.
    pub fn invalid(
        param: impl Into<String>,
        code: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self::validation(vec![FieldError::new(param, code, message)])
    }

    /// A fault of Tenon's own. The cause is for the log.
    pub fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self {
            source: Some(source.into()),
            ..Self::of(Code::Internal)
        }
    }

    /// What is known about the application's side. A call that was kept from beginning was not sent.
    pub fn outcome(&self) -> Option<Outcome> {
        let ended = self.execution.as_ref().map(|ended| ended.outcome);
        let kept_back = matches!(
            self.code,
            Code::RateLimited | Code::Overloaded | Code::UpstreamSuspended
        );
        ended.or_else(|| kept_back.then_some(Outcome::NotSent))
    }

    /// The same error with its cause, for the log.
    #[must_use]
    pub fn because(self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self {
            source: Some(source.into()),
            ..self
        }
    }

    /// The same error with a time to wait.
    #[must_use]
    pub fn after(self, milliseconds: u64) -> Self {
        Self {
            retry_after_ms: Some(milliseconds),
            ..self
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => Self::of(Code::Unavailable).after(1000).because(error),
            StoreError::Exists => Self::of(Code::Conflict).because(error),
            StoreError::Unstorable => {
                let message = "A text in the request holds the character U+0000, which cannot be kept; leave it out";
                Self::invalid("", "nul", message)
            }
            StoreError::Inconsistent { .. } => Self::internal(error),
        }
    }
}

/// Parameters and facts that make no request are the caller's to mend.
impl From<PlanError> for Error {
    fn from(error: PlanError) -> Self {
        Self::invalid("", "request", error.to_string())
    }
}

/// The result of a use case.
pub type Outcomes<T> = Result<T, Error>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_one_line_and_one_word() {
        let mut words: Vec<_> = TABLE.iter().map(|entry| entry.word).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), TABLE.len());
        assert!(
            TABLE
                .iter()
                .all(|entry| Code::parse(entry.word) == Some(entry.code))
        );
    }
}
