//! Every parser of the language under hostile input: none panics, hangs or takes much memory.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use tenon_testkit::fuzz::Target;
use tenon_testkit::promise::kept;

use crate::bundle::Bundle;
use crate::expr::Scope;
use crate::template::{Template, Text};
use crate::{Answer, Connector, Payload, schema};

const CONNECTOR: &str = r#"
name: Acme
description: A shop.
base_url: "{{ connection.instance_url }}/api"
connection:
  instance_url: { label: Instance, hosts: ["*.acme.test"], example: "https://shop.acme.test" }
auth:
  token: { type: keybased, label: T, fields: { t: { label: T } }, send: { headers: { X-T: "{{ t }}" } } }
errors:
  - { when: "body.ok == false", kind: failed, code: "{{ body.error }}" }
schemas: { thing: &thing { type: object, properties: { id: { type: string } } }, other: *thing }
"#;

const ACTION: &str = r#"
name: Read
description: Reads.
params:
  id: { type: string, required: true, pattern: "^[a-z]+$" }
  q: { type: array, items: { type: integer, minimum: 1 } }
request: { post: "/things/{{ id }}/parts", query: { q: "{{ q }}" }, json: { a: "{{ id | upper }}", "...": "{{ q }}" } }
output: { object: thing }
examples:
  - { input: { id: a }, sends: { json: { a: A } }, answers: { status: 200, json: { id: x } } }
"#;

fn compile(connector: &str, action: &str) -> Option<Connector> {
    let files = [("connector.yaml", connector), ("actions/act.yaml", action)];
    let files = files.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let bundle = Bundle {
        slug: "acme".to_owned(),
        files: files.into(),
        proven: false,
    };
    bundle.compile().ok()
}

fn halves(input: &str) -> (&str, &str) {
    input.split_once("\n---\n").unwrap_or((input, ""))
}

#[test]
fn g1_connectors_and_actions() {
    let whole = format!("{CONNECTOR}\n---\n{ACTION}");
    let words = [
        "name: ",
        "{ ",
        "- ",
        "...",
        "{{ id }}",
        "&x ",
        "*thing",
        "!!str ",
        "|\n",
        "? ",
        "<<: ",
        "steps:\n",
        "paging: { cursor: { param: q, next: x } }",
    ];
    let count = Target::new("connector documents", &[whole.as_bytes()])
        .words(&words)
        .run(|input| {
            let text = String::from_utf8_lossy(input);
            let (connector, action) = halves(&text);
            compile(connector, action).is_some()
        });
    kept(
        "G1",
        format!("connector documents: {count} inputs, none failed"),
    );
}

#[test]
fn g1_templates_and_expressions() {
    let scope = json!({"id": "x", "list": [1, "2", null], "map": {"a": {"b": 1.5}}, "n": 7});
    let names: Vec<_> = scope
        .as_object()
        .unwrap()
        .iter()
        .map(|(key, value)| (key.as_str(), value))
        .collect();
    let scope = Scope::new(names);
    let seeds: [&[u8]; 8] = [
        b"a {{ id }} b",
        b"{{ map.a.b + n * 2 }}",
        b"{{ list | map('string') | join(',') }}",
        b"{{ id if n > 3 else list[0] }}",
        b"{{ map | items | list | length }}",
        b"{{ (id ~ 'x') | replace('x', 'yy') | upper }}",
        b"{{ 'a' in id and not n is none }}",
        b"{{ map | tojson | soql }}",
    ];
    let words = [
        "{{ ",
        " }}",
        "| ",
        "map",
        "list",
        "* 9999",
        "~",
        "**",
        "[0]",
        "[::-1]",
        "(",
        "replace('','ab')",
        "join(id)",
        "split('')",
        "range(9)",
        "loop",
        "{# ",
        "round(99)",
    ];
    let count = Target::new("templates", &seeds).words(&words).run(|input| {
        let text = String::from_utf8_lossy(input);
        let Ok(text) = Text::compile(&text, &|_| true) else {
            return false;
        };
        text.render(&scope).is_ok()
    });
    kept("G1", format!("templates: {count} inputs, none failed"));
}

#[test]
fn g1_schemas_and_instances() {
    let seeds: [&[u8]; 4] = [
        br#"{"type":"object","properties":{"a":{"type":"string","pattern":"^a+$"}},"required":["a"]}
---
{"a":"aaa"}"#,
        br##"{"$defs":{"x":{"anyOf":[{"type":"null"},{"items":{"$ref":"#/$defs/y"}}]},"y":{"enum":[1,2]}},"$ref":"#/$defs/x"}
---
[1,2]"##,
        br#"{"allOf":[{"minLength":1},{"format":"email"}],"not":{"const":0},"if":{"multipleOf":0.1},"then":true}
---
"a@b.c""#,
        br#"{"uniqueItems":true,"contains":{"type":"number"},"patternProperties":{"^x":{"maximum":1e300}}}
---
[1,1.0,{"x":2}]"#,
    ];
    let words = [
        "\"$ref\":\"#\"",
        "\"$dynamicRef\":\"#a\"",
        "\"$id\":\"http://x\"",
        "(a+)+$",
        "\"pattern\":\"",
        "unevaluatedProperties",
        "\\p{L}{99}",
        "\"$anchor\":\"a\"",
    ];
    let count = Target::new("schemas", &seeds).words(&words).run(|input| {
        let text = String::from_utf8_lossy(input);
        let (schema, instance) = halves(&text);
        let (Ok(schema), Ok(instance)) = (
            serde_json::from_str(schema),
            serde_json::from_str::<Value>(instance),
        ) else {
            return false;
        };
        let Ok(validator) = schema::validator(&schema) else {
            return false;
        };
        validator.iter_errors(&instance).take(10).count();
        true
    });
    kept(
        "G1",
        format!("schemas with instances: {count} inputs, none failed"),
    );
}

#[test]
fn g1_parameters_in_addresses() {
    let connector = compile(CONNECTOR, ACTION).unwrap();
    let seeds: [&[u8]; 4] = [
        b"abc",
        br#"{"method":"GET","url_path":"/a/b","query_params":{"x":[1]}}"#,
        b"/v1/a%20b",
        b"https://shop.acme.test",
    ];
    let words = [
        "/",
        "?",
        "#",
        "@",
        "%2F",
        "%c3%a9",
        "\"url_path\":\"",
        "headers",
        "\"x\":",
        "//",
        "[::1]",
        ":80",
    ];
    let count = Target::new("addresses", &seeds).words(&words).run(|input| {
        let text = String::from_utf8_lossy(input);
        let facts = BTreeMap::from([("instance_url".to_owned(), text.to_string())]);
        let reached = connector.check_facts(&facts).is_ok();
        let _url = connector.base_url(&facts);
        let _pattern = crate::hosts::HostPattern::parse(&text);
        let body = serde_json::from_str(&text)
            .unwrap_or_else(|_| json!({"method": "GET", "url_path": text, "id": text}));
        let planned = plan(&connector, "httprequest", body.clone()).is_some();
        let mut act = Map::new();
        act.insert("id".to_owned(), Value::String(text.to_string()));
        plan(&connector, "act", Value::Object(act)).is_some() || planned || reached
    });
    kept("G1", format!("addresses: {count} inputs, none failed"));
}

fn plan(connector: &Connector, action: &str, body: Value) -> Option<crate::Plan> {
    let action = connector.action(action)?;
    let params = action.admit(body).ok()?;
    let facts = crate::Facts {
        connection: connector.example_facts(),
        idempotency_key: "k".to_owned(),
    };
    let (_, way) = connector.default_way()?;
    let plan = action
        .plan(0, connector, way, &params, &facts, &json!({}))
        .ok()??;
    assert_eq!(plan.url.host_str(), Some("shop.acme.test"));
    assert!(plan.url.path().starts_with("/api/"), "{}", plan.url);
    Some(plan)
}

#[test]
fn g1_answers_and_their_headers() {
    let connector = compile(CONNECTOR, ACTION).unwrap();
    let seeds: [&[u8]; 5] = [
        b"Retry-After: 120\nX-RateLimit-Reset: 1700000000\nContent-Type: application/json\n---\n{\"ok\":false,\"error\":\"e\"}",
        b"retry-after: Fri, 31 Dec 1999 23:59:59 GMT\n---\nnot json", b"ratelimit: limit=100, remaining=0, reset=50\n---\n[1,2]",
        b"x-ratelimit-remaining: 0\nretry-after-ms: 5.5\n---\n", b"content-type: text/html; charset=latin1\nlink: <https://a/?x=1>; rel=\"next\"\n---\n<p>",
    ];
    let words = [
        "retry-after: ",
        "-1",
        "1e18",
        "GMT",
        ";w=",
        "reset=",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "text/csv",
        "+json",
    ];
    let count = Target::new("answers", &seeds).words(&words).run(|input| {
        let text = String::from_utf8_lossy(input);
        let (head, body) = halves(&text);
        let headers: Vec<_> = head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let kind = headers
            .iter()
            .find(|(name, _)| name == "content-type")
            .map(|(_, value)| value.as_str());
        let body = Payload::read(kind, body.as_bytes());
        let json = matches!(body, Payload::Json(_));
        let answer = Answer {
            status: [200, 401, 429, 503][text.len() % 4],
            headers,
            payload: body,
        };
        let _verdict = connector.interpret(&answer, 1_700_000_000_000);
        json
    });
    kept("G1", format!("answers: {count} inputs, none failed"));
}

#[test]
fn g1_values_as_templates() {
    let seeds: [&[u8]; 2] = [
        br#"{"a": "{{ x }}", "...": "{{ y }}", "b": [1, "{{ y.z | default(1) }}"]}"#,
        br#"["{{ x | csv }}"]"#,
    ];
    let (x, y) = (json!([1, 2]), json!({"z": "t"}));
    let count = Target::new("template values", &seeds).run(|input| {
        let Ok(value) = serde_json::from_slice(input) else {
            return false;
        };
        let Ok(template) = Template::free(&value) else {
            return false;
        };
        template.render(&Scope::new([("x", &x), ("y", &y)])).is_ok()
    });
    kept(
        "G1",
        format!("template values: {count} inputs, none failed"),
    );
}
