//! Requests: whatever parameters hold, the request stays the one that its document says.

use proptest::prelude::*;
use serde_json::{Value, json};
use tenon_connector::document::Effect;
use tenon_connector::{Body, Method};

use crate::fixture::{connector, facts, planned};

const READ: &str = r"
name: Read
description: Reads.
params:
  id: { type: string, required: true }
  q: {}
  head: { type: object }
request:
  get: /things/{{ id }}/parts
  query: { q: '{{ q }}' }
  headers: { X-Q: '{{ q }}', '...': '{{ head }}' }
";

#[test]
fn values_are_encoded_and_stand_below_the_base_path() {
    let plan = planned(READ, json!({"id": "a/b?c#d e", "q": "x y&z=1"})).unwrap();
    assert_eq!(
        plan.url.as_str(),
        "https://shop.acme.test/api/things/a%2Fb%3Fc%23d%20e/parts?q=x+y%26z%3D1"
    );
    assert_eq!(
        plan.headers,
        [
            ("accept".to_owned(), "application/json".to_owned()),
            ("x-q".to_owned(), "x y&z=1".to_owned())
        ]
    );
    assert_eq!(
        (plan.method, plan.effect, plan.idempotent),
        (Method::Get, Effect::Read, true)
    );
}

#[test]
fn segments_that_would_climb_are_refused() {
    for id in ["..", ".", "%2e%2e", "%2E.", ""] {
        assert!(planned(READ, json!({"id": id})).is_err(), "{id}");
    }
}

#[test]
fn a_line_break_cannot_reach_a_header() {
    for q in ["a\r\nX-Evil: 1", "a\nb", "a\0b"] {
        let error = planned(READ, json!({"id": "1", "q": q}))
            .unwrap_err()
            .to_string();
        assert!(error.contains("X-Q") && !error.contains("Evil"), "{error}");
    }
}

#[test]
fn a_caller_cannot_touch_credentials_framing_or_routing() {
    for name in [
        "Authorization",
        "host",
        "Cookie",
        "Transfer-Encoding",
        "content-length",
        "X-Forwarded-For",
        "Proxy-Authorization",
        "a b",
        "",
    ] {
        assert!(
            planned(READ, json!({"id": "1", "head": {name: "x"}})).is_err(),
            "{name}"
        );
    }
    assert!(planned(READ, json!({"id": "1", "head": {"X-Fine": "x"}})).is_ok());
}

#[test]
fn forms_use_brackets() {
    let action = "name: A\ndescription: A.\nparams: { m: {} }\nrequest: { post: /f, form: { m: '{{ m }}', n: 1 } }\n";
    let plan = planned(action, json!({"m": {"a": [1, {"b": "x"}]}})).unwrap();
    let pairs = [("m[a][0]", "1"), ("m[a][1][b]", "x"), ("n", "1")];
    let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(plan.body, Body::Form(pairs.to_vec()));
}

#[test]
fn the_free_request_stays_with_the_application() {
    let connector = connector(&[]);
    let action = connector.action("httprequest").unwrap();
    let plan = |body: Value| {
        let params = action.admit(body).unwrap();
        crate::fixture::plan(&connector, action, &params)
    };
    let fine = plan(json!({"method": "PATCH", "url_path": "/v1/a b/%C3%A9", "query_params": {"x": [1, 2]}, "body": {"a": 1}})).unwrap();
    assert_eq!(
        fine.url.as_str(),
        "https://shop.acme.test/api/v1/a%20b/%C3%A9?x=1&x=2"
    );
    assert_eq!((fine.effect, fine.idempotent), (Effect::Write, false));
    assert_eq!(
        plan(json!({"method": "GET", "url_path": "/x"}))
            .unwrap()
            .effect,
        Effect::Read
    );
    for path in [
        "/..",
        "/a/../b",
        "//evil.test/x",
        "/a?b=1",
        "/a#b",
        "/\\evil",
        "/%2e%2e/x",
        "/a%2Fb",
        "/a\r\nb",
    ] {
        assert!(
            plan(json!({"method": "GET", "url_path": path})).is_err(),
            "{path}"
        );
    }
}

#[test]
fn a_connection_cannot_name_a_host_that_is_not_the_applications() {
    let connector = connector(&[]);
    let check = |address: &str| {
        connector.check_facts(&[("instance_url".to_owned(), address.to_owned())].into())
    };
    assert!(check("https://eu.acme.test").is_ok());
    for address in [
        "https://acme.test.evil.example",
        "https://evil.example",
        "eu.acme.test",
        "https://u@eu.acme.test",
        "https://eu.acme.test:8443",
        "",
    ] {
        assert!(check(address).is_err(), "{address}");
    }
    assert!(connector.check_facts(&Default::default()).is_err());
}

#[test]
fn the_seal_of_the_same_connector_is_the_same_text_in_every_version_of_the_program() {
    let connector = connector(&[]);
    let (_, way) = connector.default_way().unwrap();
    let trust = connector.trust(way, &facts(&connector).connection).unwrap();
    let kept = r#"shop.acme.test | [{"header":["x-api-token",[{"field":"api_token"}]]}]"#;
    assert_eq!(trust, kept);
}

#[test]
fn the_seal_changes_with_the_hosts_and_with_the_slots() {
    let base = connector(&[]);
    let (_, way) = base.default_way().unwrap();
    let trust = base.trust(way, &facts(&base).connection).unwrap();
    let moved = crate::fixture::CONNECTOR.replace("X-Api-Token", "X-Other");
    let moved = crate::fixture::bundle(&moved, &[]).compile().unwrap();
    let (_, other) = moved.default_way().unwrap();
    assert_ne!(
        trust,
        moved.trust(other, &facts(&moved).connection).unwrap()
    );
    let elsewhere = [("instance_url".to_owned(), "https://eu.acme.test".to_owned())].into();
    assert_ne!(trust, base.trust(way, &elsewhere).unwrap());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_parameter_changes_host_port_or_the_number_of_segments(id in "\\PC{0,40}", q in "\\PC{0,40}") {
        let Ok(plan) = planned(READ, json!({"id": id, "q": q})) else { return Ok(()) };
        prop_assert_eq!(plan.url.host_str(), Some("shop.acme.test"));
        prop_assert_eq!(plan.url.port(), None);
        prop_assert!(plan.url.username().is_empty() && plan.url.fragment().is_none());
        let segments: Vec<_> = plan.url.path_segments().unwrap().collect();
        prop_assert_eq!(segments.len(), 4);
        let decoded = percent_decode(segments[2]);
        prop_assert_eq!(decoded, id);
        let pairs: Vec<_> = plan.url.query_pairs().collect();
        prop_assert_eq!(pairs.len(), 1);
        prop_assert_eq!(pairs[0].1.as_ref(), q.as_str());
    }
}

fn percent_decode(text: &str) -> String {
    // A query decodes what a path encodes, but for the plus sign, which a path segment here always encodes.
    url::form_urlencoded::parse(format!("x={text}").as_bytes())
        .next()
        .unwrap()
        .1
        .into_owned()
}
