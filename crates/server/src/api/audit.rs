//! The audit log's door: what changes something has its line before its handler runs, and no line means no act.
//!
//! It is mechanical: the route says what the act is called and to what it is done, the caller who does it, the
//! connection from where. The answer's status, ids and counts complete the line; texts of bodies never enter it.

use std::borrow::Cow;
use std::net::SocketAddr;

use axum::RequestExt as _;
use axum::body::{Body, HttpBody as _};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http_body_util::BodyExt as _;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};
use tenon_engine::access::{AccountCaller, AdminCaller, TenantCaller};
use tenon_engine::error::Error;
use tenon_engine::model::{Actor, AuditEntry, RequestId, Tenant};

use super::error::Failure;
use super::extract::Managed;
use crate::app::App;

/// The longest answer whose ids and counts are looked for.
const LONGEST_ANSWER: u64 = 64 * 1024;

/// Where a request came from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// What the audit log says of a route.
pub(super) struct Act {
    pub(super) name: Cow<'static, str>,
    pub(super) path: &'static str,
    pub(super) managed: bool,
}

/// Runs the handler between the two halves of its line.
pub(super) async fn audited(
    app: &App,
    act: &Act,
    mut request: Request,
    next: Next,
) -> Result<Response, Failure> {
    let mut entry = begun(app, act, &mut request).await?;
    app.engine.audit(&entry).await?;
    let app = app.clone();
    // The act goes on when its caller hangs up, and so does its line.
    let acting = tokio::spawn(async move {
        let answer = next.run(request).await;
        let (answer, detail) = detailed(answer).await;
        entry.status = Some(answer.status().as_u16());
        entry.detail = detail;
        app.engine.audit_ended(&entry).await;
        answer
    });
    Ok(acting.await.map_err(Error::internal)?)
}

async fn begun(app: &App, act: &Act, request: &mut Request) -> Result<AuditEntry, Failure> {
    let target = target(act.path, request.uri().path());
    let (actor, tenant) = who(act, request, app).await?;
    let extensions = request.extensions();
    let from = extensions.get::<Peer>();
    let from = from.map_or("local".to_owned(), |Peer(address)| address.ip().to_string());
    let call = extensions.get::<RequestId>().cloned();
    let call = call.unwrap_or_else(RequestId::generate);
    let act = (act.name.to_string(), target);
    Ok(app.engine.audit_entry(actor, tenant, act, from, call))
}

async fn who(
    act: &Act,
    request: &mut Request,
    app: &App,
) -> Result<(Actor, Option<Tenant>), Failure> {
    let extensions = request.extensions();
    if let Some(account) = extensions.get::<AccountCaller>() {
        return Ok((account.actor().clone(), Some(account.tenant().clone())));
    }
    if let Some(tenant) = extensions.get::<TenantCaller>() {
        return Ok((tenant.actor().clone(), Some(tenant.tenant().clone())));
    }
    let admin = extensions.get::<AdminCaller>().copied();
    let admin = admin.ok_or_else(|| Error::internal("an act without a caller"))?;
    let tenant = match act.managed {
        true => Some(
            request
                .extract_parts_with_state::<Managed, _>(app)
                .await?
                .tenant,
        ),
        false => None,
    };
    Ok((admin.actor(), tenant))
}

/// What stands in the path where the route has names, in their order.
fn target(pattern: &str, path: &str) -> String {
    let named = pattern
        .split('/')
        .zip(path.split('/'))
        .filter(|(name, _)| name.starts_with('{'));
    let values = named.map(|(_, value)| percent_decode_str(value).decode_utf8_lossy());
    values.collect::<Vec<_>>().join(" ")
}

/// The answer, and what of it the line keeps.
async fn detailed(answer: Response) -> (Response, Value) {
    let short = answer.body().size_hint().upper();
    if short.is_none_or(|length| length > LONGEST_ANSWER) {
        return (answer, Value::Null);
    }
    let (parts, body) = answer.into_parts();
    let bytes = match body.collect().await {
        Ok(whole) => whole.to_bytes(),
        // The client gets what the handler could not finish: nothing.
        Err(_broken) => return (Response::from_parts(parts, Body::empty()), Value::Null),
    };
    let detail = match serde_json::from_slice(&bytes) {
        Ok(Value::Object(members)) => ids_and_counts(members, !parts.status.is_success()),
        _ => Value::Null,
    };
    (Response::from_parts(parts, Body::from(bytes)), detail)
}

/// Members that cannot hold a secret: ids, counts, truths, and the code of a `refused` act's error.
fn ids_and_counts(members: Map<String, Value>, refused: bool) -> Value {
    let harmless = |(name, value): &(String, Value)| match value {
        Value::Number(_) | Value::Bool(_) => true,
        Value::String(_) => {
            (name.ends_with("_id") && name != "request_id") || (refused && name == "code")
        }
        _ => false,
    };
    Value::Object(members.into_iter().filter(harmless).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_line_names_what_stands_in_the_path_and_keeps_no_text_of_a_body() {
        let pattern = "/a/{account}/b/{slug}";
        assert_eq!(target(pattern, "/a/ada%40x/b/acme"), "ada@x acme");
        assert_eq!(target("/a", "/a"), "");
        let body = json!({"api_key": "canary", "api_key_id": "key_1", "removed": 2, "code": "X"});
        let Value::Object(members) = body else { return };
        assert_eq!(
            ids_and_counts(members.clone(), true),
            json!({"api_key_id": "key_1", "removed": 2, "code": "X"})
        );
        // What an answer calls a code may open something.
        assert_eq!(
            ids_and_counts(members, false),
            json!({"api_key_id": "key_1", "removed": 2})
        );
    }
}
