//! Browsers: any origin may call with a session token. API keys are never invited into a browser.

use http::{HeaderName, Method, header};
use tower_http::cors::{Any, CorsLayer};

use super::answer::{X_EXECUTION_ID, X_NODE_STATUS, X_REQUEST_ID};
use super::error::{RATE_LIMIT, RATE_LIMIT_POLICY};
use super::execute::REPLAYED;

/// What the SDKs in browsers send.
const ALLOWED: [HeaderName; 11] = [
    header::AUTHORIZATION,
    header::CONTENT_TYPE,
    HeaderName::from_static("slug"),
    HeaderName::from_static("sync_execution"),
    HeaderName::from_static("config_id"),
    HeaderName::from_static("connection_id"),
    HeaderName::from_static("auth_type"),
    HeaderName::from_static("disable_field_options"),
    HeaderName::from_static("idempotency-key"),
    HeaderName::from_static("prefer"),
    HeaderName::from_static("x-dry-run"),
];

/// The layer that answers preflight requests.
pub(super) fn layer() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
        ])
        .allow_headers(ALLOWED)
        .expose_headers([
            X_REQUEST_ID,
            X_EXECUTION_ID,
            X_NODE_STATUS,
            REPLAYED,
            header::RETRY_AFTER,
            RATE_LIMIT_POLICY,
            RATE_LIMIT,
        ])
}
