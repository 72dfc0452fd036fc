//! Refusals: what the emulation says where it does not do what is asked, in the application's own shape.

use std::collections::HashMap;

use indexmap::IndexMap;
use serde_json::{Value, json};
use tenon_connector::document::CannedDoc;
use tenon_connector::expr::Scope;
use uuid::Uuid;

use crate::answer::{Answer, Canned};
use crate::faults::Fault;

/// Why something is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Reason {
    /// No credential of a sandbox connection.
    Unauthorized,
    /// No such record or path.
    NotFound,
    /// The request does not make sense.
    Invalid,
    /// Too many requests.
    RateLimited,
    /// The application is broken.
    ServerError,
    /// The path takes other methods.
    MethodNotAllowed,
}

impl Reason {
    const ALL: [Self; 6] = [
        Self::Unauthorized,
        Self::NotFound,
        Self::Invalid,
        Self::RateLimited,
        Self::ServerError,
        Self::MethodNotAllowed,
    ];

    /// Its key in a document.
    fn key(self) -> &'static str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::NotFound => "not_found",
            Self::Invalid => "invalid",
            Self::RateLimited => "rate_limited",
            Self::ServerError => "server_error",
            Self::MethodNotAllowed => "method_not_allowed",
        }
    }

    fn status(self) -> u16 {
        match self {
            Self::Unauthorized => 401,
            Self::NotFound => 404,
            Self::Invalid => 400,
            Self::RateLimited => 429,
            Self::ServerError => 500,
            Self::MethodNotAllowed => 405,
        }
    }
}

/// A reason with a sentence for the caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Refusal {
    /// Why.
    pub(crate) reason: Reason,
    /// What exactly.
    pub(crate) message: String,
}

impl Refusal {
    /// The request does not make sense.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(Reason::Invalid, message)
    }

    /// A refusal.
    pub(crate) fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
        }
    }
}

/// The shapes of an application's refusals.
#[derive(Debug, Default)]
pub(crate) struct Refusals(HashMap<Reason, Canned>);

impl Refusals {
    /// Compiles the shapes; says everything that is wrong with them.
    pub(crate) fn compile(docs: &IndexMap<String, CannedDoc>, problems: &mut Vec<String>) -> Self {
        let mut shapes = HashMap::new();
        for (key, doc) in docs {
            let reason = Reason::ALL.into_iter().find(|reason| reason.key() == key);
            match (reason, Canned::compile(doc)) {
                (Some(reason), Ok(canned)) => {
                    shapes.insert(reason, canned);
                }
                (Some(_), Err(error)) => problems.push(format!("errors.{key}.{error}")),
                (None, _) => {
                    let known = Reason::ALL.map(Reason::key).join(", ");
                    problems.push(format!("errors.{key}: not one of {known}"));
                }
            }
        }
        Self(shapes)
    }

    /// A refusal as the application would put it.
    pub(crate) fn answer(&self, refusal: &Refusal) -> Answer {
        self.answer_after(refusal, None)
    }

    fn answer_after(&self, refusal: &Refusal, wait_seconds: Option<u64>) -> Answer {
        let shape = self.0.get(&refusal.reason);
        let status = shape.map_or(refusal.reason.status(), |shape| shape.status);
        let wait_ms = wait_seconds.map(|seconds| json!(seconds.saturating_mul(1000)));
        let names = [
            ("status", json!(status)),
            ("message", json!(refusal.message)),
            ("id", Value::String(Uuid::now_v7().to_string())),
            ("retry_after_ms", wait_ms.unwrap_or(Value::Null)),
        ];
        let scope = Scope::new(names.iter().map(|(name, value)| (*name, value)));
        shape
            .and_then(|shape| shape.render(&scope).ok())
            .unwrap_or_else(|| Answer::message(status, &refusal.message))
    }

    /// What a fault makes the application say; `None` for a fault that is no answer.
    pub(crate) fn of_fault(&self, fault: Fault) -> Option<Answer> {
        let fault_of = |reason| Refusal::new(reason, "the sandbox was told to refuse this");
        match fault {
            Fault::Unauthorized => Some(self.answer(&fault_of(Reason::Unauthorized))),
            Fault::RateLimited {
                retry_after_seconds: wait,
            } => {
                let mut answer = self.answer_after(&fault_of(Reason::RateLimited), Some(wait));
                answer
                    .headers
                    .push(("retry-after".to_owned(), wait.to_string()));
                Some(answer)
            }
            Fault::ServerError { status } => {
                let mut answer = self.answer(&fault_of(Reason::ServerError));
                answer.status = status;
                Some(answer)
            }
            Fault::Slow { .. } | Fault::Drop => None,
        }
    }
}
