//! Connecting at the level of HTTP: links, pages, forms, consent at an application, and the attacks on all of it.

mod attacks;
mod browser;
mod consent;
mod document;
mod forms;
mod links;
mod vendor;
