//! What a linked account can choose from: the choices of a parameter, and an action's parameters with the fields that the
//! account has of its own. For forms and agents that help to fill in an action.

use axum::extract::State;
use http::HeaderMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use tenon_engine::connections::Choice;
use tenon_engine::error::{Error, Outcomes};
use tenon_engine::listing::{AccountSchema, ListingRequest, Options};

use super::access::Access;
use super::answer::{Answer, Json};
use super::execute::choose;
use super::extract::{ByAccount, CallId, Left, Path, Query};
use super::route::{Operation, Route, get};
use crate::app::App;

/// The routes.
pub(super) fn routes() -> Vec<Route> {
    let connection = |operation: Operation| {
        operation
            .header("connection_id", "The same as the query `connection_id`.")
            .header("auth_type", "The same as the query `auth_type`.")
    };
    [
        get(
            "/api/v2/integration-schema/{slug}/actions/{action_id}/options/{param}",
            Access::Account,
            options,
            connection(Operation::new("listOptions", "List the choices of a parameter")
                .describe(
                    "Runs the action of the application that lists them, for this account: a parameter that has such an action \
                     names it in `options`. Where the application refuses, `success` is false and `error` says why.",
                )
                .query::<OptionsQuery>())
                .gives::<OptionsShape>(),
        ),
        get(
            "/api/v2/integration-schema/{slug}/actions/{action_id}/schema",
            Access::Account,
            schema,
            connection(Operation::new("getAccountSchema", "Read an action's parameters for this account")
                .describe(
                    "The JSON Schema of the parameters, with the fields that the account has of its own at the application. \
                     Where the application refuses to tell them, `success` is false and the schema is the usual one.",
                )
                .query::<SchemaQuery>())
                .gives::<SchemaShape>(),
        ),
    ]
    .into_iter()
    .map(|route| route.tagged("Actions"))
    .collect()
}

/// Which choices.
#[derive(Debug, Deserialize, JsonSchema)]
struct OptionsQuery {
    /// What a person has typed: only choices that fit it.
    q: Option<String>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
    /// The parameters that are filled in so far, as a JSON object: choices may depend on them.
    params: Option<String>,
    /// Which connection, where the account has several.
    connection_id: Option<String>,
    /// Which way to authenticate, where the account has several connections.
    auth_type: Option<String>,
}

/// For which connection.
#[derive(Debug, Deserialize, JsonSchema)]
struct SchemaQuery {
    /// The parameters that are filled in so far, as a JSON object: fields may depend on them.
    params: Option<String>,
    /// Which connection, where the account has several.
    connection_id: Option<String>,
    /// Which way to authenticate, where the account has several connections.
    auth_type: Option<String>,
}

/// Choices of a parameter.
#[derive(JsonSchema)]
#[schemars(rename = "OptionsAnswer")]
#[expect(dead_code, reason = "describes `Options` in the OpenAPI document")]
struct OptionsShape {
    options: Vec<OptionShape>,
    /// Gives the next page; absent on the last one.
    next_cursor: Option<String>,
    /// Whether the application gave them.
    success: bool,
    /// Why it did not.
    error: Option<Value>,
    /// The execution of the listing action.
    execution_id: String,
}

/// One choice.
#[derive(JsonSchema)]
#[schemars(rename = "Option")]
#[expect(dead_code, reason = "describes `Choice` in the OpenAPI document")]
struct OptionShape {
    /// What the parameter takes.
    value: Value,
    /// What a person reads.
    label: String,
}

/// An action's parameters for one account.
#[derive(JsonSchema)]
#[schemars(rename = "AccountSchemaAnswer")]
#[expect(
    dead_code,
    reason = "describes `AccountSchema` in the OpenAPI document"
)]
struct SchemaShape {
    /// JSON Schema (2020-12).
    input_schema: Map<String, Value>,
    /// Whether the application told the account's own fields.
    success: bool,
    /// Why it did not.
    error: Option<Value>,
}

async fn options(
    State(app): State<App>,
    Left(caller): ByAccount,
    Left(request_id): CallId,
    Path((slug, action, param)): Path<(String, String, String)>,
    Query(query): Query<OptionsQuery>,
    headers: HeaderMap,
) -> Answer<Options> {
    let asked = ListingRequest {
        slug,
        action,
        given: given(query.params)?,
        choice: choice(&headers, query.connection_id, query.auth_type)?,
        request_id,
    };
    let words = (query.q, query.cursor);
    Ok(Json(
        app.engine.options(&caller, asked, &param, words).await?,
    ))
}

async fn schema(
    State(app): State<App>,
    Left(caller): ByAccount,
    Left(request_id): CallId,
    Path((slug, action)): Path<(String, String)>,
    Query(query): Query<SchemaQuery>,
    headers: HeaderMap,
) -> Answer<AccountSchema> {
    let asked = ListingRequest {
        slug,
        action,
        given: given(query.params)?,
        choice: choice(&headers, query.connection_id, query.auth_type)?,
        request_id,
    };
    Ok(Json(app.engine.account_schema(&caller, asked).await?))
}

fn choice(
    headers: &HeaderMap,
    connection: Option<String>,
    auth: Option<String>,
) -> Outcomes<Choice> {
    Ok(Choice {
        connection: choose(headers, "connection_id", connection)?,
        auth: choose(headers, "auth_type", auth)?,
    })
}

fn given(text: Option<String>) -> Outcomes<Map<String, Value>> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(Map::new());
    };
    serde_json::from_str(&text).map_err(|_not_an_object| {
        let message = "params must be a JSON object: the parameters that are filled in so far";
        Error::invalid("params", "format", message)
    })
}
