//! The stylesheet and the scripts of the pages, and the script for the tenant's own pages.

use axum::response::Response;

use crate::api::access::Access::Browser;
use crate::api::route::{Operation, Route, get};
use crate::connect::{CONFIRM_SCRIPT, PAGE_SCRIPT, STYLE};
use crate::pages::{script, style};

pub(super) fn routes() -> Vec<Route> {
    let operation = |id| Operation::new(id, "A part of the connect pages");
    vec![
        get(
            "/connect/assets/style.css",
            Browser,
            async || -> Response { style(STYLE) },
            operation("connectStyle"),
        ),
        get(
            "/connect/assets/page.js",
            Browser,
            async || -> Response { script(PAGE_SCRIPT) },
            operation("connectPageScript"),
        ),
        get(
            "/connect/confirm.js",
            Browser,
            async || -> Response { script(CONFIRM_SCRIPT) },
            operation("connectConfirmScript"),
        ),
    ]
}
