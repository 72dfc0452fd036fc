//! What a caller asks for.

use std::time::Duration;

use serde_json::Value;

use crate::connections::Choice;
use crate::error::{Error, Outcomes};
use crate::model::{RequestId, Source};

/// How long an execution may take where nobody says.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a call waits for its turn where nobody says.
pub const DEFAULT_MAX_WAIT: Duration = Duration::from_secs(10);
/// The longest time that can be asked for.
pub const LONGEST_TIMEOUT: Duration = Duration::from_secs(300);

/// What of the application's answer a caller wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reading {
    /// The data, as the action's author says.
    #[default]
    Data,
    /// The choices of another action's parameter.
    Choices,
    /// The fields that the account has of its own.
    Fields,
}

/// One run of an action, as asked for.
#[derive(Debug)]
pub struct ExecuteRequest {
    /// The application.
    pub slug: String,
    /// The action, by present or earlier id.
    pub action: String,
    /// The parameters, unchecked.
    pub body: Value,
    /// Which connection.
    pub choice: Choice,
    /// The caller's key against repetition.
    pub idempotency_key: Option<String>,
    /// Show the request instead of sending it.
    pub dry_run: bool,
    /// How long it may take.
    pub timeout: Duration,
    /// How long it may wait for its turn, within that time. Zero: not at all.
    pub max_wait: Duration,
    /// Which parts of the data to answer: dotted paths. Empty: all of it.
    pub fields: Vec<String>,
    /// Answer at once and let the caller poll.
    pub asynchronous: bool,
    /// The door.
    pub source: Source,
    /// The call of our API that it comes with.
    pub request_id: RequestId,
    /// What of the application's answer it gives.
    pub reading: Reading,
}

impl ExecuteRequest {
    /// A request with nothing but an action and its parameters.
    pub fn new(slug: impl Into<String>, action: impl Into<String>, body: Value) -> Self {
        Self {
            slug: slug.into(),
            action: action.into(),
            body,
            choice: Choice::default(),
            idempotency_key: None,
            dry_run: false,
            timeout: DEFAULT_TIMEOUT,
            max_wait: DEFAULT_MAX_WAIT,
            fields: Vec::new(),
            asynchronous: false,
            source: Source::Api,
            request_id: RequestId::generate(),
            reading: Reading::Data,
        }
    }

    /// Checks what does not depend on the action.
    pub(super) fn check(&self) -> Outcomes<()> {
        if self.timeout.is_zero() || self.timeout > LONGEST_TIMEOUT {
            let longest = LONGEST_TIMEOUT.as_millis();
            let message = format!("timeout_ms must be 1 to {longest}");
            return Err(Error::invalid("timeout_ms", "range", message));
        }
        if self.max_wait > LONGEST_TIMEOUT {
            let longest = LONGEST_TIMEOUT.as_millis();
            let message = format!("max_wait_ms must be 0 to {longest}");
            return Err(Error::invalid("max_wait_ms", "range", message));
        }
        let fits = |key: &String| {
            (1..=255).contains(&key.len()) && key.bytes().all(|byte| (b' '..=b'~').contains(&byte))
        };
        if self.idempotency_key.as_ref().is_some_and(|key| !fits(key)) {
            let message = "Idempotency-Key must be 1 to 255 printable ASCII characters";
            return Err(Error::invalid("Idempotency-Key", "format", message));
        }
        Ok(())
    }
}
