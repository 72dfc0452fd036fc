//! Linked accounts: the tenant's customers.

use std::collections::BTreeMap;

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tenon_connector::FieldError;
use tenon_engine::accounts::AccountDetails;
use tenon_engine::connections::Choice;
use tenon_engine::error::{Code, Error, Outcomes};
use tenon_engine::model::{Account, AccountId, Tenant};

use super::access::Access;
use super::answer::{Answer, Json};
use super::body::Given;
use super::extract::{ByAccount, ByKey, ByKeyOrSession, Left, Path, Query, account_id};
use super::paging::{PageQuery, Paged};
use super::route::{Operation, Route, delete, get, post, put};
use super::shape::LinkedAccount;
use super::text::{AccountIdText, names_any};
use super::your_app;
use crate::app::App;

const LIST: &str = "/api/v2/public/linked-account";
const ONE: &str = "/api/v2/public/linked-account/{linked_account_id}";
const INTEGRATION: &str = "/api/v2/public/linked-account/integration/{slug}";

/// The members that name an account.
const NAMES: [&str; 2] = ["linked_account_id", "account_id"];
/// The most characters of an account's name.
const LONGEST_NAME: usize = 255;

/// The routes.
pub(super) fn routes() -> Vec<Route> {
    let listing = Operation::new("listLinkedAccounts", "List linked accounts")
        .query::<PageQuery>()
        .query::<Search>()
        .gives::<Paged<LinkedAccount>>();
    let creating = Operation::new("createLinkedAccount", "Create a linked account")
        .describe("`your_app` is checked and otherwise ignored: Tenon keeps no credentials for the tenant's own application.")
        .takes::<AccountBody>()
        .demanding(new_account)
        .gives::<LinkedAccount>();
    let upserting = Operation::new("upsertLinkedAccount", "Create or change a linked account")
        .describe("With a session token, the token's own account. The members may also stand under `payload`.")
        .takes::<AccountBody>()
        .gives::<Upserted>();
    let reading =
        Operation::new("getLinkedAccount", "Read a linked account").gives::<LinkedAccount>();
    let deleting = Operation::new("deleteLinkedAccount", "Delete a linked account")
        .describe("With its connections and session tokens. The record of its executions stays.")
        .gives::<Deleted>();
    let disconnecting = Operation::new(
        "deleteIntegration",
        "Remove an account's connections to an application",
    )
    .describe("All of them, or those that the query names. Nothing to remove is no error.")
    .query::<Disconnect>()
    .gives::<LinkedAccount>();
    [
        get(LIST, Access::Tenant, list, listing),
        post(LIST, Access::Tenant, create, creating),
        put(LIST, Access::TenantOrSession, upsert, upserting),
        get(ONE, Access::TenantOrSession, read, reading),
        delete(ONE, Access::Tenant, remove, deleting),
        delete(INTEGRATION, Access::KeyedAccount, disconnect, disconnecting),
    ]
    .into_iter()
    .map(|route| route.tagged("Linked accounts"))
    .collect()
}

/// Which accounts.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Search {
    /// A part of the id or the name.
    pub(super) search: Option<String>,
}

/// What a tenant says about an account. Other members are ignored, as clients of the compatible API send some.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(super) struct AccountBody {
    /// The tenant's own id of the account, such as an e-mail address or a primary key.
    #[schemars(with = "Option<AccountIdText>")]
    linked_account_id: Option<String>,
    /// The same as `linked_account_id`.
    #[schemars(with = "Option<AccountIdText>")]
    account_id: Option<String>,
    /// A name for people; the id where nobody says.
    #[schemars(length(max = 255))]
    name: Option<String>,
    /// The tenant's own facts about the account: an object of texts, numbers and booleans.
    #[schemars(with = "Option<BTreeMap<String, Fact>>")]
    udf: Option<Map<String, Value>>,
    /// Checked and otherwise ignored.
    #[schemars(with = "Option<Map<String, Value>>", extend("minProperties" = 1))]
    your_app: Option<Value>,
    /// The same members once more; these win.
    payload: Option<Box<AccountBody>>,
}

/// One of the tenant's own facts, or null to say nothing of it.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(
    dead_code,
    reason = "describes a member of `udf` in the OpenAPI document"
)]
enum Fact {
    Text(String),
    Number(f64),
    Truth(bool),
    Nothing(()),
}

/// A new account is named: in the body, or under its `payload`.
pub(super) fn names_an_account() -> Value {
    let payload = json!({"type": "object", "anyOf": names_any(&NAMES)});
    let mut ways = names_any(&NAMES);
    if let Value::Array(ways) = &mut ways {
        ways.push(json!({"required": ["payload"], "properties": {"payload": payload}}));
    }
    json!({"anyOf": ways})
}

/// The same, and `your_app` has credentials where it is there.
fn new_account() -> Value {
    let credentials = json!({"auth_credentials": {"type": ["object", "array"]}});
    let your_app = json!({"required": ["auth_credentials"], "properties": credentials});
    let mut demands = names_an_account();
    if let Value::Object(demands) = &mut demands {
        demands.insert("properties".to_owned(), json!({"your_app": your_app}));
    }
    demands
}

/// An account, and whether it is new.
#[derive(Debug, Serialize, JsonSchema)]
struct Upserted {
    #[serde(flatten)]
    account: LinkedAccount,
    new_account: bool,
}

/// An account is gone.
#[derive(Debug, Serialize, JsonSchema)]
struct Deleted {
    message: &'static str,
}

/// Which connections.
#[derive(Debug, Deserialize, JsonSchema)]
struct Disconnect {
    /// Only those of this way to authenticate, or of this family.
    auth_type: Option<String>,
    /// Only this one.
    connection_id: Option<String>,
}

async fn list(
    State(app): State<App>,
    Left(caller): ByKey,
    Query(page): Query<PageQuery>,
    Query(search): Query<Search>,
) -> Answer<Paged<LinkedAccount>> {
    let paging = page.paging();
    let wanted = search.search.as_deref();
    let found = app.engine.accounts(&caller, wanted, paging).await?;
    let tenant = caller.tenant();
    let show = |account| LinkedAccount::new(tenant, &account);
    Ok(Json(Paged::new(found, paging, show)))
}

async fn create(
    State(app): State<App>,
    Left(caller): ByKey,
    Given(body): Given<AccountBody>,
) -> Answer<LinkedAccount> {
    let body = body.unwrapped();
    your_app::check_for_create(body.your_app.as_ref())?;
    let id = body.id()?;
    let account = app
        .engine
        .create_account(&caller, id, body.details()?)
        .await?;
    Ok(Json(LinkedAccount::new(caller.tenant(), &account)))
}

async fn upsert(
    State(app): State<App>,
    caller: ByKeyOrSession,
    Given(body): Given<AccountBody>,
) -> Answer<Upserted> {
    let body = body.unwrapped();
    your_app::check_for_upsert(body.your_app.as_ref())?;
    let id = match &caller {
        ByKeyOrSession::Tenant(_) => body.id()?,
        ByKeyOrSession::Account(caller) => {
            caller.check_unlimited()?;
            own_id(&caller.account().account_id, &body)?
        }
    };
    let details = body.details()?;
    let (account, new_account) = app
        .engine
        .upsert_account(caller.tenant(), id, details)
        .await?;
    Ok(Json(Upserted {
        account: LinkedAccount::new(caller.tenant(), &account),
        new_account,
    }))
}

/// The id of a token's own account; a body may name no other.
fn own_id(own: &AccountId, body: &AccountBody) -> Outcomes<AccountId> {
    match body.named() {
        Some(named) if account_id(named)? != *own => Err(Error::new(
            Code::Forbidden,
            "The token speaks for another linked account",
        )),
        _ => Ok(own.clone()),
    }
}

async fn read(
    State(app): State<App>,
    caller: ByKeyOrSession,
    Path(id): Path<String>,
) -> Answer<LinkedAccount> {
    let id = account_id(&id)?;
    let account = match &caller {
        ByKeyOrSession::Account(own) if own.account().account_id != id => {
            // Whether another account exists is not a token's business.
            return Err(Error::of(Code::LinkedAccountNotFound).into());
        }
        ByKeyOrSession::Account(own) => own.account().clone(),
        ByKeyOrSession::Tenant(caller) => app.engine.existing_account(caller.tenant(), &id).await?,
    };
    show_with_integrations(&app, caller.tenant(), &account).await
}

/// The account with its connections.
pub(super) async fn show_with_integrations(
    app: &App,
    tenant: &Tenant,
    account: &Account,
) -> Answer<LinkedAccount> {
    let connections = app
        .engine
        .connections(tenant, &account.account_id, None)
        .await?;
    let shown = LinkedAccount::new(tenant, account);
    Ok(Json(shown.with(&connections, app.engine.registry())))
}

async fn remove(
    State(app): State<App>,
    Left(caller): ByKey,
    Path(id): Path<String>,
) -> Answer<Deleted> {
    app.engine
        .delete_account(&caller, &account_id(&id)?, false)
        .await?;
    // In the words of the compatible API.
    let message = "User deleted successfully";
    Ok(Json(Deleted { message }))
}

async fn disconnect(
    State(app): State<App>,
    Left(caller): ByAccount,
    Path(slug): Path<String>,
    Query(query): Query<Disconnect>,
) -> Answer<LinkedAccount> {
    caller.check_unlimited()?;
    let (tenant, account) = (caller.tenant(), caller.account());
    let choice = Choice {
        connection: query.connection_id,
        auth: query.auth_type,
    };
    app.engine
        .delete_connections(tenant, &account.account_id, &slug, &choice)
        .await?;
    show_with_integrations(&app, tenant, account).await
}

impl AccountBody {
    /// The members, those under `payload` before those beside it.
    pub(super) fn unwrapped(self) -> Self {
        let Some(payload) = self.payload else {
            return self;
        };
        // An account that is named under `payload` is meant by whichever of the two words stands there.
        let (linked_account_id, account_id) = match payload.named() {
            Some(_) => (payload.linked_account_id, payload.account_id),
            None => (self.linked_account_id, self.account_id),
        };
        Self {
            linked_account_id,
            account_id,
            name: payload.name.or(self.name),
            udf: payload.udf.or(self.udf),
            your_app: payload.your_app.or(self.your_app),
            payload: None,
        }
    }

    fn named(&self) -> Option<&str> {
        self.linked_account_id
            .as_deref()
            .or(self.account_id.as_deref())
    }

    /// The account that is meant.
    pub(super) fn id(&self) -> Outcomes<AccountId> {
        let named = self.named().filter(|id| !id.trim().is_empty());
        let missing = || Error::new(Code::InvalidLinkedAccountId, "linked_account_id required");
        account_id(named.ok_or_else(missing)?)
    }

    /// What is said about it.
    pub(super) fn details(self) -> Outcomes<AccountDetails> {
        let nested = self
            .udf
            .iter()
            .flatten()
            .filter(|(_, value)| matches!(value, Value::Object(_) | Value::Array(_)));
        let mut errors: Vec<_> = nested
            .map(|(name, _)| FieldError {
                param: format!("udf.{name}"),
                code: "type".to_owned(),
                message: format!("`udf.{name}` must be a text, a number or a boolean"),
            })
            .collect();
        let long = |name: &String| name.chars().count() > LONGEST_NAME;
        if self.name.as_ref().is_some_and(long) {
            errors.push(FieldError {
                param: "name".to_owned(),
                code: "maxLength".to_owned(),
                message: format!("`name` must be at most {LONGEST_NAME} characters"),
            });
        }
        if !errors.is_empty() {
            return Err(Error::validation(errors));
        }
        Ok(AccountDetails {
            name: self.name,
            udf: self.udf,
        })
    }
}
