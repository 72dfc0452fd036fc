//! The OpenAPI document, actions as callers discover them, and the routes that are left out.

use std::collections::HashSet;

use serde_json::{Value, json};
use tenon_server::api::{Access, openapi, openapi_of, routes};
use tenon_server::catalogue::Catalogue;

use crate::world::{ADA, World};

#[tokio::test]
async fn the_document_has_every_route_and_no_application_of_the_catalogue() {
    let world = World::new().await;
    let document = world.get("/openapi.json").send().await.ok();
    assert_eq!(document, openapi());
    assert_eq!(document["openapi"], "3.1.0");
    for route in routes() {
        if route.access == Access::Browser {
            // Pages are for people.
            assert!(document["paths"].get(route.path).is_none());
            continue;
        }
        let method = route.method.as_str().to_ascii_lowercase();
        let operation = &document["paths"][route.path][&method];
        assert_eq!(
            operation["operationId"],
            json!(route.operation.id),
            "{}",
            route.path
        );
        assert!(operation["responses"].is_object(), "{}", route.path);
    }
    let paths = document["paths"].as_object().unwrap();
    let known: HashSet<_> = routes().iter().map(|route| route.path).collect();
    assert!(paths.keys().all(|path| known.contains(path.as_str())));
}

#[tokio::test]
async fn an_application_has_a_document_of_its_actions_and_of_nothing_else() {
    let world = World::new().await;
    let place = "/gateway/openapi.json?application=acme";
    let document = world.get(place).send().await.ok();
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["info"]["title"], "Acme through Tenon");
    let connector = world.app.engine.registry().connector("acme").unwrap();
    let paths = document["paths"].as_object().unwrap();
    assert_eq!(paths.len(), connector.actions.len());
    let path = "/api/v2/integration-schema/acme/actions/get/execute";
    let action = &document["paths"][path]["post"];
    let request = &action["requestBody"]["content"]["application/json"];
    assert_eq!(request["schema"]["required"], json!(["path"]));
    assert_eq!(
        request["examples"]["example 1"]["value"],
        json!({"path": "x"})
    );
}

#[tokio::test]
async fn an_application_that_is_not_served_has_no_document() {
    let world = World::new().await;
    let answer = world.get("/openapi.json?application=lost").send().await;
    answer.refused(404, "APPLICATION_NOT_FOUND");
}

#[tokio::test]
async fn the_document_is_sound_and_so_is_that_of_every_application_that_is_shipped() {
    sound(&openapi());
    let snapshot = Catalogue::new(None).registry().snapshot();
    for connector in snapshot.connectors() {
        sound(&openapi_of(connector));
    }
}

fn sound(document: &Value) {
    let mut ids = HashSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for operation in item.as_object().unwrap().values() {
            let id = operation["operationId"].as_str().unwrap().to_owned();
            assert!(ids.insert(id), "{path}: {}", operation["operationId"]);
            let parameters = operation["parameters"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            let mut named: Vec<_> = parameters
                .iter()
                .filter(|one| one["in"] == "path")
                .map(|one| one["name"].as_str().unwrap())
                .collect();
            named.sort_unstable();
            let mut wanted: Vec<_> = path
                .split('/')
                .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
                .collect();
            wanted.sort_unstable();
            assert_eq!(named, wanted, "{path}");
            let unique: HashSet<_> = parameters
                .iter()
                .map(|one| (one["in"].to_string(), one["name"].to_string()))
                .collect();
            assert_eq!(unique.len(), parameters.len(), "{path}");
        }
    }
    let mut references = Vec::new();
    collect_references(document, &mut references);
    assert!(!references.is_empty());
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

fn collect_references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(reference)) = map.get("$ref") {
                found.push(reference.clone());
            }
            map.values()
                .for_each(|value| collect_references(value, found));
        }
        Value::Array(items) => items
            .iter()
            .for_each(|value| collect_references(value, found)),
        _ => {}
    }
}

#[tokio::test]
async fn routes_that_are_left_out_say_so() {
    let world = World::new().await;
    let mut left_out = 0;
    for route in routes()
        .into_iter()
        .filter(|route| route.operation.status == 501)
    {
        let path = route.path.replace(['{', '}'], "");
        let answer = world.ask(route.method.clone(), &path).send().await;
        let body = answer.refused(501, "NOT_IMPLEMENTED");
        assert_eq!(body["http_error_type"], "NOT_IMPLEMENTED", "{path}");
        left_out += 1;
    }
    assert!(left_out > 90, "{left_out}");
    let batches = "/api/v2/public/execution/exec_1/nodes/add/batches";
    let body = world
        .get(batches)
        .send()
        .await
        .refused(501, "NOT_IMPLEMENTED");
    assert_eq!(
        body["message"],
        "Batch details are not yet available for this execution type"
    );
}

#[tokio::test]
async fn actions_are_discovered_as_the_compatible_api_shows_them() {
    let world = World::new().await;
    let path = "/api/v2/integration-schema/acme/actions";
    let listed = world.get(path).account(ADA).send().await.ok();
    assert_eq!(
        listed[0],
        json!({"name": "Add", "action_id": "add", "description": "Does Add."})
    );
    let flat = world
        .get(&format!("{path}/add"))
        .account(ADA)
        .send()
        .await
        .ok();
    let wanted = json!([
        {"name": "path", "label": "Enter Path", "required": true, "type": "text"},
        {"name": "count", "label": "count", "required": false, "type": "number"},
        {"name": "flag", "label": "flag", "required": false, "type": "boolean"},
        {"name": "extra", "label": "extra", "required": false, "type": "json"},
    ]);
    assert_eq!(flat, wanted);
    let token = world.token(ADA, json!({"read_only": true})).await;
    let listed = world.get(path).bearer(&token).send().await.ok();
    assert_eq!(listed.as_array().unwrap().len(), 1);
    let unknown = world
        .get("/api/v2/integration-schema/lost/actions")
        .account(ADA)
        .send()
        .await;
    assert_eq!(
        unknown.refused(404, "APPLICATION_NOT_FOUND")["message"],
        "Integration slug not found"
    );
}

#[tokio::test]
async fn an_action_is_also_described_as_json_schema() {
    let world = World::new().await;
    let path = "/api/v2/integration-schema/acme/actions/get?format=json_schema";
    let shown = world.get(path).account(ADA).send().await.ok();
    let wanted =
        json!({"effect": "read", "idempotent": true, "read_only": true, "destructive": false});
    assert_eq!(shown["annotations"], wanted);
    assert_eq!(shown["input_schema"]["type"], "object");
    assert_eq!(shown["output_schema"]["type"], "object");
    assert_eq!(shown["examples"][0]["data"], json!({"id": "n1"}));
    let path = "/api/v2/integration-schema/acme/actions/get?format=xml";
    world
        .get(path)
        .account(ADA)
        .send()
        .await
        .refused(400, "VALIDATION_ERROR");
}
