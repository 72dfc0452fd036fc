//! A connector and a description that agree, and every way in which they do not.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tenon_connector::{Bundle, Connector};

use super::{Checked, ExceptionDoc, Source, excuse, verify};
use crate::vendor;

fn description() -> Value {
    json!({
        "openapi": "3.0.3",
        "info": {"title": "Pebble", "version": "1"},
        "servers": [{"url": "https://api.pebble.example/v1"}],
        "components": {
            "securitySchemes": {"oauth": {"type": "oauth2", "flows": {"clientCredentials": {
                "tokenUrl": "https://pebble.example/token", "scopes": {"notes.write": "Write"}}}}},
            "schemas": {"Note": {
                "type": "object",
                "required": ["id", "title"],
                "properties": {
                    "id": {"type": "string", "readOnly": true},
                    "title": {"type": "string"},
                    "colour": {"type": "string", "enum": ["red", "blue"]},
                    "place": {"type": "object", "required": ["city"], "properties": {"city": {"type": "string"}}}
                }
            }}
        },
        "paths": {"/notes/{id}": {"put": {
            "operationId": "replaceNote",
            "security": [{"oauth": ["notes.write"]}],
            "parameters": [
                {"name": "id", "in": "path", "required": true, "schema": {"type": "string"}},
                {"name": "silent", "in": "query", "schema": {"type": "boolean"}},
                {"name": "Pebble-Version", "in": "header", "required": true, "schema": {"type": "string"}}
            ],
            "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Note"}}}},
            "responses": {
                "200": {"description": "ok", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Note"}}}},
                "default": {"description": "bad", "content": {"application/json": {"schema": {"type": "object", "properties": {"error": {"type": "string"}}}}}}
            }
        }}}
    })
}

const CONNECTOR: &str = r#"
name: Pebble
description: Keeps notes.
base_url: https://api.pebble.example/v1
auth: { key: { type: keybased, label: Key, fields: { key: { label: Key } }, send: { bearer: "{{ key }}" } } }
headers: { Pebble-Version: "1" }
"#;

const ACTION: &str = r#"
name: Replace Note
description: Replaces a note.
scopes: [notes.write]
params:
  id: { type: string, required: true }
  title: { type: string, required: true }
  colour: { type: string, enum: [red, blue] }
  silent: { type: boolean }
request:
  put: "/notes/{{ id }}"
  query: { silent: "{{ silent }}" }
  json: { title: "{{ title }}", colour: "{{ colour }}" }
output: { schema: { type: object, properties: { id: { type: string }, title: { type: string } } } }
examples:
  - input: { id: n1, title: Bread, silent: true }
    sends: { path: /notes/n1, query: { silent: "true" }, json: { title: Bread } }
    answers: { json: { id: n1, title: Bread } }
"#;

fn connector(document: &str, action: &str) -> Connector {
    let files = [
        ("connector.yaml".to_owned(), document.to_owned()),
        ("actions/replace_note.yaml".to_owned(), action.to_owned()),
    ];
    let bundle = Bundle {
        slug: "pebble".to_owned(),
        files: BTreeMap::from(files),
        proven: false,
    };
    bundle.compile().unwrap()
}

fn source() -> Source {
    vendor::read("pebble.json", description().to_string().as_bytes()).unwrap()
}

fn checked(document: &str, action: &str) -> Checked {
    let mut all = verify(&connector(document, action), &[source()]);
    assert_eq!(all.len(), 1);
    all.remove(0)
}

/// The places of what is found once a part of the action is written differently.
fn places(from: &str, to: &str) -> Vec<String> {
    assert!(ACTION.contains(from), "{from}");
    let found = checked(CONNECTOR, &ACTION.replace(from, to));
    found
        .findings
        .into_iter()
        .map(|finding| finding.at)
        .collect()
}

#[test]
fn an_action_that_the_vendor_describes_is_verified() {
    let found = checked(CONNECTOR, ACTION);
    assert_eq!(found.findings, []);
    assert_eq!(found.operations, ["replaceNote"]);
}

#[test]
fn a_wrong_path_or_method_is_no_operation() {
    assert_eq!(
        places(r#"put: "/notes/{{ id }}""#, r#"put: "/note/{{ id }}""#)
            .first()
            .unwrap(),
        "operation"
    );
    assert_eq!(places("  put:", "  post:"), ["operation"]);
}

#[test]
fn names_that_the_vendor_does_not_know_are_found_also_where_no_example_uses_them() {
    assert_eq!(
        places("query: { silent:", "query: { quiet:"),
        ["query/quiet"]
    );
    assert_eq!(
        places(r#"colour: "{{ colour }}""#, r#"color: "{{ colour }}""#),
        ["body/color"]
    );
    let query = r#"query: { silent: "{{ silent }}" }"#;
    let header = format!("{query}\n  headers: {{ X-Colour: '{{{{ colour }}}}' }}");
    assert_eq!(places(query, &header), ["header/x-colour"]);
}

#[test]
fn a_required_member_that_no_parameter_gives_is_found() {
    let found = places(r#"json: { title: "{{ title }}", "#, "json: { ");
    assert!(found.contains(&"body/title".to_owned()), "{found:?}");
    let nested = places(
        r#"colour: "{{ colour }}" }"#,
        r#"place: { street: "{{ colour }}" } }"#,
    );
    assert_eq!(
        nested,
        ["body/place", "body/place/city", "body/place/street"]
    );
}

#[test]
fn values_that_do_not_fit_are_found() {
    let wrong = ACTION
        .replace("enum: [red, blue]", "enum: [red, green]")
        .replace(
            "title: Bread, silent: true }",
            "title: Bread, silent: true, colour: green }",
        );
    assert_eq!(
        checked(CONNECTOR, &wrong)
            .findings
            .iter()
            .map(|one| one.at.as_str())
            .collect::<Vec<_>>(),
        ["body/colour"]
    );
}

#[test]
fn answers_and_output_are_held_to_the_vendors_answer() {
    assert_eq!(
        places(
            "answers: { json: { id: n1,",
            "answers: { json: { number: n1,"
        ),
        ["answer/number"]
    );
    assert_eq!(
        places(
            "title: { type: string } } } }",
            "heading: { type: string } } } }"
        ),
        ["output/heading"]
    );
    assert_eq!(
        places("answers: { json", "answers: { status: 201, json"),
        ["status"]
    );
}

#[test]
fn scopes_are_those_of_the_description() {
    assert_eq!(places("[notes.write]", "[notes.all]"), ["scopes"]);
    assert_eq!(places("scopes: [notes.write]\n", ""), ["scopes"]);
}

#[test]
fn another_address_and_a_missing_header_are_found() {
    let elsewhere = CONNECTOR.replace("api.pebble.example/v1", "api.pebble.example/v2");
    let at = |found: Checked| {
        found
            .findings
            .into_iter()
            .map(|one| one.at)
            .collect::<Vec<_>>()
    };
    assert_eq!(at(checked(&elsewhere, ACTION)), ["address"]);
    let bare = CONNECTOR.replace("headers: { Pebble-Version: \"1\" }\n", "");
    assert_eq!(at(checked(&bare, ACTION)), ["header/Pebble-Version"]);
}

#[test]
fn an_exception_excuses_its_place_and_one_that_excuses_nothing_is_told() {
    let wrong = ACTION.replace("query: { silent:", "query: { quiet:");
    let mut found = vec![checked(CONNECTOR, &wrong)];
    let exceptions = ExceptionDoc::read(
        "- { action: '*', at: query/quiet, reason: R, source: S }\n- { action: '*', at: 'body/*', reason: R, source: S }",
    )
    .unwrap();
    let stale = excuse(&mut found, &exceptions);
    assert_eq!(stale.len(), 1);
    assert_eq!(stale[0].at, "body/*");
    assert_eq!(found[0].findings, []);
}

#[test]
fn a_graphql_document_is_held_to_the_schema() {
    let schema = "type Query { note(id: ID!): Note } type Note { id: ID! title: String }";
    let source = vendor::read("pebble.graphql", schema.as_bytes()).unwrap();
    let action = |document: &str, variable: &str, answer: &str| {
        format!(
            "name: Get Note\ndescription: G.\neffect: read\nparams: {{ id: {{ type: string, required: true }} }}\nrequest: {{ post: /graphql, json: {{ query: '{document}', variables: {{ {variable}: '{{{{ id }}}}' }} }} }}\nexamples:\n  - input: {{ id: n1 }}\n    sends: {{ json: {{ query: '{document}', variables: {{ {variable}: n1 }} }} }}\n    answers: {{ json: {answer} }}\n"
        )
    };
    let places = |text: String| {
        let found = verify(&connector(CONNECTOR, &text), std::slice::from_ref(&source)).remove(0);
        found
            .findings
            .into_iter()
            .map(|one| one.at)
            .collect::<Vec<_>>()
    };
    let good = "query N($id: ID!) { note(id: $id) { id title } }";
    let answer = r#"{"data": {"note": {"id": "n1", "title": null}}}"#;
    assert_eq!(places(action(good, "id", answer)), Vec::<String>::new());
    assert_eq!(
        places(action(&good.replace("title", "heading"), "id", answer)),
        ["query"]
    );
    assert_eq!(
        places(action(good, "number", answer)),
        ["variables", "variables/number"]
    );
    let other = r#"{"data": {"note": {"heading": "x"}}}"#;
    assert_eq!(
        places(action(good, "id", other)),
        ["answer/data/note/heading"]
    );
}
