//! A tenant's linked accounts, and what an operator does in the name of one: mint a token, run an action.

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tenon_engine::execute::ExecuteRequest;
use tenon_engine::model::Source;

use crate::api::access::Access::Admin;
use crate::api::accounts::{AccountBody, Search, names_an_account};
use crate::api::actions::execute_operation;
use crate::api::answer::{Answer, Json};
use crate::api::body::Given;
use crate::api::error::Failure;
use crate::api::execute::{self, ExecuteQuery};
use crate::api::extract::{CallId, Left, Managed, Path, Query, account_id};
use crate::api::paging::{PageQuery, Paged};
use crate::api::route::{Operation, Route, delete, get, post};
use crate::api::sessions::{MintBody, MintQuery, Token, mint_for};
use crate::api::shape::LinkedAccount;
use crate::app::App;

const LIST: &str = "/api/v2/admin/linked-accounts";
const ONE: &str = "/api/v2/admin/linked-accounts/{linked_account_id}";
const TOKEN: &str = "/api/v2/admin/linked-accounts/{linked_account_id}/session-token";
const EXECUTE: &str =
    "/api/v2/admin/linked-accounts/{linked_account_id}/actions/{slug}/{action_id}/execute";

pub(super) fn routes() -> Vec<Route> {
    vec![
        get(
            LIST,
            Admin,
            list,
            Operation::new("adminListLinkedAccounts", "List linked accounts")
                .managed()
                .query::<PageQuery>()
                .query::<Search>()
                .gives::<Paged<LinkedAccount>>(),
        ),
        post(
            LIST,
            Admin,
            create,
            Operation::new("adminCreateLinkedAccount", "Create a linked account")
                .managed()
                .takes::<AccountBody>()
                .demanding(names_an_account)
                .gives::<LinkedAccount>(),
        ),
        delete(
            ONE,
            Admin,
            remove,
            Operation::new("adminDeleteLinkedAccount", "Delete a linked account")
                .managed()
                .query::<Erase>()
                .describe("The answer is a receipt: how much of what was removed. It stands in the audit log too.")
                .gives::<Erased>(),
        ),
        post(
            TOKEN,
            Admin,
            mint,
            Operation::new("adminCreateSessionToken", "Mint a session token")
                .managed()
                .query::<MintQuery>()
                .takes::<MintBody>()
                .gives::<Token>(),
        ),
        post(
            EXECUTE,
            Admin,
            execute,
            execute_operation("adminExecuteAction").managed(),
        ),
    ]
}

async fn list(
    State(app): State<App>,
    managed: Managed,
    Query(page): Query<PageQuery>,
    Query(search): Query<Search>,
) -> Answer<Paged<LinkedAccount>> {
    let caller = app.engine.tenant_for_admin(managed.admin, managed.tenant);
    let (paging, wanted) = (page.paging(), search.search.as_deref());
    let found = app.engine.accounts(&caller, wanted, paging).await?;
    let show = |account| LinkedAccount::new(caller.tenant(), &account);
    Ok(Json(Paged::new(found, paging, show)))
}

async fn create(
    State(app): State<App>,
    managed: Managed,
    Given(body): Given<AccountBody>,
) -> Answer<LinkedAccount> {
    let caller = app.engine.tenant_for_admin(managed.admin, managed.tenant);
    let body = body.unwrapped();
    let id = body.id()?;
    let account = app
        .engine
        .create_account(&caller, id, body.details()?)
        .await?;
    Ok(Json(LinkedAccount::new(caller.tenant(), &account)))
}

/// How much of an account goes.
#[derive(Debug, Deserialize, JsonSchema)]
struct Erase {
    /// Its finished executions too, which stay as a record otherwise.
    #[serde(default)]
    history: bool,
}

/// What was removed.
#[derive(Debug, Serialize, JsonSchema)]
struct Erased {
    message: &'static str,
    /// Connections, with their sealed credentials.
    connections: u64,
    /// Sessions.
    sessions: u64,
    /// Idempotency keys.
    idempotency_keys: u64,
    /// Kept answers.
    results: u64,
    /// Executions; none where the history was to stay.
    executions: u64,
}

async fn remove(
    State(app): State<App>,
    managed: Managed,
    Path(account): Path<String>,
    Query(erase): Query<Erase>,
) -> Answer<Erased> {
    let caller = app.engine.tenant_for_admin(managed.admin, managed.tenant);
    let account = account_id(&account)?;
    let erased = app
        .engine
        .delete_account(&caller, &account, erase.history)
        .await?;
    Ok(Json(Erased {
        message: "User deleted successfully",
        connections: erased.connections,
        sessions: erased.sessions,
        idempotency_keys: erased.idempotency_keys,
        results: erased.results,
        executions: erased.executions,
    }))
}

async fn mint(
    State(app): State<App>,
    managed: Managed,
    Path(account): Path<String>,
    Query(query): Query<MintQuery>,
    Given(body): Given<MintBody>,
) -> Answer<Token> {
    let caller = app.engine.tenant_for_admin(managed.admin, managed.tenant);
    mint_for(&app, &caller, &account_id(&account)?, &query, body).await
}

async fn execute(
    State(app): State<App>,
    managed: Managed,
    Left(call): CallId,
    Path((account, slug, action)): Path<(String, String, String)>,
    Query(query): Query<ExecuteQuery>,
    headers: HeaderMap,
    Given(body): Given<Value>,
) -> Result<Response, Failure> {
    let account = account_id(&account)?;
    let caller = app
        .engine
        .account_for_admin(managed.admin, managed.tenant, &account)
        .await?;
    let request = ExecuteRequest::new(slug, action, body);
    execute::run(&app, &caller, request, query, &headers, (Source::Cli, call)).await
}
