//! The connector language from outside: documents in, requests and verdicts out.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what is wrong by stopping"
)]

mod bombs;
mod catalogue;
mod documents;
mod files;
mod fixture;
mod grants;
mod inputs;
mod profiles;
mod requests;
mod schemas;
mod steps;
mod templates;
