//! What the connect pages look like: templates, colours and words. It decides nothing and asks nobody.

mod theme;
mod words;

pub(crate) use theme::Theme;
pub(crate) use words::{Explained, explain};

/// The stylesheet of every page.
pub(crate) const STYLE: &str = include_str!("pages/style.css");
/// The script of the pages: what can be done without it is.
pub(crate) const PAGE_SCRIPT: &str = include_str!("pages/page.js");
/// The script for the tenant's own pages.
pub(crate) const CONFIRM_SCRIPT: &str = include_str!("pages/confirm.js");

/// The templates by name.
pub(crate) const TEMPLATES: [(&str, &str); 6] = [
    ("layout.html", include_str!("pages/layout.html")),
    ("applications.html", include_str!("pages/applications.html")),
    ("consent.html", include_str!("pages/consent.html")),
    ("leaving.html", include_str!("pages/leaving.html")),
    ("attempt.html", include_str!("pages/attempt.html")),
    ("stopped.html", include_str!("pages/stopped.html")),
];
