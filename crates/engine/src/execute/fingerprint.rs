//! Hashes of what was asked and of what is sent. Equal requests have equal hashes, however their keys are ordered.

use serde_json::{Value, json};
use tenon_connector::{Body, Plan};
use tenon_vault::digest::{hex, sha256};

use crate::connections::Choice;
use crate::model::RequestRecord;

/// A JSON value as text with its keys in order.
fn canonical(value: &Value, text: &mut String) {
    match value {
        Value::Object(map) => {
            let mut members: Vec<_> = map.iter().collect();
            members.sort_by_key(|(name, _)| *name);
            text.push('{');
            for (name, value) in members {
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push(':');
                canonical(value, text);
                text.push(',');
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for item in items {
                canonical(item, text);
                text.push(',');
            }
            text.push(']');
        }
        scalar => text.push_str(&scalar.to_string()),
    }
}

/// The hash of what a caller asked for. It is kept as long as an idempotency key, and so outlives this program.
pub(super) fn of_request(body: &Value, choice: &Choice) -> String {
    let mut text = String::new();
    canonical(&json!([choice.connection, choice.auth]), &mut text);
    canonical(body, &mut text);
    hex(&sha256(&[text.as_bytes()]))
}

/// What the journal says of a planned request.
pub(super) fn of_plan(plan: &Plan, idempotency_key: String) -> RequestRecord {
    let mut headers = plan.headers.clone();
    headers.sort();
    let headers: String = headers
        .iter()
        .map(|(name, value)| format!("{name}:{value}\n"))
        .collect();
    let body = body_text(&plan.body);
    let text = [plan.method.as_str(), plan.url.as_str(), &headers, &body].join("\0");
    RequestRecord {
        method: plan.method.as_str().to_owned(),
        host: plan.url.host_str().unwrap_or_default().to_owned(),
        path: plan.url.path().to_owned(),
        sha256: hex(&sha256(&[text.as_bytes()])),
        idempotency_key,
    }
}

fn body_text(body: &Body) -> String {
    match body {
        Body::Empty => String::new(),
        Body::Json(value) => {
            let mut text = "json".to_owned();
            canonical(value, &mut text);
            text
        }
        Body::Form(pairs) => format!("form{pairs:?}"),
        Body::Multipart(parts) => format!("multipart{parts:?}"),
        Body::Related { json, file } => {
            let mut text = format!("related{file:?}");
            canonical(json, &mut text);
            text
        }
        Body::Raw {
            content_type,
            content,
        } => format!("{content_type}\0{content:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_keys_does_not_matter_and_values_do() {
        let by_id = |id: &str| Choice {
            connection: Some(id.to_owned()),
            auth: None,
        };
        let hash = |value: Value| of_request(&value, &by_id("conn_1"));
        assert_eq!(
            hash(json!({"a": 1, "b": [{"c": 2, "d": 3}]})),
            hash(json!({"b": [{"d": 3, "c": 2}], "a": 1}))
        );
        assert_ne!(hash(json!({"a": 1})), hash(json!({"a": "1"})));
        assert_ne!(
            of_request(&json!({}), &by_id("conn_1")),
            of_request(&json!({}), &by_id("conn_2"))
        );
    }
}
