//! Every format is read into the same shape.

use serde_json::{Value, json};
use tenon_description::{Description, Operation, Place, Way, read};

fn described(document: Value) -> Description {
    read(document.to_string().as_bytes()).unwrap()
}

fn only(description: &Description) -> &Operation {
    assert_eq!(
        description.operations.len(),
        1,
        "{:?}",
        description.problems
    );
    &description.operations[0]
}

/// What a caller would do, whatever the format says it in.
fn is_create_thing(description: &Description) {
    let operation = only(description);
    let line = format!(
        "{} {}{}",
        operation.method, description.servers[0], operation.path
    );
    assert_eq!(line, "POST https://api.test/v1/shops/{shop}/things");
    let places: Vec<_> = operation
        .params
        .iter()
        .filter(|param| !param.common)
        .map(|param| (param.name.as_str(), param.place, param.required))
        .collect();
    assert_eq!(
        places,
        [("shop", Place::Path, true), ("tags", Place::Query, false)]
    );
    assert_eq!(
        operation.params[1].schema["items"],
        json!({ "type": "string" })
    );
    let content = &operation.body.as_ref().unwrap().contents["application/json"];
    assert_eq!(content.schema, json!({ "$ref": "#/$defs/Thing" }));
    let answer = &operation.answers[0];
    assert_eq!(answer.status, "200");
    assert_eq!(answer.contents["application/json"].schema, content.schema);
    let thing = &description.defs["Thing"];
    assert_eq!(
        thing["properties"]["parent"],
        json!({ "$ref": "#/$defs/Thing" })
    );
    assert_eq!(operation.scopes, [["things.write"]]);
    assert!(matches!(
        description.ways.values().next(),
        Some(Way::Oauth2 { .. })
    ));
    assert_eq!(description.problems, []);
}

fn openapi(version: &str) -> Value {
    json!({
        "openapi": version,
        "info": { "title": "Things", "version": "1" },
        "servers": [{ "url": "https://api.test/v1/" }],
        "security": [{ "oauth": ["things.write"] }],
        "paths": { "/shops/{shop}/things": {
            "parameters": [{ "$ref": "#/components/parameters/shop" }],
            "post": {
                "operationId": "createThing",
                "parameters": [{ "name": "tags", "in": "query", "schema": { "type": "array", "items": { "type": "string" } } }],
                "requestBody": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Thing" } } } },
                "responses": { "200": { "$ref": "#/components/responses/Thing" } }
            }
        } },
        "components": {
            "parameters": { "shop": { "name": "shop", "in": "path", "required": true, "schema": { "type": "string" } } },
            "responses": { "Thing": { "description": "A thing.", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Thing" } } } } },
            "schemas": { "Thing": { "type": "object", "properties": { "name": { "type": "string" }, "parent": { "$ref": "#/components/schemas/Thing" } } } },
            "securitySchemes": { "oauth": { "type": "oauth2", "flows": { "authorizationCode": {
                "authorizationUrl": "https://api.test/authorize", "tokenUrl": "https://api.test/token", "scopes": { "things.write": "Write." }
            } } } }
        }
    })
}

#[test]
fn openapi_of_both_versions() {
    is_create_thing(&described(openapi("3.0.3")));
    is_create_thing(&described(openapi("3.1.0")));
}

#[test]
fn swagger() {
    is_create_thing(&described(json!({
        "swagger": "2.0",
        "info": { "title": "Things", "version": "1" },
        "host": "api.test", "basePath": "/v1", "schemes": ["https"],
        "security": [{ "oauth": ["things.write"] }],
        "securityDefinitions": { "oauth": { "type": "oauth2", "flow": "accessCode", "authorizationUrl": "https://api.test/authorize",
            "tokenUrl": "https://api.test/token", "scopes": { "things.write": "Write." } } },
        "paths": { "/shops/{shop}/things": { "post": {
            "parameters": [
                { "name": "shop", "in": "path", "required": true, "type": "string" },
                { "name": "tags", "in": "query", "type": "array", "items": { "type": "string" } },
                { "name": "thing", "in": "body", "schema": { "$ref": "#/definitions/Thing" } }
            ],
            "responses": { "200": { "description": "A thing.", "schema": { "$ref": "#/definitions/Thing" } } }
        } } },
        "definitions": { "Thing": { "type": "object", "properties": { "name": { "type": "string" }, "parent": { "$ref": "#/definitions/Thing" } } } }
    })));
}

#[test]
fn google_discovery() {
    is_create_thing(&described(json!({
        "discoveryVersion": "v1", "title": "Things", "version": "v1",
        "rootUrl": "https://api.test/", "servicePath": "v1/",
        "auth": { "oauth2": { "scopes": { "things.write": { "description": "Write." } } } },
        "parameters": { "prettyPrint": { "type": "boolean", "location": "query", "default": "true" } },
        "resources": { "things": { "methods": { "create": {
            "id": "things.create", "path": "shops/{shop}/things", "httpMethod": "POST",
            "parameters": {
                "shop": { "type": "string", "location": "path", "required": true },
                "tags": { "type": "string", "location": "query", "repeated": true }
            },
            "request": { "$ref": "Thing" }, "response": { "$ref": "Thing" },
            "scopes": ["things.write"]
        } } } },
        "schemas": { "Thing": { "id": "Thing", "type": "object", "properties": { "name": { "type": "string" }, "parent": { "$ref": "Thing" } } } }
    })));
}

#[test]
fn yaml_and_json_are_the_same() {
    let yaml = "openapi: 3.0.0\ninfo: {title: T, version: 1.0}\nservers: [{url: 'https://api.test'}]\npaths:\n  /a:\n    get:\n      responses:\n        200: {description: ok}\n";
    let description = read(yaml.as_bytes()).unwrap();
    assert_eq!(only(&description).answers[0].status, "200");
    assert_eq!(description.version, "1.0");
}

#[test]
fn what_older_dialects_say_becomes_2020_12() {
    let schema = |version: &str, schema: Value| {
        let description = described(json!({
            "openapi": version, "info": {}, "paths": { "/a": { "get": {
                "parameters": [{ "name": "p", "in": "query", "schema": schema }], "responses": {}
            } } }
        }));
        only(&description).params[0].schema.clone()
    };
    let old = json!({ "type": "integer", "nullable": true, "minimum": 1, "exclusiveMinimum": true, "example": 2, "x-vendor": 1 });
    let new = json!({ "type": ["integer", "null"], "exclusiveMinimum": 1, "examples": [2] });
    assert_eq!(schema("3.0.0", old), new);
    assert_eq!(
        schema(
            "3.0.0",
            json!({ "nullable": true, "allOf": [{ "type": "string" }] })
        ),
        json!({ "anyOf": [{ "allOf": [{ "type": "string" }] }, { "type": "null" }] })
    );
    // A pattern that another engine would run in exponential time is no pattern here.
    assert_eq!(
        schema("3.1.0", json!({ "type": "string", "pattern": "^(?=a)b" })),
        json!({ "type": "string" })
    );
    assert_eq!(
        schema(
            "3.1.0",
            json!({ "items": [{ "type": "string" }], "required": false, "minLength": "x" })
        ),
        json!({ "prefixItems": [{ "type": "string" }] })
    );
}

#[test]
fn google_paths_that_hide_several_segments_are_spelt_out() {
    let description = described(json!({
        "discoveryVersion": "v1", "rootUrl": "https://people.test/", "servicePath": "",
        "resources": { "people": { "methods": { "get": {
            "id": "people.get", "path": "v1/{+resourceName}", "flatPath": "v1/people/{peopleId}", "httpMethod": "GET",
            "parameters": { "resourceName": { "type": "string", "location": "path", "required": true, "pattern": "^people/[^/]+$" } }
        } } } }
    }));
    let operation = only(&description);
    assert_eq!(operation.path, "/v1/people/{peopleId}");
    let names: Vec<_> = operation
        .params
        .iter()
        .map(|param| param.name.as_str())
        .collect();
    assert_eq!(names, ["peopleId"]);
}

#[test]
fn what_stands_behind_a_path_is_a_parameter_or_nothing() {
    let description = described(json!({
        "openapi": "3.0.0", "info": {}, "paths": {
            "/a?action=list": { "get": { "responses": {} } },
            "/a#other": { "post": { "responses": {} } }
        }
    }));
    let [list, other] = description.operations.as_slice() else {
        panic!("{:?}", description.problems);
    };
    assert_eq!((list.path.as_str(), other.path.as_str()), ("/a", "/a"));
    assert_eq!(list.params[0].schema["const"], "list");
}
