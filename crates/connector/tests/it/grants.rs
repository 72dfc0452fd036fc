//! How tokens are granted, renewed and revoked: the exact addresses and requests, what a connector's author is told, and
//! what tokens are sealed for.

mod authors;
mod consent;
mod requests;
mod trust;
mod vendors;

use tenon_connector::grant::Grant;
use tenon_connector::{Body, Connector, Plan, Way};

use crate::fixture::{bundle, problems};

/// What stands before and behind a grant in these tests.
const AROUND: [&str; 2] = [
    r#"
name: Acme
description: A shop.
base_url: "{{ connection.instance_url }}/api"
connection:
  instance_url: { label: Instance URL, hosts: ["*.acme.test"], example: "https://shop.acme.test" }
  region: { label: Region, choices: [eu, us], default: eu, example: us }
auth:
  oauth2:
    type: oauth2
    label: Account
    fields: { private_key: { label: Key, optional: true }, client_email: { label: E-mail, optional: true } }
    send: { bearer: "{{ access_token }}" }
    grant: "#,
    "\n",
];

/// A usual grant.
const CODE: &str = "{ flow: authorization_code, authorize_url: https://acme.test/authorize, token_url: https://acme.test/token }";

const ACTION: &str = "name: Act\ndescription: Acts.\nrequest: { get: /x }\n";

/// A connector with this grant.
fn document(grant: &str) -> String {
    AROUND.join(grant)
}

fn granting(grant: &str) -> Connector {
    let compiled = bundle(&document(grant), &[("act", ACTION)]).compile();
    compiled.unwrap_or_else(|problems| panic!("{problems:#?}"))
}

/// The one thing that is wrong with a grant.
fn wrong(grant: &str) -> String {
    let mut found = problems(&document(grant), &[("act", ACTION)]);
    assert_eq!(found.len(), 1, "{found:#?}");
    found.remove(0)
}

/// A grant with one more key.
fn with(grant: &str, more: &str) -> String {
    grant.replace(" }", &format!(", {more} }}"))
}

fn way(connector: &Connector) -> (&Way, &Grant) {
    let (_, way) = connector.default_way().unwrap();
    (way, way.grant.as_ref().unwrap())
}

/// A request in words: where it goes, what stands in it, and which places are left for what.
fn shown(plan: &Plan) -> String {
    let body = match &plan.body {
        Body::Empty => String::new(),
        Body::Form(pairs) => {
            let pairs = pairs.iter().map(|(name, value)| format!("{name}={value}"));
            format!(" form {}", pairs.collect::<Vec<_>>().join("&"))
        }
        Body::Json(value) => format!(" json {value}"),
        other => panic!("{other:?}"),
    };
    let slots = serde_json::to_string(&plan.placement.slots).unwrap();
    format!("{} {}{body} + {slots}", plan.method.as_str(), plan.url)
}
