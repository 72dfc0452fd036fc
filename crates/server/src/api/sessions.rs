//! Session tokens: minted by the tenant, presented by a browser, revoked by whoever holds them.

use std::time::Duration;

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tenon_engine::access::TenantCaller;
use tenon_engine::error::{Code, Error};
use tenon_engine::model::{AccountId, SessionScopes};
use tenon_engine::sessions::Mint;

use super::access::Access;
use super::accounts::show_with_integrations;
use super::answer::{Answer, Json};
use super::body::Given;
use super::extract::{ByAccount, ByKey, Left, Query, account_id};
use super::route::{Operation, Route, get, post};
use super::shape::LinkedAccount;
use super::switch::Switch;
use super::text::{AccountIdText, names_any};
use crate::app::App;

/// The routes.
pub(super) fn routes() -> Vec<Route> {
    [
        post(
            "/api/v2/public/session-token",
            Access::Tenant,
            mint,
            Operation::new("createSessionToken", "Mint a session token")
                .recorded_elsewhere()
                .describe("An equal token that is still good is given again, unless it is limited in calls or asked for with a life.")
                .query::<MintQuery>()
                .takes::<MintBody>()
                .demanding(|| json!({"anyOf": names_any(&["linked_account_id"])}))
                .gives::<Token>(),
        ),
        post(
            "/api/v2/public/session-token/revoke",
            Access::Session,
            revoke,
            Operation::new("revokeSessionToken", "Revoke the presented session token")
                .recorded_elsewhere()
                .gives::<Revoked>(),
        ),
        get(
            "/api/v2/public/session/active-linked-account",
            Access::Session,
            active,
            Operation::new("getActiveLinkedAccount", "Read the account behind the session token")
                .gives::<LinkedAccount>(),
        ),
    ]
    .into_iter()
    .map(|route| route.tagged("Session tokens"))
    .collect()
}

/// How a token is minted.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(super) struct MintQuery {
    /// A new token even where an equal one is still good.
    #[serde(default)]
    force_refresh: Switch,
}

/// What a token is asked for.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(super) struct MintBody {
    /// The account that the token speaks for.
    #[schemars(with = "Option<AccountIdText>")]
    linked_account_id: Option<String>,
    /// Only these applications.
    apps: Option<Vec<String>>,
    /// Only these actions, as `slug.action_id` or `action_id`.
    actions: Option<Vec<String>>,
    /// Only actions that change nothing.
    read_only: Option<bool>,
    /// The same three members once more; those above win.
    scopes: Option<Scopes>,
    /// Seconds that it lives: 86400 where nobody says, at most 2592000.
    #[schemars(range(min = 1, max = 2_592_000))]
    expires_in: Option<u64>,
    /// How many executions it is good for.
    #[schemars(range(min = 1, max = u32::MAX))]
    max_calls: Option<u32>,
}

/// What a token may do. A misspelt member must not make a token that may do everything.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Scopes {
    apps: Option<Vec<String>>,
    actions: Option<Vec<String>>,
    #[serde(default)]
    read_only: bool,
}

/// A token.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Token {
    token: String,
    /// Seconds until it ends.
    expires_in: i64,
}

/// A token is no longer good.
#[derive(Debug, Serialize, JsonSchema)]
struct Revoked {
    success: bool,
    revoked_count: u8,
}

async fn mint(
    State(app): State<App>,
    Left(caller): ByKey,
    Query(query): Query<MintQuery>,
    Given(body): Given<MintBody>,
) -> Answer<Token> {
    let named = body.linked_account_id.as_deref().unwrap_or_default();
    if named.trim().is_empty() {
        let message = "linked_account_id is required";
        return Err(Error::new(Code::InvalidLinkedAccountId, message).into());
    }
    let account = account_id(named)?;
    mint_for(&app, &caller, &account, &query, body).await
}

/// Mints a token for an account.
pub(super) async fn mint_for(
    app: &App,
    caller: &TenantCaller,
    account: &AccountId,
    query: &MintQuery,
    body: MintBody,
) -> Answer<Token> {
    let nested = body.scopes.unwrap_or_default();
    let mint = Mint {
        scopes: SessionScopes {
            apps: body.apps.or(nested.apps),
            actions: body.actions.or(nested.actions),
            read_only: body.read_only.unwrap_or(nested.read_only),
        },
        life: body.expires_in.map(Duration::from_secs),
        max_calls: body.max_calls,
        fresh: query.force_refresh.0,
    };
    let minted = app.engine.mint_session(caller, account, mint).await?;
    Ok(Json(Token {
        token: minted.token.expose().to_owned(),
        expires_in: minted.expires_in,
    }))
}

async fn revoke(State(app): State<App>, Left(caller): ByAccount) -> Answer<Revoked> {
    let was_live = app.engine.revoke_session(&caller).await?;
    Ok(Json(Revoked {
        success: true,
        revoked_count: u8::from(was_live),
    }))
}

async fn active(State(app): State<App>, Left(caller): ByAccount) -> Answer<LinkedAccount> {
    show_with_integrations(&app, caller.tenant(), caller.account()).await
}
