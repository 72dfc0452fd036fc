//! What operators and tools ask: is it alive, is it ready, what has it counted, what can it do.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tenon_engine::error::{Code, Error};

use super::access::Access;
use super::answer::{Answer, Json};
use super::extract::Query;
use super::openapi::{openapi, openapi_of};
use super::route::{Operation, Route, get};
use crate::app::App;

/// The routes.
pub(super) fn routes() -> Vec<Route> {
    [
        get(
            "/healthz",
            Access::Open,
            alive,
            Operation::new("getHealth", "Whether the process is alive").gives::<Health>(),
        ),
        get(
            "/readyz",
            Access::Open,
            ready,
            Operation::new("getReadiness", "Whether calls can be served")
                .describe(
                    "503 where the store cannot be read and written, or the process is ending.",
                )
                .gives::<Health>(),
        ),
        get(
            "/metrics",
            Access::Open,
            metrics,
            Operation::new(
                "getMetrics",
                "What has been counted, as Prometheus reads it",
            ),
        ),
        get(
            "/openapi.json",
            Access::Open,
            document,
            Operation::new("getOpenApi", "This document, or that of an application")
                .describe("An application's document has an operation for each of its actions.")
                .query::<DocumentQuery>()
                .gives::<Value>(),
        ),
    ]
    .into_iter()
    .map(|route| route.tagged("Operation"))
    .collect()
}

/// All is well.
#[derive(Debug, Serialize, JsonSchema)]
struct Health {
    status: &'static str,
}

/// Which document.
#[derive(Debug, Deserialize, JsonSchema)]
struct DocumentQuery {
    /// The slug of an application, for the document of its actions.
    application: Option<String>,
}

async fn alive() -> Json<Health> {
    Json(Health { status: "ok" })
}

async fn ready(State(app): State<App>) -> Answer<Health> {
    if app.stopping.is_cancelled() {
        return Err(Error::of(Code::Unavailable).after(1000).into());
    }
    app.engine.ping().await?;
    Ok(Json(Health { status: "ok" }))
}

async fn metrics(State(app): State<App>) -> Response {
    let kind = "text/plain; version=0.0.4";
    ([(CONTENT_TYPE, kind)], app.metrics.render()).into_response()
}

async fn document(State(app): State<App>, Query(query): Query<DocumentQuery>) -> Answer<Value> {
    Ok(Json(match query.application {
        Some(slug) => openapi_of(app.engine.registry().connector(&slug)?.as_ref()),
        None => openapi(),
    }))
}
