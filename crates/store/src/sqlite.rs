//! The store in a SQLite file.
//!
//! One thread writes and commits what waits together ([`writer`]), a few threads read
//! ([`readers`]), one keeps the write-ahead log short ([`checkpoint`]). Each port has a file of
//! its own that holds its statements.

mod accounts;
mod checkpoint;
mod connect;
mod connections;
mod fault;
mod file;
mod job;
mod journal;
mod journal_list;
mod journal_rows;
mod keys;
mod migrate;
mod open_error;
mod organizations;
mod query;
mod readers;
mod record;
mod selection;
mod sessions;
mod store;
mod writer;

pub use open_error::OpenError;
pub use store::SqliteStore;
