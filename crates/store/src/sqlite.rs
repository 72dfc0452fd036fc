//! The store in a SQLite file.
//!
//! One thread writes and commits what waits together ([`writer`]), a few threads read
//! ([`readers`]), one keeps the write-ahead log short ([`checkpoint`]).

mod chain;
mod checkpoint;
mod connect;
mod file;
mod inspect;
mod job;
mod journal;
mod ledger;
mod migrate;
mod open_error;
mod query;
mod rates;
mod readers;
mod snapshot;
mod store;
mod writer;

pub use open_error::OpenError;
pub use store::SqliteStore;
