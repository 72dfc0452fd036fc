//! Documents that were written to hurt (G2): refused with the limit named, or read with the damage told; never a panic,
//! never a hang.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use tenon_description::{Description, read};
use tenon_testkit::fuzz::measured;
use tenon_testkit::promise::kept;

use crate::wanted::{document, made, wanted};

/// Longer than any of these takes on a slow machine, and far from for ever.
const PATIENCE: Duration = Duration::from_secs(20);

fn in_time<T>(act: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let done = act();
    assert!(start.elapsed() < PATIENCE, "took {:?}", start.elapsed());
    done
}

fn problems(description: &Description) -> String {
    let lines = description.problems.iter().map(ToString::to_string);
    lines.collect::<Vec<_>>().join("\n")
}

fn get(schema: Value) -> Value {
    json!({ "/a": { "post": {
        "operationId": "postA",
        "requestBody": { "content": { "application/json": { "schema": schema } } },
        "responses": { "200": { "description": "", "content": { "application/json": { "schema": schema } } } }
    } } })
}

/// Documents that are too much, and the words of the limit.
fn bombs() -> Vec<(String, &'static str)> {
    let open = "[".repeat(100_000);
    let objects = "{\"a\":".repeat(100_000);
    let mut paths = String::from("{\"openapi\":\"3.0.0\",\"paths\":{");
    for number in 0..100_000 {
        write!(paths, "\"/{number}\":{{\"get\":{{}}}},").unwrap();
    }
    paths.push_str("\"/x\":{}}}");
    let mut doubling = String::from("openapi: 3.0.0\na0: &a0 [x, x]\n");
    for level in 1..40 {
        let below = level - 1;
        writeln!(doubling, "a{level}: &a{level} [*a{below}, *a{below}]").unwrap();
    }
    let number = "9".repeat(1_000_000);
    vec![
        (format!("{{\"a\":{open}"), "nested deeper than 100 levels"),
        (objects, "nested deeper than 100 levels"),
        (format!("a: {open}"), "nested deeper than 100 levels"),
        (" ".repeat(50_000_000), "larger than 32 MiB"),
        (paths, "more than 20000 members"),
        (operations(), "more than 20000 operations"),
        (
            format!("[{}0]", "0,".repeat(5_000_000)),
            "more than 20000 members",
        ),
        (doubling, "more than 200000 values"),
        (
            format!("a: &a b\nl: [{}]", "*a,".repeat(15_000)),
            "more than 10000 aliases",
        ),
        (
            format!("{{\"openapi\":\"3.0.0\",\"x\":{number}}}"),
            "number",
        ),
    ]
}

/// Ten thousand paths, each with the eight operations of one path.
fn operations() -> String {
    let methods = [
        "get", "put", "post", "delete", "options", "head", "patch", "trace",
    ];
    let item: Map<String, Value> = methods
        .iter()
        .map(|method| ((*method).to_owned(), json!({})))
        .collect();
    let path = |number: usize| (format!("/{number}"), json!({ "$ref": "#/x" }));
    let paths: Map<String, Value> = (0..10_000).map(path).collect();
    json!({ "openapi": "3.0.0", "paths": paths, "x": item }).to_string()
}

#[test]
fn g2_a_description_that_is_a_bomb_is_refused_quickly_and_by_name() {
    let (mut slowest, mut largest) = (Duration::ZERO, 0);
    let bombs = bombs();
    let count = bombs.len();
    for (bomb, limit) in bombs {
        let (refused, took, bytes) = measured(|| read(bomb.as_bytes()));
        let said = refused.unwrap_err().to_string();
        assert!(said.contains(limit), "{limit}: {said}");
        assert!(
            took < PATIENCE && said.len() < 500,
            "{limit}: {took:?}, {said}"
        );
        (slowest, largest) = (slowest.max(took), largest.max(bytes));
    }
    kept(
        "G2",
        format!(
            "{count} bombs of descriptions: refused in at most {} ms and {} MB, with the limit named",
            slowest.as_millis(),
            largest / 1_000_000
        ),
    );
}

#[test]
fn references_in_circles_are_told_and_cost_only_themselves() {
    let schemas = json!({
        "Self": { "$ref": "#/components/schemas/Self" },
        "Ping": { "$ref": "#/components/schemas/Pong" },
        "Pong": { "$ref": "#/components/schemas/Ping" },
        "All": { "allOf": [{ "$ref": "#/components/schemas/Any" }] },
        "Any": { "anyOf": [{ "$ref": "#/components/schemas/All" }, { "type": "string" }] },
        "Tree": { "type": "object", "properties": { "left": { "$ref": "#/components/schemas/Tree" }, "right": { "$ref": "#/components/schemas/Tree" } } }
    });
    for name in ["Self", "Ping", "All", "Tree"] {
        let target = json!({ "$ref": format!("#/components/schemas/{name}") });
        let document = document(get(target), schemas.clone());
        let description = in_time(|| read(document.to_string().as_bytes())).unwrap();
        let told = problems(&description);
        assert_eq!(told.is_empty(), name == "Tree", "{name}: {told}");
        let imported = in_time(|| made(&document, &wanted())).unwrap();
        assert_eq!(imported.actions.len(), 1, "{name}: {:?}", imported.left_out);
    }
}

#[test]
fn schemas_that_unfold_without_end_stay_small() {
    // Each of 60 objects has two members that are the next: 2^60 places.
    let mut schemas = Map::new();
    for number in 0..60 {
        let next = json!({ "$ref": format!("#/components/schemas/S{}", (number + 1) % 60) });
        schemas.insert(
            format!("S{number}"),
            json!({ "type": "object", "properties": { "a": next, "b": next }, "additionalProperties": next }),
        );
    }
    let document = document(
        get(json!({ "$ref": "#/components/schemas/S0" })),
        Value::Object(schemas),
    );
    let imported = in_time(|| made(&document, &wanted())).unwrap();
    let size: usize = imported.bundle.files.values().map(String::len).sum();
    assert!(imported.actions.len() == 1 && size < 50_000, "{size}");
}

#[test]
fn a_chain_of_ten_thousand_schemas_costs_no_stack() {
    let mut schemas = Map::new();
    for number in 0..10_000 {
        let next = json!({ "$ref": format!("#/components/schemas/S{}", number + 1) });
        schemas.insert(
            format!("S{number}"),
            json!({ "type": "array", "items": next }),
        );
        schemas.insert(
            format!("A{number}"),
            json!({ "allOf": [{ "$ref": format!("#/components/schemas/A{}", number + 1) }] }),
        );
    }
    schemas.remove("S0");
    schemas.insert("S10000".to_owned(), json!({ "type": "string" }));
    let both = json!({ "type": "object", "properties": { "s": { "$ref": "#/components/schemas/S1" }, "a": { "$ref": "#/components/schemas/A0" } } });
    let document = document(get(both), Value::Object(schemas));
    let imported = in_time(|| made(&document, &wanted())).unwrap();
    assert_eq!(imported.actions.len(), 1, "{:?}", imported.left_out);
}

#[test]
fn references_out_of_the_document_fetch_nothing() {
    for target in [
        "https://evil.test/a.json#/x",
        "file:///etc/passwd",
        "other.yaml#/a",
        "#anchor",
        "#/%ff",
        "",
    ] {
        let document = document(get(json!({ "$ref": target })), json!({}));
        let description = read(document.to_string().as_bytes()).unwrap();
        let told = problems(&description);
        let only_the_document = target.is_empty();
        assert!(
            told.contains("$ref") || only_the_document,
            "{target}: {told}"
        );
        assert_eq!(made(&document, &wanted()).unwrap().actions.len(), 1);
    }
}

#[test]
fn a_huge_list_of_words_is_no_list() {
    let words: Vec<String> = (0..20_000).map(|number| format!("word-{number}")).collect();
    let schema =
        json!({ "type": "object", "properties": { "word": { "type": "string", "enum": words } } });
    let imported = in_time(|| made(&document(get(schema), json!({})), &wanted())).unwrap();
    assert!(imported.bundle.files["actions/post_a.yaml"].len() < 2_000);
}

#[test]
fn wrong_types_everywhere_are_told_and_nothing_else_happens() {
    let wrong = [
        json!(null),
        json!(true),
        json!(7),
        json!("text"),
        json!([]),
        json!([[]]),
        json!({}),
        json!({ "$ref": 1 }),
    ];
    let places = [
        "/info",
        "/servers",
        "/servers/0",
        "/servers/0/url",
        "/paths",
        "/paths/~1a",
        "/paths/~1a/post",
        "/paths/~1a/post/parameters",
        "/paths/~1a/post/parameters/0",
        "/paths/~1a/post/parameters/0/name",
        "/paths/~1a/post/parameters/0/schema",
        "/paths/~1a/post/requestBody",
        "/paths/~1a/post/requestBody/content",
        "/paths/~1a/post/requestBody/content/application~1json",
        "/paths/~1a/post/requestBody/content/application~1json/schema",
        "/paths/~1a/post/requestBody/content/application~1json/schema/properties",
        "/paths/~1a/post/requestBody/content/application~1json/schema/type",
        "/paths/~1a/post/responses",
        "/paths/~1a/post/responses/200",
        "/paths/~1a/post/tags",
        "/paths/~1a/post/operationId",
        "/paths/~1a/post/security",
        "/components",
        "/components/securitySchemes",
        "/components/securitySchemes/key",
        "/components/securitySchemes/key/name",
    ];
    let mut good = document(
        get(json!({ "type": "object", "properties": { "n": { "type": "string" } } })),
        json!({}),
    );
    good["paths"]["/a"]["post"]["parameters"] =
        json!([{ "name": "q", "in": "query", "schema": { "type": "string" } }]);
    good["paths"]["/a"]["post"]["tags"] = json!(["t"]);
    good["paths"]["/a"]["post"]["security"] = json!([{ "key": [] }]);
    for place in places {
        for value in &wrong {
            let mut document = good.clone();
            *document.pointer_mut(place).unwrap() = value.clone();
            let Ok(description) = read(document.to_string().as_bytes()) else {
                continue;
            };
            if let Ok(imported) = tenon_description::import::import(&description, &wanted()) {
                let compiled = imported.bundle.compile();
                assert!(compiled.is_ok(), "{place} = {value}: {:?}", compiled.err());
            }
        }
    }
}

#[test]
fn what_is_no_description_is_said_to_be_none() {
    for text in [
        "",
        "null",
        "[]",
        "{}",
        "a: b",
        "openapi: 2.5.1",
        "swagger: 1.2",
        "<html></html>",
        "\u{0}",
    ] {
        let refused = read(text.as_bytes()).unwrap_err().to_string();
        assert!(
            refused.contains("not a description") || refused.contains("neither JSON nor YAML"),
            "{text}: {refused}"
        );
    }
}
