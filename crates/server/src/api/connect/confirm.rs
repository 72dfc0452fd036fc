//! The tenant's word that it was the account's own user, and codes for session tokens.

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenon_engine::model::AttemptState;
use tenon_vault::Secret;

use super::browser::Coming;
use super::start::public_url;
use crate::api::access::Access;
use crate::api::answer::{Answer, Json};
use crate::api::body::Given;
use crate::api::extract::{ByAccount, Left};
use crate::api::route::{Operation, Route, post};
use crate::app::App;

pub(super) fn routes() -> Vec<Route> {
    vec![
        post(
            "/api/v2/public/connect-confirm",
            Access::Account,
            confirm,
            Operation::new("confirmConnect", "Confirm that an attempt to connect was the account's own user's")
                .describe("By a credential of the same account, with what the connect pages handed over. Only then the application's answer becomes a connection. \
                           Where it is another account at the application than before, `next_url` is the page that asks what to do.")
                .takes::<ConfirmBody>()
                .gives::<Confirmed>()
                .recorded_elsewhere(),
        ),
        post(
            "/api/v2/public/connect-code/exchange",
            Access::Open,
            exchange,
            Operation::new("exchangeConnectCode", "Exchange the code of a link for a session token")
                .describe("Once, and only in environments whose confirmation is off. The token lives an hour, connects applications and runs no action.")
                .takes::<ExchangeBody>()
                .gives::<Exchanged>()
                .recorded_elsewhere(),
        ),
    ]
}

/// What the connect pages handed over.
#[derive(Debug, Deserialize, JsonSchema)]
struct ConfirmBody {
    /// `connect_attempt`
    attempt: String,
    /// `connect_confirm`
    confirm: String,
}

/// What became of the attempt.
#[derive(Debug, Serialize, JsonSchema)]
struct Confirmed {
    connected: bool,
    /// `connected`, `choosing` or `redeeming`
    state: &'static str,
    slug: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection_id: Option<String>,
    /// The page that asks what to do, where it is another account at the application than before.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_url: Option<String>,
}

/// The code of a link.
#[derive(Debug, Deserialize, JsonSchema)]
struct ExchangeBody {
    code: String,
}

/// A session token.
#[derive(Debug, Serialize, JsonSchema)]
struct Exchanged {
    token: String,
}

async fn confirm(
    State(app): State<App>,
    Left(caller): ByAccount,
    Coming(came): Coming,
    Given(body): Given<ConfirmBody>,
) -> Answer<Confirmed> {
    let confirm = Secret::new(body.confirm);
    let confirming = app
        .engine
        .confirm_connect(&caller, &body.attempt, &confirm, &came);
    let attempt = Box::pin(confirming).await?;
    let next_url = match attempt.state {
        AttemptState::Choosing => {
            let base = public_url(&app)?;
            Some(format!(
                "{base}/connect/s/{}/a/{}",
                attempt.link, attempt.id
            ))
        }
        _ => None,
    };
    Ok(Json(Confirmed {
        connected: attempt.state == AttemptState::Connected,
        state: attempt.state.as_str(),
        slug: attempt.slug,
        connection_id: attempt.connection.map(|id| id.to_string()),
        next_url,
    }))
}

async fn exchange(State(app): State<App>, Given(body): Given<ExchangeBody>) -> Answer<Exchanged> {
    let code = Secret::new(body.code);
    let token = app.engine.exchange_connect_code(&code).await?;
    Ok(Json(Exchanged {
        token: token.expose().to_owned(),
    }))
}
