//! The bar: promises about the whole process, each proved by a test that is named after its number.
//!
//! `docs/promises.md` lists all of them. Sizes are short as a rule and full with `TENON_BAR=full`.

#![expect(
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what is wrong by stopping"
)]

mod access;
mod credentials;
mod egress;
mod engines;
mod execution;
mod fairness;
mod files;
mod hostile;
mod idempotency;
mod inbound;
mod matrix;
mod operations;
mod operator;
mod parsers;
mod vendor;
mod webhooks;
