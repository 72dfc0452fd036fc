//! Where applications send browsers back to. The address of an application's callback is exactly this one.

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use schemars::JsonSchema;
use serde::Deserialize;
use tenon_engine::connect::{CameBack, Stopped};
use tenon_engine::model::ConnectFault;
use tenon_vault::Secret;

use super::attempts::after;
use super::browser::{Coming, secret};
use super::view::stopped;
use crate::api::access::Access::Browser;
use crate::api::error::Failure;
use crate::api::extract::{Path, Query};
use crate::api::route::{Operation, Route, get};
use crate::app::App;

pub(super) fn routes() -> Vec<Route> {
    vec![get(
        "/api/v1/{slug}/callback",
        Browser,
        come_back,
        Operation::new(
            "oauthCallback",
            "Where an application sends browsers back to",
        ),
    )]
}

/// The address that a tenant registers at an application.
pub(in crate::api) fn address(public_url: &str, slug: &str) -> String {
    format!("{public_url}/api/v1/{slug}/callback")
}

/// What applications add to the address. Others are ignored, as RFC 6749 says.
#[derive(Debug, Deserialize, JsonSchema)]
struct Answer {
    state: Option<String>,
    code: Option<String>,
    /// OAuth 1.0a says this instead of `code`.
    oauth_verifier: Option<String>,
    iss: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

async fn come_back(
    State(app): State<App>,
    Path(slug): Path<String>,
    Coming(came): Coming,
    headers: HeaderMap,
    answer: Result<Query<Answer>, Failure>,
) -> Response {
    // A value that comes twice means nothing.
    let Ok(Query(answer)) = answer else {
        let problem = ConnectFault::StateUnknown.into();
        return stopped(&app, problem, None, &came.request);
    };
    let back = CameBack {
        slug,
        state: answer.state.map(Secret::new),
        code: answer.code.or(answer.oauth_verifier).map(Secret::new),
        iss: answer.iss,
        error: answer.error,
        error_description: answer.error_description,
    };
    let browser = secret(&headers);
    let arrived = async {
        let coming = app.engine.come_back(back, browser.as_ref(), &came);
        let (link, attempt) = Box::pin(coming).await?;
        // To a clean address, so that the code stays in no history.
        after(&app, &link.id, &attempt).await
    };
    let arrived: Result<Response, Stopped> = arrived.await;
    arrived.unwrap_or_else(|problem| stopped(&app, problem, None, &came.request))
}
