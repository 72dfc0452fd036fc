//! Why a command failed: one line, the causes below it, a hint, and the exit code.

use std::error::Error;
use std::process::ExitCode;

use serde_json::Value;
use tenon_server::bootstrap::StartError;
use tenon_server::client::ClientError;
use tenon_server::demo::DemoError;
use tenon_server::maintenance::RestoreError;

/// The result of a command.
pub(crate) type Outcome = Result<ExitCode, Failure>;

/// Why a command failed.
#[derive(Debug)]
pub(crate) struct Failure {
    /// One line.
    pub(crate) message: String,
    /// What is behind it, outermost first.
    pub(crate) causes: Vec<String>,
    /// How to mend it.
    pub(crate) hint: Option<String>,
    /// What the process ends with.
    pub(crate) code: ExitCode,
}

/// Something failed that no other code is for.
const GENERAL: u8 = 1;
/// What was typed cannot be meant.
const USAGE: u8 = 2;

/// The exit codes, for the help.
pub(crate) const CODES: &str = "\
Exit codes:
  0 done        1 failed           2 wrong usage     3 the request was refused
  4 credential  5 not allowed      6 Tenon failed    7 the application refused
  8 the application was not reached, or its answer is not known";

impl Failure {
    /// A failure of this command's own.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            causes: Vec::new(),
            hint: None,
            code: GENERAL.into(),
        }
    }

    /// What was typed cannot be meant.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self {
            code: USAGE.into(),
            ..Self::new(message)
        }
    }

    /// The same failure with a way to mend it.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What the API answered instead of what was asked for.
    pub(crate) fn of_answer(status: u16, body: &Value) -> Self {
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        let message =
            text("message").map_or_else(|| format!("the server answered {status}"), str::to_owned);
        let code = text("code").unwrap_or_default();
        Self {
            code: of_origin(text("origin").unwrap_or_default()).into(),
            causes: errors(body),
            hint: hint_for(code),
            ..Self::new(message)
        }
    }

    /// A failure with what is behind it.
    pub(crate) fn from_error(error: &(dyn Error + 'static)) -> Self {
        Self::new(error.to_string()).because(error)
    }

    fn because(mut self, error: &(dyn Error + 'static)) -> Self {
        let mut cause = error.source();
        while let Some(error) = cause {
            self.causes.push(error.to_string());
            cause = error.source();
        }
        self
    }
}

/// The exit code for whose fault an error is.
fn of_origin(origin: &str) -> u8 {
    match origin {
        "caller" => 3,
        "credential" => 4,
        "policy" => 5,
        "gateway" => 6,
        "application" => 7,
        "network" => 8,
        _ => GENERAL,
    }
}

/// The exit code of an execution that the application refused.
pub(crate) fn refused_by_application() -> ExitCode {
    of_origin("application").into()
}

/// What is wrong with each parameter. The first one is the message already.
fn errors(body: &Value) -> Vec<String> {
    let errors = body.get("errors").and_then(Value::as_array);
    let texts = errors.into_iter().flatten().skip(1);
    texts
        .filter_map(|error| error.get("message")?.as_str().map(str::to_owned))
        .collect()
}

fn hint_for(code: &str) -> Option<String> {
    let hint = match code {
        "CONNECTION_REQUIRED" => {
            "connect the account: tenon connection create SLUG --account ID --field NAME=-"
        }
        "CONNECTION_AMBIGUOUS" => {
            "choose one with --connection; tenon connection list --account ID shows them"
        }
        "REAUTH_REQUIRED" => {
            "give a new credential: tenon connection create SLUG --account ID --field NAME=- (or --sandbox)"
        }
        "CONNECTOR_CHANGED" => {
            "read what changed in the connector, then: tenon connection approve SLUG"
        }
        "LINKED_ACCOUNT_NOT_FOUND" => {
            "tenon linked-account list shows them; each environment has its own"
        }
        "APPLICATION_NOT_FOUND" => "tenon connector list shows them",
        "ACTION_NOT_FOUND" => "tenon connector show SLUG lists its actions",
        "INVALID_CREDENTIALS" => {
            "the admin key does not belong to this installation; see admin.key in its data directory"
        }
        _ => return None,
    };
    Some(hint.to_owned())
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        Self {
            hint: error.hint(),
            ..Self::new(error.to_string()).because(&error)
        }
    }
}

impl From<RestoreError> for Failure {
    fn from(error: RestoreError) -> Self {
        Self {
            hint: error.hint(),
            ..Self::new(error.to_string()).because(&error)
        }
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        Self {
            hint: error.hint(),
            ..Self::new(error.to_string()).because(&error)
        }
    }
}

impl From<DemoError> for Failure {
    fn from(error: DemoError) -> Self {
        Self::new(error.to_string()).because(&error)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new(error.to_string())
    }
}
