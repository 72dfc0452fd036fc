//! Connections of one linked account: whose they are, whether they work, what happened to them.

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tenon_engine::access::AccountCaller;
use tenon_engine::connections::{Description, Health};
use tenon_engine::error::Outcomes;
use tenon_engine::model::{Connection, ConnectionEvent};

use super::access::Access;
use super::answer::{Answer, Json};
use super::body::Given;
use super::credentials::connection_id;
use super::extract::{ByAccount, Left, Path, Query};
use super::paging::{PageQuery, Paged};
use super::route::{Operation, Route, delete, get, patch, post};
use super::shape::{ConnectionBody, Revocation};
use crate::app::App;

const LIST: &str = "/api/v2/public/connection";
const ONE: &str = "/api/v2/public/connection/{connection_id}";

/// The routes.
pub(super) fn routes() -> Vec<Route> {
    [
        get(
            LIST,
            Access::Account,
            list,
            Operation::new("listConnections", "List the account's connections")
                .query::<Which>()
                .gives::<Vec<ConnectionBody>>(),
        ),
        get(
            ONE,
            Access::Account,
            one,
            Operation::new("getConnection", "Read a connection").gives::<ConnectionBody>(),
        ),
        patch(
            ONE,
            Access::Account,
            describe,
            Operation::new("updateConnection", "Name a connection or make it the default")
                .describe("The default is meant where an account has several connections and a call names none.")
                .takes::<DescribeBody>()
                .gives::<ConnectionBody>(),
        ),
        delete(
            ONE,
            Access::Account,
            remove,
            Operation::new("deleteConnection", "Remove a connection and revoke its tokens")
                .describe("Nobody can use it from here on; the answer says what the application said to the revocation.")
                .gives::<Revocation>(),
        ),
        post(
            "/api/v2/public/connection/{connection_id}/test",
            Access::Account,
            test,
            Operation::new("testConnection", "Ask the application whether a connection works")
                .describe("Renews it first where that is due. One that the application refuses for good needs to be authorized again.")
                .gives::<Tested>(),
        ),
        post(
            "/api/v2/public/connection/{connection_id}/refresh",
            Access::Account,
            refresh,
            Operation::new("refreshConnection", "Renew a connection's tokens now")
                .gives::<ConnectionBody>(),
        ),
        get(
            "/api/v2/public/connection/{connection_id}/timeline",
            Access::Account,
            timeline,
            Operation::new("getConnectionTimeline", "What happened to a connection")
                .describe("Newest first. It stays when the connection is gone.")
                .query::<PageQuery>()
                .gives::<Paged<EventBody>>(),
        ),
    ]
    .into_iter()
    .map(|route| route.tagged("Connections"))
    .collect()
}

/// Which connections.
#[derive(Debug, Deserialize, JsonSchema)]
struct Which {
    /// Only those at this application.
    slug: Option<String>,
}

/// What is changed. What is left out stays.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DescribeBody {
    /// A name for people.
    #[schemars(length(max = 255))]
    label: Option<String>,
    /// Whether it is meant where a call names none. Another default of the account at the application is one no more.
    is_default: Option<bool>,
}

/// What the application said of a connection.
#[derive(Debug, Serialize, JsonSchema)]
struct Tested {
    /// Whether it works; null where the application was not reached or could not tell.
    works: Option<bool>,
    /// The application's own id of the account.
    identifier: Option<String>,
    /// What a person calls the account at the application.
    account_name: Option<String>,
    /// What the application said where it does not work, or why that is not known.
    message: Option<String>,
    connection: ConnectionBody,
}

/// One line of a connection's timeline.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ConnectionEvent")]
struct EventBody {
    event_id: String,
    at: String,
    connection_id: String,
    slug: String,
    /// `created`, `reauthorized`, `refreshed`, `refresh_failed`, `expired`, `changed`, `approved`, `deleted` or `revoked`
    event: &'static str,
    /// Why, in a word such as `invalid_grant`.
    reason: Option<String>,
    /// What else is known.
    detail: Map<String, Value>,
}

impl From<Health> for Tested {
    fn from(health: Health) -> Self {
        Self {
            works: health.works,
            identifier: health.identity.identifier,
            account_name: health.identity.name,
            message: health.message,
            connection: health.connection.into(),
        }
    }
}

impl From<ConnectionEvent> for EventBody {
    fn from(event: ConnectionEvent) -> Self {
        Self {
            event_id: event.id.to_string(),
            at: event.at.to_iso(),
            connection_id: event.connection.to_string(),
            slug: event.slug,
            event: event.kind.as_str(),
            reason: event.reason,
            detail: event.detail,
        }
    }
}

/// The caller's own connection, at an application that its token covers.
async fn own(app: &App, caller: &AccountCaller, id: &str) -> Outcomes<Connection> {
    let id = connection_id(id)?;
    let account = &caller.account().account_id;
    let connection = app
        .engine
        .own_connection(caller.tenant(), account, &id)
        .await?;
    caller.check_application(&connection.slug)?;
    Ok(connection)
}

async fn list(
    State(app): State<App>,
    Left(caller): ByAccount,
    Query(which): Query<Which>,
) -> Answer<Vec<ConnectionBody>> {
    let account = &caller.account().account_id;
    let slug = which.slug.as_deref();
    let all = app
        .engine
        .connections(caller.tenant(), account, slug)
        .await?;
    let covered = all
        .into_iter()
        .filter(|one| caller.check_application(&one.slug).is_ok());
    Ok(Json(covered.map(ConnectionBody::from).collect()))
}

async fn one(
    State(app): State<App>,
    Left(caller): ByAccount,
    Path(id): Path<String>,
) -> Answer<ConnectionBody> {
    Ok(Json(own(&app, &caller, &id).await?.into()))
}

async fn describe(
    State(app): State<App>,
    Left(caller): ByAccount,
    Path(id): Path<String>,
    Given(body): Given<DescribeBody>,
) -> Answer<ConnectionBody> {
    let connection = own(&app, &caller, &id).await?;
    caller.check_unlimited()?;
    let description = Description {
        label: body.label,
        is_default: body.is_default,
    };
    let described = app.engine.describe_connection(connection, description);
    Ok(Json(described.await?.into()))
}

async fn remove(
    State(app): State<App>,
    Left(caller): ByAccount,
    Path(id): Path<String>,
) -> Answer<Revocation> {
    let connection = own(&app, &caller, &id).await?;
    caller.check_unlimited()?;
    let removed = app.engine.delete_connection(connection).await?;
    Ok(Json(Revocation::of(&removed)))
}

async fn test(
    State(app): State<App>,
    Left(caller): ByAccount,
    Path(id): Path<String>,
) -> Answer<Tested> {
    let connection = own(&app, &caller, &id).await?;
    let health = Box::pin(app.engine.test_connection(connection)).await?;
    Ok(Json(health.into()))
}

async fn refresh(
    State(app): State<App>,
    Left(caller): ByAccount,
    Path(id): Path<String>,
) -> Answer<ConnectionBody> {
    let connection = own(&app, &caller, &id).await?;
    caller.check_unlimited()?;
    let renewed = Box::pin(app.engine.renew_connection(connection)).await?;
    Ok(Json(renewed.into()))
}

async fn timeline(
    State(app): State<App>,
    Left(caller): ByAccount,
    Path(id): Path<String>,
    Query(query): Query<PageQuery>,
) -> Answer<Paged<EventBody>> {
    let id = connection_id(&id)?;
    let account = &caller.account().account_id;
    let paging = query.paging();
    let page = app
        .engine
        .timeline(caller.tenant(), account, &id, paging)
        .await?;
    let covered = page
        .items
        .first()
        .map_or(Ok(()), |event| caller.check_application(&event.slug));
    covered?;
    Ok(Json(Paged::new(page, paging, EventBody::from)))
}
