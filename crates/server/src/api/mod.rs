//! The HTTP API: one table of routes, and the handlers behind it.

use axum::Router;

use crate::app::App;

/// The whole API.
pub fn router(_app: App) -> Router {
    Router::new()
}
