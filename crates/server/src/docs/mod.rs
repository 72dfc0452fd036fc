//! What the catalogue pages show: connectors as rows, code and text, made from the documents and from nothing else.
//!
//! Everything that a connector's author wrote is data here. It reaches a page through templates that escape it, or as
//! the few elements that [`readme`] writes itself.

mod code;
mod markdown;
mod rows;
mod search;

pub(crate) use code::{Snippets, pretty};
pub(crate) use markdown::html as readme;
pub(crate) use rows::Table;
pub(crate) use search::{Found, Words, find, near};

/// The stylesheet, over that of the connect pages.
pub(crate) const STYLE: &str = include_str!("pages/style.css");
/// The script: it searches while somebody types, and copies code.
pub(crate) const SCRIPT: &str = include_str!("pages/page.js");

/// The templates by name.
pub(crate) const TEMPLATES: [(&str, &str); 6] = [
    ("docs/layout.html", include_str!("pages/layout.html")),
    ("docs/parts.html", include_str!("pages/parts.html")),
    ("docs/index.html", include_str!("pages/index.html")),
    (
        "docs/application.html",
        include_str!("pages/application.html"),
    ),
    ("docs/action.html", include_str!("pages/action.html")),
    ("docs/missing.html", include_str!("pages/missing.html")),
];
