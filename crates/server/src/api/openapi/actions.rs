//! The OpenAPI 3.1 document of one application: an operation for each action, with what a caller may send, what comes
//! back, and examples of both. Apart from the API's own document, whose size must not grow with the catalogue.

use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};
use tenon_connector::document::ExampleDoc;
use tenon_connector::{Action, Connector};

use super::{content, document, error, generator, security};
use crate::api::access::Access;
use crate::api::actions::{EXECUTE, annotations, example_data};
use crate::api::execute::{Accepted, AnsweredShape};

/// The actions of an application.
pub fn openapi_of(connector: &Connector) -> Value {
    let mut schemas = generator(false);
    let operations = connector.actions.values().map(|action| {
        let path = EXECUTE
            .replace("{slug}", &connector.slug)
            .replace("{action_id}", &action.id);
        (
            path,
            json!({"post": operation(connector, action, &mut schemas)}),
        )
    });
    let paths = operations.collect();
    let title = format!("{} through Tenon", connector.name);
    document(&title, &connector.description, paths, schemas)
}

fn operation(connector: &Connector, action: &Action, schemas: &mut SchemaGenerator) -> Value {
    let input = json!({"schema": action.input_schema, "examples": examples(action, input)});
    let answer = answer(action, schemas);
    let output = json!({"schema": answer, "examples": examples(action, output)});
    let accepted = schemas.subschema_for::<Accepted>();
    json!({
        "operationId": format!("execute_{}_{}", connector.slug, action.id),
        "summary": action.name,
        "description": action.description,
        "tags": [connector.name],
        "security": security(Access::Account),
        "x-annotations": annotations(action),
        "requestBody": {"content": {"application/json": input}, "required": needs_input(action)},
        "responses": {
            "200": {"description": "What the application answered", "content": {"application/json": output}},
            "202": {"description": "It runs on", "content": content(&accepted)},
            "default": error(schemas),
        },
    })
}

/// An absent body is read as an empty object.
fn needs_input(action: &Action) -> bool {
    let required = action.input_schema.get("required");
    required
        .and_then(Value::as_array)
        .is_some_and(|names| !names.is_empty())
}

/// The answer's envelope around the action's own data.
fn answer(action: &Action, schemas: &mut SchemaGenerator) -> Value {
    let envelope = schemas.subschema_for::<AnsweredShape>().to_value();
    match &action.output_schema {
        Some(schema) => {
            // An error of the application has a body of another shape.
            let success =
                json!({"properties": {"success": {"const": true}}, "required": ["success"]});
            let data = json!({"properties": {"data": schema}});
            json!({"allOf": [envelope], "if": success, "then": data})
        }
        None => envelope,
    }
}

fn examples(action: &Action, of: fn(&ExampleDoc) -> Option<Value>) -> Map<String, Value> {
    let successes = action.examples.iter().filter(|one| one.fails.is_none());
    successes
        .enumerate()
        .filter_map(|(index, one)| {
            let name = one
                .name
                .clone()
                .unwrap_or_else(|| format!("example {}", index + 1));
            Some((name, json!({"value": of(one)?})))
        })
        .collect()
}

fn input(example: &ExampleDoc) -> Option<Value> {
    Some(json!(example.input))
}

fn output(example: &ExampleDoc) -> Option<Value> {
    let status = example
        .answers
        .as_slice()
        .last()
        .map(|answer| answer.status);
    Some(json!({
        "data": example_data(example), "node_status": "Success", "http_status": status, "success": true,
        "execution_id": "exec_01980000000070008000000000000000",
    }))
}
