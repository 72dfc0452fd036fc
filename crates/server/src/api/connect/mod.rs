//! Connecting: how a tenant starts it, the pages that a browser sees, the way back from the application, and the
//! confirmation. The engine's connect flow decides; this translates.

mod assets;
mod attempts;
mod browser;
mod callback;
mod confirm;
mod consent;
mod pages;
mod start;
mod view;

pub(super) use callback::address as callback_address;
pub(super) use view::{app_view, base};

use super::route::Route;

/// The routes.
pub(super) fn routes() -> Vec<Route> {
    [
        start::routes(),
        confirm::routes(),
        pages::routes(),
        consent::routes(),
        attempts::routes(),
        callback::routes(),
        assets::routes(),
    ]
    .into_iter()
    .flatten()
    .map(|route| route.tagged("Connecting"))
    .collect()
}
