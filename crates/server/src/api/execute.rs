//! Running an action: from the request's headers and query to the engine's request, and from its reply to the answer.

use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tenon_engine::access::AccountCaller;
use tenon_engine::connections::Choice;
use tenon_engine::error::{Error, Outcomes};
use tenon_engine::execute::{
    Answered, DEFAULT_MAX_WAIT, DEFAULT_TIMEOUT, Done, ExecuteRequest, Reply,
};
use tenon_engine::model::{ExecutionId, RequestId, Source};

use super::answer::{json, mark_execution};
use super::body::Given;
use super::error::{Failure, RATE_LIMIT, show_quota};
use super::executions::words;
use super::extract::{ByAccount, CallId, Left, Path, Query};
use super::preference::Preferences;
use super::switch::Switch;
use crate::app::App;

/// Says that the answer is an earlier call's.
pub(super) const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// How an action is run.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(super) struct ExecuteQuery {
    /// Show the exact requests, secrets masked, and send nothing.
    // Whoever misspells it must not find out by what was sent.
    #[serde(default, alias = "dryRun", alias = "dryrun", alias = "dry-run")]
    dry_run: Switch,
    /// The deadline of the whole execution in milliseconds: 1 to 300000, 30000 where nobody says.
    #[schemars(range(min = 1, max = 300_000))]
    timeout_ms: Option<u64>,
    /// How long the call may wait for its turn at the application, in milliseconds within that deadline: 0 to 300000, 10000
    /// where nobody says. Where that is too short it is refused with 429, and nothing was sent.
    #[schemars(range(max = 300_000))]
    max_wait_ms: Option<u64>,
    /// Only these parts of `data`, as dotted paths with commas between them.
    fields: Option<String>,
    /// Which connection, where the account has several.
    connection_id: Option<String>,
    /// Which way to authenticate, where the account has several connections.
    auth_type: Option<String>,
}

/// The answer of an action.
#[derive(JsonSchema)]
#[schemars(rename = "ExecuteAnswer")]
#[expect(dead_code, reason = "describes `Answered` in the OpenAPI document")]
pub(super) struct AnsweredShape {
    /// The application's body.
    data: Value,
    /// `Success` or `Failed`.
    node_status: String,
    /// The application's status.
    http_status: u16,
    /// Whether the application did it.
    success: bool,
    /// The execution.
    execution_id: String,
    /// What the application refused.
    error: Option<Value>,
    /// The parameters that give the next page.
    next: Option<Value>,
}

/// The answer of an execution that runs on.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Accepted {
    #[schemars(with = "String")]
    execution_id: ExecutionId,
    /// `running`
    status: &'static str,
    /// Where to ask for the end.
    status_url: String,
}

/// `POST /api/v2/integration-schema/{slug}/actions/{action_id}/execute`
pub(super) async fn execute(
    State(app): State<App>,
    Left(caller): ByAccount,
    Left(call): CallId,
    Path((slug, action)): Path<(String, String)>,
    Query(query): Query<ExecuteQuery>,
    headers: HeaderMap,
    Given(body): Given<Value>,
) -> Result<Response, Failure> {
    let request = ExecuteRequest::new(slug, action, body);
    run(&app, &caller, request, query, &headers, (Source::Api, call)).await
}

/// Runs an action for whichever door.
pub(super) async fn run(
    app: &App,
    caller: &AccountCaller,
    request: ExecuteRequest,
    query: ExecuteQuery,
    headers: &HeaderMap,
    (source, request_id): (Source, RequestId),
) -> Result<Response, Failure> {
    let preferences = Preferences::read(headers);
    let mirror = preferences.mirror.unwrap_or(app.settings.mirror_status);
    let request = ExecuteRequest {
        choice: Choice {
            connection: choose(headers, "connection_id", query.connection_id)?,
            auth: choose(headers, "auth_type", query.auth_type)?,
        },
        idempotency_key: idempotency_key(headers)?,
        dry_run: query.dry_run.0 || Switch::of_header(headers, "x-dry-run")?.0,
        timeout: query
            .timeout_ms
            .map_or(DEFAULT_TIMEOUT, Duration::from_millis),
        max_wait: query
            .max_wait_ms
            .map_or(DEFAULT_MAX_WAIT, Duration::from_millis),
        fields: query.fields.as_deref().map(words).unwrap_or_default(),
        asynchronous: preferences.respond_async,
        source,
        request_id,
        ..request
    };
    // Boxed, because the whole execution is in this future.
    let (reply, left) = Box::pin(app.engine.execute_counted(caller, request)).await;
    let mut response = match reply {
        Ok(reply) => show_reply(app, reply, mirror),
        Err(error) => Failure::from(error).into_response(),
    };
    // The quota of an application that refused the call says more to the caller than our own.
    if let Some(left) = left.filter(|_| !response.headers().contains_key(RATE_LIMIT)) {
        show_quota(response.headers_mut(), &left.quota, Some(left.reset_ms));
    }
    Ok(response)
}

fn show_reply(app: &App, reply: Reply, mirror: bool) -> Response {
    match reply {
        Reply::Done(done) => show(done, mirror),
        Reply::Replayed(done) => {
            let mut response = show(done, mirror);
            let yes = HeaderValue::from_static("true");
            response.headers_mut().insert(REPLAYED, yes);
            response
        }
        Reply::Accepted(id) => accepted(app, id),
        Reply::DryRun(plan) => json(StatusCode::OK, &plan),
    }
}

fn show(done: Done, mirror: bool) -> Response {
    match done {
        Ok(answered) => show_answer(&answered, mirror),
        Err(error) => Failure::from(error).into_response(),
    }
}

fn show_answer(answered: &Answered, mirror: bool) -> Response {
    let status = match answered.http_status {
        400..=499 if mirror => StatusCode::from_u16(answered.http_status).unwrap_or_default(),
        500.. if mirror => StatusCode::BAD_GATEWAY,
        _ => StatusCode::OK,
    };
    let mut response = json(status, answered);
    let (id, end) = (&answered.execution_id, answered.node_status);
    mark_execution(response.headers_mut(), id, Some(end));
    let wait = answered
        .error
        .as_ref()
        .and_then(|error| error.retry_after_ms);
    if let Some(milliseconds) = wait.filter(|_| status != StatusCode::OK) {
        // Who reads the application's status looks for its companion too.
        let seconds = milliseconds.div_ceil(1000).into();
        response.headers_mut().insert(RETRY_AFTER, seconds);
    }
    response
}

fn accepted(app: &App, execution_id: ExecutionId) -> Response {
    let base = app.settings.public_url.as_deref().unwrap_or_default();
    let base = base.trim_end_matches('/');
    let body = Accepted {
        status: "running",
        status_url: format!("{base}/api/v2/public/action-execution/{execution_id}"),
        execution_id,
    };
    let mut response = json(StatusCode::ACCEPTED, &body);
    let headers = response.headers_mut();
    mark_execution(headers, &body.execution_id, None);
    headers.insert(
        HeaderName::from_static("preference-applied"),
        HeaderValue::from_static("respond-async"),
    );
    response
}

/// A choice that may stand in a header or in the query, but not as two different ones.
pub(super) fn choose(
    headers: &HeaderMap,
    name: &str,
    query: Option<String>,
) -> Outcomes<Option<String>> {
    match (one(headers, name)?, query) {
        (Some(header), Some(query)) if header != query => {
            let message = format!("{name} says one thing in the header and another in the query");
            Err(Error::invalid(name, "conflict", message))
        }
        (header, query) => Ok(header.or(query).filter(|text| !text.is_empty())),
    }
}

/// The key, as a plain text or as a quoted one (the form of the IETF draft).
fn idempotency_key(headers: &HeaderMap) -> Outcomes<Option<String>> {
    let Some(text) = one(headers, "idempotency-key")? else {
        return Ok(None);
    };
    let quoted = text
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    Ok(Some(quoted.map_or(text.clone(), unescape)))
}

fn unescape(quoted: &str) -> String {
    quoted.replace("\\\"", "\"").replace("\\\\", "\\")
}

/// A header that may come once.
fn one(headers: &HeaderMap, name: &str) -> Outcomes<Option<String>> {
    let invalid = |reason: &str| {
        let message = format!("The header `{name}` {reason}");
        Error::invalid(name, "format", message)
    };
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(_), Some(_)) => Err(invalid("came more than once")),
        (Some(value), None) => match value.to_str() {
            Ok(text) => Ok(Some(text.to_owned())),
            Err(_not_ascii) => Err(invalid("must be printable ASCII")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idempotency_key_may_be_quoted() {
        for (given, wanted) in [
            ("k-1", "k-1"),
            (r#""k-1""#, "k-1"),
            (r#""a\"b\\c""#, r#"a"b\c"#),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("idempotency-key", given.parse().unwrap());
            assert_eq!(idempotency_key(&headers).unwrap().as_deref(), Some(wanted));
        }
    }

    #[test]
    fn a_mirrored_answer_says_how_long_to_wait() {
        let answered: Answered = serde_json::from_value(serde_json::json!({
            "data": null, "node_status": "Failed", "http_status": 429, "success": false,
            "execution_id": ExecutionId::generate(),
            "error": {
                "origin": "application", "code": "RATE_LIMIT", "message": "Too many", "retryable": true,
                "retry_after_ms": 1500,
            },
        }))
        .unwrap();
        let mirrored = show_answer(&answered, true);
        assert_eq!(mirrored.status(), 429);
        assert_eq!(mirrored.headers().get(RETRY_AFTER).unwrap(), "2");
        let plain = show_answer(&answered, false);
        assert_eq!(plain.status(), 200);
        assert_eq!(plain.headers().get(RETRY_AFTER), None);
    }

    #[test]
    fn two_choices_of_a_connection_must_agree() {
        let mut headers = HeaderMap::new();
        headers.insert("connection_id", "conn_a".parse().unwrap());
        let choose = |query: &str| choose(&headers, "connection_id", Some(query.to_owned()));
        assert_eq!(choose("conn_a").unwrap().as_deref(), Some("conn_a"));
        assert!(choose("conn_b").is_err());
    }
}
