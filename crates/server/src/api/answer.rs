//! Answers: JSON bodies, and the headers that every answer carries.

use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use tenon_engine::error::Error;
use tenon_engine::model::{ExecutionId, NodeStatus, RequestId};

use super::error::Failure;

/// The call's id.
pub(super) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The execution's id.
pub(super) const X_EXECUTION_ID: HeaderName = HeaderName::from_static("x-execution-id");
/// The end of the execution, for callers who only read headers.
pub(super) const X_NODE_STATUS: HeaderName = HeaderName::from_static("x-node-status");

/// What a handler gives back: an answer, or an error on its way to the envelope.
pub(super) type Answer<T> = Result<Json<T>, Failure>;

/// A JSON answer with status 200.
pub(super) struct Json<T>(pub(super) T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        json(StatusCode::OK, &self.0)
    }
}

/// A JSON answer.
pub(super) fn json<T: Serialize>(status: StatusCode, body: &T) -> Response {
    match serde_json::to_vec(body) {
        Ok(bytes) => {
            let kind = HeaderValue::from_static("application/json");
            (status, [(CONTENT_TYPE, kind)], Body::from(bytes)).into_response()
        }
        Err(error) => Failure::from(Error::internal(error)).into_response(),
    }
}

/// Names an execution in the headers.
pub(super) fn mark_execution(headers: &mut HeaderMap, id: &ExecutionId, end: Option<NodeStatus>) {
    // Ids are letters, digits and an underscore, so this cannot fail.
    if let Ok(id) = HeaderValue::from_str(id.as_str()) {
        headers.insert(X_EXECUTION_ID, id);
    }
    if let Some(end) = end {
        headers.insert(X_NODE_STATUS, HeaderValue::from_static(end.as_str()));
    }
}

/// The outermost layer: gives the call its id, turns an error into the envelope, and sets what every answer carries.
pub(super) async fn complete(mut request: Request, next: Next) -> Response {
    let id = RequestId::generate();
    let problem_json = wants_problem_json(request.headers());
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    request.extensions_mut().insert(id.clone());
    let mut response = next.run(request).await;
    let failure = response.extensions_mut().remove::<Failure>();
    if let Some(failure) = &failure {
        failure.write(&mut response, &id, problem_json);
    }
    count(route, response.status(), failure.as_ref());
    set_headers(response.headers_mut(), &id);
    response
}

fn set_headers(headers: &mut HeaderMap, id: &RequestId) {
    if let Ok(id) = HeaderValue::from_str(id.as_str()) {
        headers.insert(X_REQUEST_ID, id);
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

fn wants_problem_json(headers: &HeaderMap) -> bool {
    headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.contains("application/problem+json"))
}

/// Calls that are refused before they become an execution leave no other trace than this.
fn count(route: String, status: StatusCode, failure: Option<&Failure>) {
    let code = failure.map_or("", |failure| failure.code().as_str());
    let labels = [
        ("route", route),
        ("status", status.as_str().to_owned()),
        ("code", code.to_owned()),
    ];
    metrics::counter!("tenon_http_responses_total", &labels).increment(1);
}
