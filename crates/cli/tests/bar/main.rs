//! The bar: promises about the whole process, each proved by a test that is named after its number.
//!
//! `docs/promises.md` lists all of them. Sizes are short as a rule and full with `TENON_BAR=full`.

mod access;
mod credentials;
mod egress;
mod execution;
mod fairness;
mod idempotency;
mod inbound;
mod operations;
mod parsers;
mod vendor;
