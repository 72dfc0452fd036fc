//! The connector language from outside: documents in, requests and verdicts out.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what is wrong by stopping"
)]

mod catalogue;
mod documents;
mod fixture;
mod inputs;
mod requests;
mod steps;
