//! A dry run: the exact requests, with masks where the credential would go. Nothing is sent, nothing is written.

use serde_json::{Map, Value, json};
use tenon_connector::auth::Slot;
use tenon_connector::{Body, Content, Part, Plan};

/// What stands in place of a secret.
const MASK: &str = "***";

/// One planned request, for people.
pub(super) fn show(plan: &Plan) -> Value {
    let mut headers: Map<String, Value> = plan
        .headers
        .iter()
        .map(|(name, value)| (name.clone(), json!(value)))
        .collect();
    let mut url = plan.url.clone();
    for slot in &plan.placement.slots {
        match slot {
            Slot::Bearer(_) => insert(&mut headers, "authorization", format!("Bearer {MASK}")),
            Slot::Basic { .. } => insert(&mut headers, "authorization", format!("Basic {MASK}")),
            Slot::Header(name, _) => insert(&mut headers, name, MASK.to_owned()),
            Slot::Query(name, _) => {
                url.query_pairs_mut().append_pair(name, MASK);
            }
            Slot::Oauth1(_) => insert(&mut headers, "authorization", format!("OAuth {MASK}")),
            // Of token requests alone, and those are not shown.
            Slot::Body(..) | Slot::PathEnd(_) | Slot::Assertion(_) => {}
        }
    }
    if let Some(kind) = content_type(&plan.body).filter(|_| !headers.contains_key("content-type")) {
        insert(&mut headers, "content-type", kind);
    }
    json!({
        "step": plan.step, "method": plan.method.as_str(), "url": url.as_str(), "headers": headers,
        "body": body(&plan.body), "effect": plan.effect.as_str(), "idempotent": plan.idempotent,
    })
}

/// A step that cannot be planned before an earlier one was answered.
pub(super) fn waiting(step: &str) -> Value {
    json!({"step": step, "waits": "It uses the answer of an earlier step, so its request is not known yet."})
}

fn insert(headers: &mut Map<String, Value>, name: &str, value: String) {
    headers.insert(name.to_owned(), Value::String(value));
}

fn content_type(body: &Body) -> Option<String> {
    match body {
        Body::Empty => None,
        Body::Json(_) => Some("application/json".to_owned()),
        Body::Form(_) => Some("application/x-www-form-urlencoded".to_owned()),
        Body::Multipart(_) => Some("multipart/form-data".to_owned()),
        Body::Related { .. } => Some("multipart/related".to_owned()),
        Body::Raw { content_type, .. } => Some(content_type.clone()),
    }
}

fn body(body: &Body) -> Value {
    match body {
        Body::Empty => Value::Null,
        Body::Json(value) => value.clone(),
        Body::Form(pairs) => json!(
            pairs
                .iter()
                .map(|(name, value)| json!([name, value]))
                .collect::<Vec<_>>()
        ),
        Body::Multipart(parts) => json!(parts.iter().map(part).collect::<Vec<_>>()),
        Body::Related { json, file } => json!([json, part(file)]),
        Body::Raw { content, .. } => match content {
            Content::Inline(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => json!(text),
                Err(_binary) => json!({"bytes": bytes.len()}),
            },
            Content::Stored(id) => json!({"file": id}),
        },
    }
}

/// A part without its content.
fn part(part: &Part) -> Value {
    let mut shown = json!({
        "name": part.name, "filename": part.filename, "content_type": part.content_type,
    });
    let (key, value) = match &part.content {
        Content::Inline(bytes) => ("bytes", json!(bytes.len())),
        Content::Stored(id) => ("file", json!(id)),
    };
    if let Some(map) = shown.as_object_mut() {
        map.insert(key.to_owned(), value);
    }
    shown
}
