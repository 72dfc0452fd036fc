//! Connections of a linked account, made and removed by an operator.

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tenon_engine::access::AccountCaller;
use tenon_engine::connections::{Choice, NewConnection};
use tenon_engine::error::{Code, Error, Outcomes};
use tenon_engine::model::Connection;

use crate::api::access::Access::Admin;
use crate::api::answer::{Answer, Json};
use crate::api::body::Given;
use crate::api::credentials::connection_id;
use crate::api::extract::{Managed, Path, Query, account_id};
use crate::api::route::{Operation, Route, delete, get, post};
use crate::api::shape::{ConnectionBody, Revocation};
use crate::app::App;

const LIST: &str = "/api/v2/admin/linked-accounts/{linked_account_id}/connections";
const ONE: &str = "/api/v2/admin/linked-accounts/{linked_account_id}/connections/{slug}";

pub(super) fn routes() -> Vec<Route> {
    let operation = |id, summary| Operation::new(id, summary).managed();
    vec![
        get(
            LIST,
            Admin,
            list,
            operation("adminListConnections", "List an account's connections")
                .gives::<Vec<ConnectionBody>>(),
        ),
        post(
            ONE,
            Admin,
            create,
            operation("adminCreateConnection", "Connect an account to an application")
                .describe("With `sandbox: true` a connection whose calls go to the sandbox; it takes no fields.")
                .takes::<ConnectBody>()
                .gives::<ConnectionBody>(),
        ),
        delete(
            ONE,
            Admin,
            remove,
            operation("adminDeleteConnections", "Remove an account's connections to an application")
                .query::<Which>()
                .gives::<Removed>(),
        ),
    ]
}

/// A connection to make.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ConnectBody {
    /// Calls go to the sandbox.
    #[serde(default)]
    sandbox: bool,
    /// The way to authenticate, or its family; the connector's first where nobody says.
    auth_type: Option<String>,
    /// The credential's fields and the connection's facts, by name.
    #[serde(default)]
    fields: Map<String, Value>,
    /// A name for people.
    label: Option<String>,
    /// Make another connection even where there is one of this way already.
    #[serde(default)]
    another: bool,
    /// Replace the credential of this connection.
    connection_id: Option<String>,
}

/// Which connections.
#[derive(Debug, Deserialize, JsonSchema)]
struct Which {
    /// Only this one.
    connection_id: Option<String>,
    /// Only those of this way to authenticate, or of this family.
    auth_type: Option<String>,
}

/// Connections are gone.
#[derive(Debug, Serialize, JsonSchema)]
struct Removed {
    /// How many there were.
    removed: usize,
    /// What the application said to the revocation of their tokens.
    revocations: Vec<Revocation>,
}

async fn caller(app: &App, managed: Managed, account: &str) -> Outcomes<AccountCaller> {
    let account = account_id(account)?;
    app.engine
        .account_for_admin(managed.admin, managed.tenant, &account)
        .await
}

async fn list(
    State(app): State<App>,
    managed: Managed,
    Path(account): Path<String>,
) -> Answer<Vec<ConnectionBody>> {
    let caller = caller(&app, managed, &account).await?;
    let account = &caller.account().account_id;
    let all = app
        .engine
        .connections(caller.tenant(), account, None)
        .await?;
    Ok(Json(all.into_iter().map(ConnectionBody::from).collect()))
}

async fn create(
    State(app): State<App>,
    managed: Managed,
    Path((account, slug)): Path<(String, String)>,
    Given(body): Given<ConnectBody>,
) -> Answer<ConnectionBody> {
    let caller = caller(&app, managed, &account).await?;
    let made = if body.sandbox {
        connect_sandbox(&app, &caller, &slug, &body).await?
    } else {
        Box::pin(connect(&app, &caller, &slug, body)).await?
    };
    Ok(Json(made.into()))
}

async fn connect_sandbox(
    app: &App,
    caller: &AccountCaller,
    slug: &str,
    body: &ConnectBody,
) -> Outcomes<Connection> {
    if !body.fields.is_empty() {
        return Err(Error::new(
            Code::ValidationError,
            "A sandbox connection takes no `fields`: its credential is made up, and a real one has no place there",
        ));
    }
    let account = &caller.account().account_id;
    app.engine
        .create_sandbox_connection(caller.tenant(), account, slug)
        .await
}

async fn connect(
    app: &App,
    caller: &AccountCaller,
    slug: &str,
    body: ConnectBody,
) -> Outcomes<Connection> {
    let new = NewConnection {
        auth: body.auth_type,
        fields: body.fields,
        replace: body
            .connection_id
            .as_deref()
            .map(connection_id)
            .transpose()?,
        another: body.another,
        label: body.label,
    };
    let account = &caller.account().account_id;
    let (made, _added) = app
        .engine
        .save_connection(caller.tenant(), account, slug, new)
        .await?;
    Ok(made)
}

async fn remove(
    State(app): State<App>,
    managed: Managed,
    Path((account, slug)): Path<(String, String)>,
    Query(which): Query<Which>,
) -> Answer<Removed> {
    let caller = caller(&app, managed, &account).await?;
    let choice = Choice {
        connection: which.connection_id,
        auth: which.auth_type,
    };
    let account = &caller.account().account_id;
    let gone = app
        .engine
        .delete_connections(caller.tenant(), account, &slug, &choice)
        .await?;
    let revocations = gone.iter().map(Revocation::of).collect();
    Ok(Json(Removed {
        removed: gone.len(),
        revocations,
    }))
}
