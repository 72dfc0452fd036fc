//! What the connect pages look like: templates, colours and words. It decides nothing and asks nobody.

mod page;
mod templates;
mod theme;
mod words;

pub(crate) use page::{CONFIRM_SCRIPT, PAGE_SCRIPT, STYLE, html, script, style};
pub(crate) use templates::render;
pub(crate) use theme::Theme;
pub(crate) use words::{Explained, explain};
