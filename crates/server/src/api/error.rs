//! The one place where an engine's error becomes an HTTP answer.
//!
//! A handler's error travels in the response's extensions to the outermost layer, which knows the request's id; there
//! it becomes the envelope that every error of the API has, and one line in the log.

use std::error::Error as _;
use std::sync::Arc;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use schemars::JsonSchema;
use serde::Serialize;
use tenon_connector::FieldError;
use tenon_engine::error::{Code, Error, Quota};
use tenon_engine::model::RequestId;

use super::answer;

/// How many calls fit in which window.
pub(super) const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// How many are left, and until when.
pub(super) const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// An engine's error on its way out.
#[derive(Debug, Clone)]
pub(super) struct Failure(Arc<Error>);

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self(Arc::new(error))
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = status(self.0.code).into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// The body of every error: a superset of the envelopes that the compatible API documents.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Error")]
pub(super) struct Envelope<'a> {
    /// The HTTP status.
    status_code: u16,
    /// The HTTP status as a word.
    http_error_type: &'static str,
    /// The code, in the vendor's word where it has one.
    error_code: &'static str,
    /// The same as `error_code`.
    error: &'static str,
    /// The precise code.
    code: &'static str,
    /// A sentence for people.
    message: &'a str,
    /// The call's id, also in the header `x-request-id`.
    request_id: &'a str,
    /// Every parameter that is wrong.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schemars(with = "Option<Vec<WrongParameter>>")]
    errors: &'a [FieldError],
    /// Whose fault it is: caller, credential, policy, gateway, application or network.
    origin: &'static str,
    /// Whether the same call may be made again without harm.
    retryable: bool,
    /// How long to wait first, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
    /// Where the code is explained.
    docs: String,
    /// The execution that ended like this, if one had begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    execution_id: Option<&'a str>,
    /// What is known of the execution's end: `Failed`, `Timed_Out` or `Unknown`.
    #[serde(skip_serializing_if = "Option::is_none")]
    node_status: Option<&'static str>,
    /// What is known about the application's side: `not_sent`, `failed` or `unknown`.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
}

/// What is wrong with one parameter.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "describes `FieldError` in the OpenAPI document")]
struct WrongParameter {
    /// The parameter, with the way into it.
    param: String,
    /// Which rule it breaks, such as `required` or `type`.
    code: String,
    /// A sentence for people.
    message: String,
}

impl Failure {
    /// The code, for the metrics.
    pub(super) fn code(&self) -> Code {
        self.0.code
    }

    /// Writes the envelope into the response, and one line into the log.
    pub(super) fn write(&self, response: &mut Response, request: &RequestId, problem_json: bool) {
        self.log(request);
        let error = &self.0;
        let body = serde_json::to_vec(&self.envelope(request)).unwrap_or_default();
        *response.body_mut() = Body::from(body);
        let kind = if problem_json {
            "application/problem+json"
        } else {
            "application/json"
        };
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        if let Some(milliseconds) = error.retry_after_ms {
            headers.insert(RETRY_AFTER, milliseconds.div_ceil(1000).into());
        }
        if let Some(quota) = &error.quota {
            show_quota(headers, quota, error.retry_after_ms);
        }
        if let Some(ended) = &error.execution {
            answer::mark_execution(headers, &ended.id, Some(ended.node_status));
        }
    }

    /// The same error as a value, for an execution's record.
    pub(super) fn to_value(&self, request: &RequestId) -> serde_json::Value {
        serde_json::to_value(self.envelope(request)).unwrap_or_default()
    }

    fn envelope<'a>(&'a self, request: &'a RequestId) -> Envelope<'a> {
        let error = &self.0;
        let entry = error.code.entry();
        let word = entry.legacy.unwrap_or(entry.word);
        let ended = error.execution.as_ref();
        Envelope {
            status_code: entry.status,
            http_error_type: http_error_type(entry.status),
            error_code: word,
            error: word,
            code: entry.word,
            message: &error.message,
            request_id: request.as_str(),
            errors: &error.errors,
            origin: entry.origin.as_str(),
            retryable: error.retryable,
            retry_after_ms: error.retry_after_ms,
            docs: format!("/docs/errors#{}", entry.word),
            execution_id: ended.map(|ended| ended.id.as_str()),
            node_status: ended.map(|ended| ended.node_status.as_str()),
            outcome: error.outcome().map(|outcome| outcome.as_str()),
        }
    }

    fn log(&self, request: &RequestId) {
        let (code, causes) = (self.0.code.as_str(), causes(&self.0));
        match self.0.code {
            Code::Internal | Code::Unavailable | Code::LogUnavailable => {
                tracing::error!(%request, code, causes, "a request failed");
            }
            _ => tracing::debug!(%request, code, causes, "a request was refused"),
        }
    }
}

/// The quota that is used up, in the headers of the IETF's draft (draft-ietf-httpapi-ratelimit-headers).
pub(super) fn show_quota(headers: &mut HeaderMap, quota: &Quota, retry_after_ms: Option<u64>) {
    let (name, wait) = (&quota.name, retry_after_ms.unwrap_or(0).div_ceil(1000));
    let policy = format!("\"{name}\";q={};w={}", quota.limit, quota.window_seconds);
    let state = format!("\"{name}\";r={};t={wait}", quota.remaining);
    for (header, text) in [(RATE_LIMIT_POLICY, policy), (RATE_LIMIT, state)] {
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(header, value);
        }
    }
}

fn status(code: Code) -> StatusCode {
    StatusCode::from_u16(code.entry().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// The chain of sources, outermost first.
fn causes(error: &Error) -> String {
    let mut words = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        words.push(cause.to_string());
        next = cause.source();
    }
    words.join(": ")
}

/// The vendor's words, and the same manner for statuses that its documents do not show.
fn http_error_type(status: u16) -> &'static str {
    match status {
        400 => "BAD_REQUEST",
        401 => "UNAUTHORIZED",
        403 => "FORBIDDEN",
        404 => "NOT_FOUND",
        405 => "METHOD_NOT_ALLOWED",
        409 => "CONFLICT",
        413 => "PAYLOAD_TOO_LARGE",
        414 => "URI_TOO_LONG",
        415 => "UNSUPPORTED_MEDIA_TYPE",
        422 => "UNPROCESSABLE_ENTITY",
        431 => "REQUEST_HEADER_FIELDS_TOO_LARGE",
        429 => "TOO_MANY_REQUESTS",
        501 => "NOT_IMPLEMENTED",
        502 | 504 => "EXTERNAL_API_ERROR",
        503 => "SERVICE_UNAVAILABLE",
        _ => "INTERNAL_SERVER_ERROR",
    }
}
