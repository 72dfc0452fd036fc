//! Credentials brought by the tenant or the account: what an application wants, and taking it in.

use axum::extract::State;
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tenon_connector::document::AuthKind;
use tenon_engine::access::{AccountCaller, Presented};
use tenon_engine::connections::{NewConnection, imported_fields};
use tenon_engine::error::{Code, Error, Outcomes};
use tenon_engine::model::{AccountId, ConnectionId, Tenant};

use super::access::Access;
use super::answer::{Answer, Json};
use super::body::Given;
use super::extract::{ByAccount, ByKey, Left, Path, Query, account_id};
use super::route::{Operation, Route, get, put};
use super::shape::ways_by_type;
use super::text::AccountIdText;
use crate::app::App;

/// The routes.
pub(super) fn routes() -> Vec<Route> {
    [
        get(
            "/api/v2/public/auth-structure/{slug}",
            Access::Open,
            structure,
            Operation::new("getAuthStructure", "Read what a credential is made of")
                .describe("By way to authenticate: each field is `\"string\"`, or an object where it may be left out.")
                .gives::<IndexMap<String, Map<String, Value>>>(),
        ),
        put(
            "/api/v2/public/linked-account/integration/save-key-credentials/{slug}",
            Access::Account,
            save,
            Operation::new("saveKeyCredentials", "Store a credential")
                .describe("The application is asked whose it is before it is kept. A limited token is refused.")
                .query::<SaveQuery>()
                .takes::<Map<String, Value>>()
                .gives::<Saved>(),
        ),
        put(
            "/api/v2/public/migrate-token",
            Access::Tenant,
            migrate,
            Operation::new("migrateToken", "Import a credential that was granted elsewhere")
                .describe("`auth_object` is flat, or has one member that names the way to authenticate. Needs the header `linked_account_id`.")
                .header("linked_account_id", "The account that the credential is for.")
                .takes::<MigrateBody>()
                .gives::<Migrated>(),
        ),
    ]
    .into_iter()
    .map(|route| route.tagged("Credentials"))
    .collect()
}

/// How a credential is stored.
#[derive(Debug, Deserialize, JsonSchema)]
struct SaveQuery {
    /// The way to authenticate; `keybased` where the application has it and nobody says.
    auth_type: Option<String>,
    /// Replace the credential of this connection.
    connection_id: Option<String>,
}

/// A credential is stored.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Saved {
    success: bool,
    pub(super) connection_id: String,
}

/// A credential to import. Other members are ignored, as clients of the compatible API send some.
#[derive(Debug, Deserialize, JsonSchema)]
struct MigrateBody {
    /// The application.
    #[schemars(required)]
    slug: Option<String>,
    /// The credential's fields.
    #[schemars(required)]
    auth_object: Option<Map<String, Value>>,
    /// The account, where no header names it.
    #[schemars(with = "Option<AccountIdText>")]
    linked_account_id: Option<String>,
}

/// A credential is imported.
#[derive(Debug, Serialize, JsonSchema)]
struct Migrated {
    success: bool,
    message: String,
    connection_id: String,
}

async fn structure(
    State(app): State<App>,
    Path(slug): Path<String>,
) -> Answer<IndexMap<String, Map<String, Value>>> {
    let unknown = |_error| {
        let message = format!("Schema not found for integration type: {slug}");
        Error::new(Code::ApplicationNotFound, message)
    };
    let connector = app.engine.registry().connector(&slug).map_err(unknown)?;
    let describe = |optional: bool| match optional {
        true => json!({"type": "string", "required": false}),
        false => json!("string"),
    };
    let ways = ways_by_type(&connector).into_iter().map(|(name, way)| {
        let secrets = way
            .doc
            .fields
            .iter()
            .map(|(name, one)| (name, one.optional));
        let facts = connector
            .facts
            .iter()
            .map(|(name, one)| (name, one.optional));
        let fields = secrets
            .chain(facts)
            .map(|(name, optional)| (name.clone(), describe(optional)));
        (name, fields.collect())
    });
    Ok(Json(ways.collect()))
}

async fn save(
    State(app): State<App>,
    Left(caller): ByAccount,
    Path(slug): Path<String>,
    Query(query): Query<SaveQuery>,
    Given(fields): Given<Map<String, Value>>,
) -> Answer<Saved> {
    caller.check_unlimited()?;
    let typed = Typed {
        auth: query.auth_type,
        connection: query.connection_id,
        fields,
    };
    Ok(Json(Box::pin(typed.keep(&app, &caller, &slug)).await?))
}

/// A credential that a person or a tenant typed.
pub(super) struct Typed {
    /// The way to authenticate; `keybased` where the application has it and nobody says.
    pub(super) auth: Option<String>,
    /// The connection whose credential it replaces.
    pub(super) connection: Option<String>,
    /// Its fields, and facts of the connection.
    pub(super) fields: Map<String, Value>,
}

impl Typed {
    /// Keeps it for the caller's account.
    pub(super) async fn keep(
        self,
        app: &App,
        caller: &AccountCaller,
        slug: &str,
    ) -> Outcomes<Saved> {
        let connector = app.engine.registry().connector(slug)?;
        let keybased = AuthKind::Keybased.as_str();
        let usual = || connector.way(keybased).map(|_way| keybased.to_owned());
        let new = NewConnection {
            auth: self.auth.or_else(usual),
            fields: self.fields,
            replace: self.connection.as_deref().map(connection_id).transpose()?,
            ..NewConnection::default()
        };
        let account = &caller.account().account_id;
        let saving = app
            .engine
            .save_connection(caller.tenant(), account, slug, new);
        let (connection, _added) = Box::pin(saving).await?;
        Ok(Saved {
            success: true,
            connection_id: connection.id.to_string(),
        })
    }
}

async fn migrate(
    State(app): State<App>,
    Left(caller): ByKey,
    Left(presented): Left<std::sync::Arc<Presented>>,
    Given(body): Given<MigrateBody>,
) -> Answer<Migrated> {
    let slug = body.slug.ok_or_else(|| missing("slug"))?;
    let object = body.auth_object.ok_or_else(|| missing("auth_object"))?;
    let named = presented.accounts.first();
    let account = meant(named.map(String::as_str), body.linked_account_id.as_deref())?;
    check_exists(&app, caller.tenant(), &account).await?;
    let connector = app.engine.registry().connector(&slug)?;
    let (auth, fields) = imported_fields(&connector, &object)?;
    let new = NewConnection {
        auth,
        fields,
        ..NewConnection::default()
    };
    let saving = app
        .engine
        .save_connection(caller.tenant(), &account, &slug, new);
    let (connection, added) = Box::pin(saving).await?;
    let what = if added { "created" } else { "updated" };
    Ok(Json(Migrated {
        success: true,
        message: format!("Integration - {slug} {what}"),
        connection_id: connection.id.to_string(),
    }))
}

/// The account that the headers, the query and the body name; they may not name two.
fn meant(presented: Option<&str>, body: Option<&str>) -> Outcomes<AccountId> {
    match (presented, body) {
        (Some(one), Some(other)) if account_id(one)? != account_id(other)? => {
            Err(Error::new(Code::InvalidCredentials, "Invalid Credentials"))
        }
        (Some(one), _) | (None, Some(one)) => account_id(one),
        (None, None) => Err(Error::of(Code::MissingLinkedAccountId)),
    }
}

async fn check_exists(app: &App, tenant: &Tenant, account: &AccountId) -> Outcomes<()> {
    match app.engine.existing_account(tenant, account).await {
        Err(error) if error.code == Code::LinkedAccountNotFound => {
            let environment = tenant.environment.as_str();
            let message =
                format!("linked account with id {account} does not exist in {environment} env");
            Err(Error::new(Code::BadRequest, message))
        }
        other => other.map(drop),
    }
}

fn missing(name: &str) -> Error {
    Error::validation(vec![tenon_connector::FieldError {
        param: name.to_owned(),
        code: "required".to_owned(),
        message: format!("Required parameter '{name}' is missing"),
    }])
}

/// A connection's id, as a caller writes it.
pub(super) fn connection_id(text: &str) -> Outcomes<ConnectionId> {
    ConnectionId::parse(text).ok_or_else(|| Error::of(Code::ConnectionNotFound))
}
