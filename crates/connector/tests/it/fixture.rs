//! A small connector to bend and break.

use serde_json::{Map, Value};
use tenon_connector::{Action, Bundle, Connector, Facts, Plan, PlanError, Problem};

pub(crate) const CONNECTOR: &str = r#"
name: Acme
description: A shop.
base_url: "{{ connection.instance_url }}/api"
connection:
  instance_url: { label: Instance URL, hosts: ["*.acme.test"], example: "https://shop.acme.test" }
headers: { Accept: application/json }
auth:
  token:
    type: keybased
    label: Token
    fields: { api_token: { label: API token } }
    send: { headers: { X-Api-Token: "{{ api_token }}" } }
errors:
  - { when: "body.ok == false", kind: failed, code: "{{ body.error }}", message: "{{ body.error }}" }
"#;

pub(crate) fn bundle(connector: &str, actions: &[(&str, &str)]) -> Bundle {
    let mut files = vec![("connector.yaml".to_owned(), connector.to_owned())];
    files.extend(
        actions
            .iter()
            .map(|(id, text)| (format!("actions/{id}.yaml"), (*text).to_owned())),
    );
    Bundle {
        slug: "acme".to_owned(),
        files: files.into_iter().collect(),
        proven: false,
    }
}

pub(crate) fn connector(actions: &[(&str, &str)]) -> Connector {
    bundle(CONNECTOR, actions)
        .compile()
        .unwrap_or_else(|problems| panic!("{}", lines(&problems).join("\n")))
}

pub(crate) fn problems(connector: &str, actions: &[(&str, &str)]) -> Vec<String> {
    bundle(connector, actions)
        .compile()
        .err()
        .map(|problems| lines(&problems))
        .unwrap_or_default()
}

fn lines(problems: &[Problem]) -> Vec<String> {
    problems.iter().map(ToString::to_string).collect()
}

pub(crate) fn facts(connector: &Connector) -> Facts {
    let connection = connector
        .facts
        .iter()
        .map(|(name, fact)| (name.clone(), fact.example.clone()))
        .collect();
    Facts {
        connection,
        idempotency_key: "key-1".to_owned(),
    }
}

pub(crate) fn plan(
    connector: &Connector,
    action: &Action,
    params: &Map<String, Value>,
) -> Result<Plan, PlanError> {
    let (_, way) = connector.default_way().unwrap();
    let answers = Value::Object(Map::new());
    action
        .plan(0, connector, way, params, &facts(connector), &answers)
        .map(|plan| plan.unwrap())
}

/// One action with one request, planned for these parameters; or why it cannot be.
pub(crate) fn planned(action: &str, params: Value) -> Result<Plan, String> {
    let connector = connector(&[("act", action)]);
    let action = connector.action("act").unwrap();
    admitted(&connector, action, params)
}

/// The plan of an action for parameters that are checked first.
pub(crate) fn admitted(
    connector: &Connector,
    action: &Action,
    params: Value,
) -> Result<Plan, String> {
    let params = action
        .admit(params)
        .map_err(|errors| format!("{errors:?}"))?;
    plan(connector, action, &params).map_err(|error| error.to_string())
}
