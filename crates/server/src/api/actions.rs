//! Actions: the list, the parameters of one, and running it.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tenon_connector::Action;
use tenon_connector::document::{Effect, ExampleDoc, ParamDoc, ParamType};
use tenon_engine::error::Error;

use super::access::Access;
use super::answer::{Answer, Json};
use super::applications::check;
use super::error::Failure;
use super::execute::{Accepted, AnsweredShape, ExecuteQuery, execute};
use super::extract::{ByAccount, Left, Path, Query};
use super::route::{Operation, Route, get, post};
use crate::app::App;

/// Where an application's actions are.
pub(super) const EXECUTE: &str = "/api/v2/integration-schema/{slug}/actions/{action_id}/execute";

/// The routes.
pub(super) fn routes() -> Vec<Route> {
    [
        get(
            "/api/v2/integration-schema/{slug}/actions",
            Access::Account,
            list,
            Operation::new("listActions", "List an application's actions")
                .describe("A limited token sees those that it may execute.")
                .gives::<Vec<ListedAction>>(),
        ),
        get(
            "/api/v2/integration-schema/{slug}/actions/{action_id}",
            Access::Account,
            one,
            Operation::new("getAction", "Read an action's parameters")
                .describe("A flat list; with `format=json_schema` everything that is known of the action.")
                .query::<FormatQuery>()
                .gives::<Shown>(),
        ),
        post(
            EXECUTE,
            Access::Account,
            execute,
            execute_operation("executeAction").recorded_elsewhere(),
        ),
    ]
    .into_iter()
    .map(|route| route.tagged("Actions"))
    .collect()
}

/// What the document says of running an action, by whichever door.
pub(super) fn execute_operation(id: &'static str) -> Operation {
    Operation::new(id, "Run an action")
        .describe(
            "The body holds the action's parameters. What the application answers is the result, also where it is an error: \
             status 200 with `node_status: Failed`. Errors of the way there have the error envelope.",
        )
        .query::<ExecuteQuery>()
        .header("Idempotency-Key", "The first call with a key runs; later ones get its answer, byte for byte, with `Idempotent-Replayed: true`.")
        .header("Prefer", "`respond-async`: answer 202 at once. `status=mirror`: answer with the application's status for its 4xx, 502 for its 5xx; `status=200` the opposite.")
        .header("x-dry-run", "The same as the query `dry_run`.")
        .header("connection_id", "The same as the query `connection_id`.")
        .header("auth_type", "The same as the query `auth_type`.")
        .takes::<Map<String, Value>>()
        .gives::<AnsweredShape>()
        .may_accept::<Accepted>()
}

/// One action in a list.
#[derive(Debug, Serialize, JsonSchema)]
struct ListedAction {
    name: String,
    action_id: String,
    description: String,
}

/// In which form an action is described.
#[derive(Debug, Deserialize, JsonSchema)]
struct FormatQuery {
    /// `json_schema`, or nothing for the flat list.
    #[schemars(extend("enum" = ["json_schema"]))]
    format: Option<String>,
}

/// An action: the flat list of its parameters, or everything that is known.
#[derive(JsonSchema)]
#[schemars(untagged, rename = "ActionShown")]
#[expect(dead_code, reason = "describes both answers in the OpenAPI document")]
enum Shown {
    Flat(Vec<FlatParameter>),
    Everything(Map<String, Value>),
}

/// One parameter of the flat list.
#[derive(Debug, Serialize, JsonSchema)]
struct FlatParameter {
    name: String,
    label: String,
    required: bool,
    /// `text`, `number`, `boolean` or `json`
    #[serde(rename = "type")]
    kind: &'static str,
}

async fn list(
    State(app): State<App>,
    Left(caller): ByAccount,
    Path(slug): Path<String>,
) -> Answer<Vec<ListedAction>> {
    let connector = app.engine.registry().connector(&slug)?;
    check(&app, &caller, &slug).await?;
    let covered = |action: &&std::sync::Arc<Action>| {
        let effect = action.effect(&Map::new());
        caller.check_action(&slug, action, effect).is_ok()
    };
    let listed = connector.actions.values().filter(covered);
    Ok(Json(
        listed
            .map(|action| ListedAction {
                name: action.name.clone(),
                action_id: action.id.clone(),
                description: action.description.clone(),
            })
            .collect(),
    ))
}

async fn one(
    State(app): State<App>,
    Left(caller): ByAccount,
    Path((slug, action)): Path<(String, String)>,
    Query(query): Query<FormatQuery>,
) -> Result<Response, Failure> {
    let (_, action) = app.engine.registry().action(&slug, &action)?;
    check(&app, &caller, &slug).await?;
    match query.format.as_deref() {
        None => Ok(Json(flat(&action)).into_response()),
        Some("json_schema") => Ok(Json(described(&action)).into_response()),
        Some(_) => {
            let message = "format must be json_schema, or left out for the flat list";
            Err(Error::invalid("format", "enum", message).into())
        }
    }
}

fn flat(action: &Action) -> Vec<FlatParameter> {
    let parameter = |(name, param): (&String, &ParamDoc)| FlatParameter {
        name: name.clone(),
        label: param.label.clone().unwrap_or_else(|| name.clone()),
        required: param.required,
        kind: flat_type(param.kind),
    };
    action.params.iter().map(parameter).collect()
}

fn flat_type(kind: Option<ParamType>) -> &'static str {
    match kind {
        Some(ParamType::String) => "text",
        Some(ParamType::Integer | ParamType::Number) => "number",
        Some(ParamType::Boolean) => "boolean",
        Some(ParamType::File) => "file",
        Some(ParamType::Object | ParamType::Array) | None => "json",
    }
}

/// Everything that is known of an action.
fn described(action: &Action) -> Value {
    json!({
        "action_id": action.id,
        "name": action.name,
        "description": action.description,
        "input_schema": action.input_schema,
        "output_schema": action.output_schema,
        "annotations": annotations(action),
        "scopes": action.scopes,
        "aliases": action.aliases,
        "examples": action.examples.iter().map(example).collect::<Vec<_>>(),
    })
}

/// What the action does to the application's data.
pub(super) fn annotations(action: &Action) -> Value {
    let nothing = Map::new();
    let effect = action.effect(&nothing);
    json!({
        "effect": effect.as_str(),
        "idempotent": action.idempotent(&nothing),
        "read_only": effect == Effect::Read,
        "destructive": effect == Effect::Destructive,
    })
}

/// An example: what a caller gives and gets.
fn example(example: &ExampleDoc) -> Value {
    json!({"name": example.name, "input": example.input, "data": example_data(example)})
}

/// What the caller of an example gets.
pub(super) fn example_data(example: &ExampleDoc) -> Option<Value> {
    let last = || example.answers.as_slice().last()?.json.clone();
    example.data.clone().or_else(last)
}
