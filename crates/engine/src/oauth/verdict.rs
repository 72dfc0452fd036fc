//! What a token endpoint's answer means for a connection. Pure.

use std::time::Duration;

use tenon_connector::document::GrantDoc;
use tenon_connector::wait;
use tenon_egress::{Granted, SendError, Sent, TokenAnswer, Told};

/// What came of asking for tokens.
#[derive(Debug)]
pub(super) enum Verdict {
    /// Tokens.
    Granted(Granted),
    /// The grant is over: only the account can mend that.
    Ended(Words),
    /// It may pass: the same may be asked again after a while.
    Failed {
        /// What went wrong.
        words: Words,
        /// How long the application asks to wait.
        asked: Option<Duration>,
    },
}

/// What went wrong, as a code and a sentence.
#[derive(Debug, Clone)]
pub(super) struct Words {
    /// The application's code, or one of ours in capitals.
    pub(super) code: String,
    /// A sentence.
    pub(super) message: String,
    /// Whether the application may have acted on the request without our knowing what it answered.
    pub(super) in_doubt: bool,
}

impl Words {
    /// What is told of it.
    pub(super) fn sentence(&self) -> String {
        match self.message.is_empty() {
            true => format!("The application gave no tokens: {}", self.code),
            false => format!(
                "The application gave no tokens: {} ({})",
                self.message, self.code
            ),
        }
    }
}

/// RFC 6749, 5.2: the words that end a grant. `invalid_client` is not among them: the operator can mend that.
const ENDED: [&str; 2] = ["invalid_grant", "unauthorized_client"];

pub(super) fn judge(told: Result<Told, SendError>, grant: &GrantDoc, now_ms: i64) -> Verdict {
    let told = match told {
        Ok(told) => told,
        Err(error) => return unreached(&error),
    };
    let header = |name: &str| {
        let mut headers = told.headers.iter();
        headers
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    };
    let asked = wait::of_headers(header, true, now_ms);
    let failed = |code: String, message: String, in_doubt| Verdict::Failed {
        words: Words {
            code,
            message,
            in_doubt,
        },
        asked,
    };
    match told.answer {
        TokenAnswer::Granted(granted) => Verdict::Granted(granted),
        TokenAnswer::Refused(refused) if ends(grant, refused.status, &refused.code) => {
            Verdict::Ended(Words {
                code: refused.code,
                message: refused.message,
                in_doubt: false,
            })
        }
        TokenAnswer::Refused(refused) => failed(refused.code, refused.message, false),
        TokenAnswer::Unusable { status, what } => {
            let message = format!("The token endpoint's answer (status {status}) {what}");
            failed("UNUSABLE_ANSWER".to_owned(), message, status < 400)
        }
    }
}

/// A server that has trouble of its own may say anything.
fn ends(grant: &GrantDoc, status: u16, code: &str) -> bool {
    let passing = status >= 500 || matches!(status, 408 | 425 | 429);
    let known = ENDED.contains(&code) || grant.ended_by.iter().any(|word| word == code);
    known && !passing
}

fn unreached(error: &SendError) -> Verdict {
    Verdict::Failed {
        words: Words {
            code: "UNREACHABLE".to_owned(),
            message: error.message(),
            in_doubt: error.sent == Sent::Maybe,
        },
        asked: None,
    }
}
