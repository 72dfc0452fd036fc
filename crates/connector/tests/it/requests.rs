//! Requests: whatever parameters hold, the request stays the one that its document says.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use tenon_connector::document::Effect;
use tenon_connector::{Body, Connector, Method, Plan};
use tenon_testkit::promise::{kept, scale};

use crate::fixture::{admitted, connector, facts, planned};

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
        let error = planned(READ, json!({"id": "1", "q": q})).unwrap_err();
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
    let plan = |body: Value| admitted(&connector, action, body);
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

#[test]
fn an_empty_segment_is_refused_by_the_documented_schema() {
    let refused = planned(READ, json!({"id": ""})).unwrap_err();
    assert!(refused.contains("minLength"), "{refused}");
    let connector = connector(&[("read", READ)]);
    let schema = &connector.action("read").unwrap().input_schema;
    assert_eq!(schema["properties"]["id"]["minLength"], 1);
    for id in ["a\u{1}b", "%0a", "a\r\nb"] {
        let refused = planned(READ, json!({"id": id})).unwrap_err();
        assert!(refused.contains("part of the address"), "{refused}");
    }
}

/// Addresses in which a parameter stands in every place that there is.
const TEMPLATES: [&str; 4] = [
    "{ get: '/things/{{ a }}', query: { q: '{{ b }}' } }",
    "{ get: '/{{ a }}/x/{{ b }}', query: { q: '{{ c }}', r: 'p-{{ a }}-s' } }",
    "{ post: '/x/v-{{ a }}.json', form: { q: '{{ b }}' } }",
    "{ put: '/x', query: { '{{ literal }}': '{{ a }}', '...': '{{ map }}' } }",
];

fn of_templates() -> Connector {
    let text = |request: &&str| {
        format!(
            "name: A\ndescription: A.\nparams: {{ a: {{ type: string }}, b: {{ type: string }}, c: {{ type: string }}, map: {{}} }}\nrequest: {request}\n"
        )
    };
    let texts: Vec<_> = TEMPLATES.iter().map(text).collect();
    let ids = ["t0", "t1", "t2", "t3"];
    let actions: Vec<_> = ids
        .into_iter()
        .zip(texts.iter().map(String::as_str))
        .collect();
    connector(&actions)
}

/// What the URL of a template says of its arguments, in the order of the template.
fn read_back(template: usize, plan: &Plan) -> Vec<String> {
    let segments: Vec<_> = plan
        .url
        .path_segments()
        .unwrap()
        .map(percent_decode)
        .collect();
    let pairs: Vec<_> = plan
        .url
        .query_pairs()
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    let value = |name: &str| {
        pairs
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.clone())
            .unwrap()
    };
    let cut = |text: &str, front: &str, back: &str| {
        text.strip_prefix(front)
            .unwrap()
            .strip_suffix(back)
            .unwrap()
            .to_owned()
    };
    assert_eq!(segments.len(), [3, 4, 3, 2][template], "{}", plan.url);
    match template {
        0 => vec![segments[2].clone(), value("q")],
        1 => vec![
            segments[1].clone(),
            segments[3].clone(),
            value("q"),
            cut(&value("r"), "p-", "-s"),
        ],
        2 => vec![cut(&segments[2], "v-", ".json")],
        _ => vec![value("{{ literal }}"), value("k")],
    }
}

#[test]
fn g5_what_is_encoded_decodes_to_the_same_below_the_base_path() {
    let connector = of_templates();
    let count = scale(20_000, 100_000);
    let argument = || {
        prop_oneof![
            "\\PC{0,12}",
            "[./%?#&=+;@: \\\\]{0,12}",
            any::<String>(),
            "(%[0-9a-f]{2}|[a-z]|/){0,8}"
        ]
    };
    let mut runner = TestRunner::new(ProptestConfig {
        cases: u32::try_from(count).unwrap(),
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let strategy = (0..TEMPLATES.len(), argument(), argument(), argument());
    let counted = std::cell::Cell::new(0_u64);
    let outcome = runner.run(&strategy, |(template, a, b, c)| {
        let action = connector.action(&format!("t{template}")).unwrap();
        let params = json!({"a": a, "b": b, "c": c, "map": {"k": b}});
        let Ok(plan) = admitted(&connector, action, params) else {
            return Ok(());
        };
        prop_assert_eq!(plan.url.host_str(), Some("shop.acme.test"));
        prop_assert!(plan.url.path().starts_with("/api/"));
        prop_assert!(
            plan.url.fragment().is_none()
                && plan.url.username().is_empty()
                && plan.url.port().is_none()
        );
        let given = [
            vec![a.clone(), b.clone()],
            vec![a.clone(), b.clone(), c, a.clone()],
            vec![a.clone()],
            vec![a, b],
        ];
        prop_assert_eq!(read_back(template, &plan), given[template].clone());
        counted.set(counted.get() + 1);
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
    let planned = counted.take();
    assert!(
        planned > count / 4,
        "only {planned} of {count} were planned"
    );
    kept(
        "G5",
        format!(
            "{count} pairs of template and arguments: {planned} planned, each read back the same"
        ),
    );
}

fn percent_decode(text: &str) -> String {
    // A query decodes what a path encodes, but for the plus sign, which a path segment here always encodes.
    url::form_urlencoded::parse(format!("x={text}").as_bytes())
        .next()
        .unwrap()
        .1
        .into_owned()
}

#[test]
fn a_form_repeats_the_names_of_lists_where_it_says_so() {
    let action = |lists: &str| {
        format!(
            "name: Act\ndescription: Acts.\nparams: {{ to: {{ type: array, items: {{ type: string }} }} }}\nrequest: {{ post: /x, {lists} form: {{ To: '{{{{ to }}}}' }} }}\n"
        )
    };
    let body = |lists: &str| {
        planned(&action(lists), json!({"to": ["a", "b"]}))
            .unwrap()
            .body
    };
    let pairs = |names: [&str; 2]| {
        let [one, two] = names.map(str::to_owned);
        Body::Form(vec![(one, "a".to_owned()), (two, "b".to_owned())])
    };
    assert_eq!(body(""), pairs(["To[0]", "To[1]"]));
    assert_eq!(body("form_lists: repeat,"), pairs(["To", "To"]));
}
