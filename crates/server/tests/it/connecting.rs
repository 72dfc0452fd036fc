//! Connecting at the level of HTTP: links, pages, forms and the confirmation.

mod browser;
mod forms;
mod links;
