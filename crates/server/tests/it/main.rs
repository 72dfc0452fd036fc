//! The HTTP API from outside: the whole router on a real store, with an application that a test plays.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by stopping"
)]

mod accounts;
mod app_credentials;
mod authorization;
mod conformance;
mod connecting;
mod credentials;
mod docs;
mod document;
mod errors;
mod executing;
mod executions;
mod management;
mod manners;
mod sessions;
mod tampering;
mod webhooks;
mod world;
