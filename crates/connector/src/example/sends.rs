//! The request of an example: the planned one and the written one in the same words, compared.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use indexmap::IndexMap;
use serde_json::{Value, json};

use super::same;
use crate::action::Action;
use crate::connector::{Connector, Facts};
use crate::document::SendsDoc;
use crate::file;
use crate::plan::{Body, Content, Part, Plan};
use crate::request::{Request, flatten_query};

/// Says where a planned request is not the one that the example says.
pub(super) fn check(
    connector: &Connector,
    action: &Action,
    plan: &Plan,
    facts: &Facts,
    sends: &SendsDoc,
) -> Result<(), String> {
    let mut steps = action.steps.iter();
    let request = steps.find(|step| step.name == plan.step);
    let request = request.map(|step| &step.request);
    let fixed = request.and_then(Request::fixed_path);
    let base = match request.is_some_and(Request::is_below_base) {
        true => connector.base_path(),
        false => String::new(),
    };
    check_host(connector, plan, facts)?;
    let path = sends
        .path
        .clone()
        .or(fixed)
        .ok_or("`sends` needs `path`: the action's path has a reference")?;
    same(
        "method",
        plan.method.as_str(),
        sends.method.as_deref().unwrap_or(plan.method.as_str()),
    )?;
    same("path", plan.url.path(), &format!("{base}{path}"))?;
    same("query", &planned_query(plan), &written_query(&sends.query))?;
    same(
        "headers",
        &planned_headers(connector, plan),
        &written_headers(&sends.headers),
    )?;
    check_body(plan, sends)
}

fn check_host(connector: &Connector, plan: &Plan, facts: &Facts) -> Result<(), String> {
    let hosts = connector.host_set(&facts.connection);
    match hosts.map_err(|error| error.to_string())?.allows(&plan.url) {
        true => Ok(()),
        false => Err(format!(
            "the request goes to {}, which is not one of the connector's `hosts`",
            plan.url.host_str().unwrap_or_default()
        )),
    }
}

fn check_body(plan: &Plan, sends: &SendsDoc) -> Result<(), String> {
    same("body", &planned_body(&plan.body)?, &written_body(sends)?)
}

/// A body as an example writes it.
fn planned_body(body: &Body) -> Result<Value, String> {
    Ok(match body {
        Body::Empty => Value::Null,
        Body::Json(value) => json!({"json": value}),
        Body::Form(pairs) => json!({"form": pairs}),
        Body::Multipart(parts) => {
            let parts = parts
                .iter()
                .map(|part| Ok(json!([part.name, planned_part(part)?])));
            json!({"multipart": parts.collect::<Result<Vec<_>, String>>()?})
        }
        Body::Related { json, file } => {
            json!({"related": {"json": json, "file": planned_part(file)?}})
        }
        Body::Raw { content, .. } => match text_or_base64(content)? {
            ("text", text) => json!({"text": text}),
            (_, encoded) => json!({"base64": encoded}),
        },
    })
}

fn planned_part(part: &Part) -> Result<Value, String> {
    let (key, content) = text_or_base64(&part.content)?;
    let Some(filename) = &part.filename else {
        return Ok(Value::String(content));
    };
    let kind = part.content_type.as_deref().unwrap_or(file::UNTYPED);
    Ok(json!({"filename": filename, "content_type": kind, key: content}))
}

/// Content as an example writes it: as text where it is text.
fn text_or_base64(content: &Content) -> Result<(&'static str, String), String> {
    let Content::Inline(bytes) = content else {
        return Err(
            "an example gives a file as `base64`: a stored one has no content here".to_owned(),
        );
    };
    Ok(match std::str::from_utf8(bytes) {
        Ok(text) => ("text", text.to_owned()),
        Err(_not_text) => ("base64", BASE64.encode(bytes)),
    })
}

fn written_body(sends: &SendsDoc) -> Result<Value, String> {
    let pairs = |form: &IndexMap<String, String>| json!(form.iter().collect::<Vec<_>>());
    let bodies = [
        ("json", sends.json.clone()),
        ("form", sends.form.as_ref().map(pairs)),
        ("multipart", sends.multipart.as_ref().map(written_parts)),
        (
            "related",
            sends.related.as_ref().map(|related| json!(related)),
        ),
        ("text", sends.text.as_ref().map(|text| json!(text))),
    ];
    let mut bodies = bodies
        .into_iter()
        .filter_map(|(key, body)| Some((key, body?)));
    match (bodies.next(), bodies.next()) {
        (None, _) => Ok(Value::Null),
        (Some((key, body)), None) => Ok(json!({key: body})),
        _ => Err(
            "`sends` has at most one of `json`, `form`, `multipart`, `related` and `text`"
                .to_owned(),
        ),
    }
}

/// A list repeats its name.
fn written_parts(parts: &IndexMap<String, Value>) -> Value {
    let parts = parts.iter().flat_map(|(name, value)| match value {
        Value::Array(items) => items.iter().map(|item| json!([name, item])).collect(),
        value => vec![json!([name, value])],
    });
    parts.collect()
}

fn planned_query(plan: &Plan) -> Vec<(String, String)> {
    plan.url
        .query_pairs()
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

fn written_query(query: &IndexMap<String, Value>) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    query
        .iter()
        .for_each(|(name, value)| flatten_query(name, value, &mut pairs));
    pairs
}

fn planned_headers(connector: &Connector, plan: &Plan) -> Vec<(String, String)> {
    let common = |(name, value): &&(String, String)| {
        connector
            .headers
            .iter()
            .any(|(key, text)| key.eq_ignore_ascii_case(name) && text == value)
    };
    plan.headers
        .iter()
        .filter(|header| !common(header))
        .cloned()
        .collect()
}

fn written_headers(headers: &IndexMap<String, String>) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value.clone()))
        .collect()
}
