//! The real binary, as an operator and a script meet it: starting, refusing to start, the demo, the commands, and
//! connectors that change while it serves.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what is wrong by stopping"
)]

mod commands;
mod connectors;
mod demo;
mod imports;
mod postgres;
mod serve;
mod tenon;
mod webhooks;
