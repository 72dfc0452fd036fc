//! The engine from outside: a real store, a real network, an application that a test plays.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what is wrong by stopping"
)]

mod connections;
mod executing;
mod failing;
mod fixture;
mod listing;
mod renewing;
mod retention;
mod sessions;
mod simulation;
mod starting;
mod webhooks;
