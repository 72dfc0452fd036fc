//! The OpenAPI 3.1 document of the API, made from the table of routes. The actions of an application are in a document of
//! its own, so that neither grows with the catalogue.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::access::Access;
use super::error::Envelope;
use super::route::{Operation, Route, SchemaOf};
use super::routes;
use super::text::AccountIdText;

mod actions;

pub use actions::openapi_of;

/// What the API is, and where the rest is said.
const ABOUT: &str = "Runs any action in a third-party application for a linked account. The actions of an application, \
                     with their parameters, are in its own document: `/openapi.json?application={slug}`.";

/// The whole API, without any application's actions.
pub fn openapi() -> Value {
    let mut schemas = generator(false);
    let mut paths = Map::new();
    // Pages are for people.
    let api = routes()
        .into_iter()
        .filter(|route| route.access != Access::Browser);
    for route in api {
        let item = operation(&route, &mut schemas);
        add(&mut paths, &route, item);
    }
    document("Tenon", ABOUT, paths, schemas)
}

fn document(
    title: &str,
    description: &str,
    paths: Map<String, Value>,
    mut schemas: SchemaGenerator,
) -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "version": env!("CARGO_PKG_VERSION"),
            "description": description,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas.take_definitions(true),
            "securitySchemes": security_schemes(),
        },
    })
}

fn generator(inline: bool) -> SchemaGenerator {
    SchemaSettings::draft2020_12()
        .with(|settings| {
            settings.meta_schema = None;
            settings.definitions_path = "/components/schemas".into();
            settings.inline_subschemas = inline;
        })
        .into_generator()
}

fn add(paths: &mut Map<String, Value>, route: &Route, operation: Value) {
    let item = paths.entry(route.path).or_insert_with(|| json!({}));
    if let Value::Object(item) = item {
        item.insert(route.method.as_str().to_ascii_lowercase(), operation);
    }
}

fn operation(route: &Route, schemas: &mut SchemaGenerator) -> Value {
    let Operation {
        id,
        summary,
        description,
        tag,
        ..
    } = &route.operation;
    let mut shown = Map::new();
    shown.insert("operationId".to_owned(), json!(id));
    shown.insert("summary".to_owned(), json!(summary));
    if !description.is_empty() {
        shown.insert("description".to_owned(), json!(description));
    }
    shown.insert("tags".to_owned(), json!([tag]));
    shown.insert("security".to_owned(), security(route.access));
    shown.insert("parameters".to_owned(), parameters(route).into());
    if let Some(request) = route.operation.request {
        let body = request_body(route, request, schemas);
        shown.insert("requestBody".to_owned(), body);
    }
    if route.operation.takes_bytes {
        let body = json!({"content": bytes(), "required": true});
        shown.insert("requestBody".to_owned(), body);
    }
    shown.insert("responses".to_owned(), responses(route, schemas));
    Value::Object(shown)
}

/// The body, and whether it may be left out: an absent body is read as an empty object.
fn request_body(route: &Route, request: SchemaOf, schemas: &mut SchemaGenerator) -> Value {
    let mut schema = request(schemas);
    let mut members = request(&mut generator(true));
    for (keyword, demand) in demands(route) {
        schema.insert(keyword.clone(), demand.clone());
        members.insert(keyword, demand);
    }
    let required = ["required", "anyOf", "oneOf"]
        .iter()
        .any(|keyword| members.get(*keyword).is_some());
    json!({"content": content(&schema), "required": required})
}

fn demands(route: &Route) -> Map<String, Value> {
    match route.operation.demand.map(|demand| demand()) {
        Some(Value::Object(demands)) => demands,
        _ => Map::new(),
    }
}

fn content(schema: &Schema) -> Value {
    json!({"application/json": {"schema": schema}})
}

/// Any bytes, of whatever type.
fn bytes() -> Value {
    json!({"*/*": {"schema": {"type": "string", "format": "binary"}}})
}

/// The error envelope, as every operation may answer it.
fn error(schemas: &mut SchemaGenerator) -> Value {
    let schema = schemas.subschema_for::<Envelope<'static>>();
    json!({"description": "Why it was not done", "content": content(&schema)})
}

fn responses(route: &Route, schemas: &mut SchemaGenerator) -> Value {
    let refusal = error(schemas);
    if route.operation.status == 501 {
        return json!({"501": refusal});
    }
    let success = match route.operation.response {
        Some(response) => json!({"description": "Done", "content": content(&response(schemas))}),
        None if route.operation.gives_bytes => {
            json!({"description": "The content", "content": bytes()})
        }
        None => json!({"description": "Done"}),
    };
    let mut all = json!({route.operation.status.to_string(): success, "default": refusal});
    if let (Some(accepted), Value::Object(all)) = (route.operation.accepted, &mut all) {
        let body = content(&accepted(schemas));
        let answer = json!({"description": "It runs on", "content": body});
        all.insert("202".to_owned(), answer);
    }
    all
}

fn parameters(route: &Route) -> Vec<Value> {
    let in_path = route
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| json!({"name": name, "in": "path", "required": true, "schema": path_schema(name)}));
    let in_query = route.operation.queries.iter().flat_map(query_parameters);
    let in_headers = route.operation.headers.iter().map(|(name, description)| {
        json!({"name": name, "in": "header", "description": description, "schema": header_schema(name)})
    });
    in_path.chain(in_query).chain(in_headers).collect()
}

fn path_schema(name: &str) -> Schema {
    let mut schemas = generator(true);
    match name {
        "linked_account_id" => AccountIdText::json_schema(&mut schemas),
        _ => String::json_schema(&mut schemas),
    }
}

fn header_schema(name: &str) -> Value {
    match name {
        "Idempotency-Key" => json!({"type": "string", "pattern": "^[ -~]+$", "maxLength": 255}),
        "x-dry-run" => json!({"type": "boolean"}),
        _ => json!({"type": "string"}),
    }
}

/// The members of a query's type, each as a parameter.
fn query_parameters(query: &SchemaOf) -> Vec<Value> {
    let schema = query(&mut generator(true));
    let members = schema.get("properties").and_then(Value::as_object);
    let parameter = |(name, schema): (&String, &Value)| {
        let mut schema = schema.clone();
        let description = schema
            .as_object_mut()
            .and_then(|schema| schema.remove("description"));
        never_null(&mut schema);
        json!({"name": name, "in": "query", "description": description.unwrap_or(json!("")), "schema": schema})
    };
    members.into_iter().flatten().map(parameter).collect()
}

/// A query value is there or not; it is never null.
fn never_null(schema: &mut Value) {
    let Some(kinds) = schema.get_mut("type") else {
        return;
    };
    let Some(list) = kinds.as_array() else { return };
    if let Some(kind) = list.iter().find(|kind| **kind != "null").cloned() {
        *kinds = kind;
    }
}

fn security(access: Access) -> Value {
    match access {
        Access::Open | Access::Browser => json!([]),
        Access::Tenant => json!([{"apiKey": []}]),
        Access::Account => json!([{"sessionToken": []}, {"apiKey": [], "linkedAccount": []}]),
        Access::KeyedAccount => json!([{"apiKey": [], "linkedAccount": []}]),
        Access::Session => json!([{"sessionToken": []}]),
        Access::TenantOrSession => json!([{"apiKey": []}, {"sessionToken": []}]),
        Access::Admin => json!([{"adminKey": []}]),
    }
}

fn security_schemes() -> Value {
    let header = |name: &str, description: &str| json!({"type": "apiKey", "in": "header", "name": name, "description": description});
    json!({
        "apiKey": header("x-api-key", "A key of one environment of an organization."),
        "linkedAccount": header("linked_account_id", "The linked account that a call with an API key is for; also as `linked-account-id` or in the query."),
        "sessionToken": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "A token of one linked account."},
        "adminKey": header("x-admin-key", "The key to the whole installation."),
    })
}
