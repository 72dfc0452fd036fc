//! The store in a PostgreSQL database, which several replicas may share.
//!
//! One task writes the journal and commits what waits together ([`writer`]); everything else is
//! one statement on a connection of a bounded pool ([`pool`]). Nobody waits longer than
//! [`pool::PATIENCE`]: a database that does not answer is an error that says so. No lock and no
//! transaction outlives the call that it belongs to.

mod attested;
mod books;
mod error;
mod job;
mod journal;
mod migrate;
mod placeholders;
mod pool;
mod rates;
mod settings;
mod statement;
mod store;
mod tls;
mod value;
mod writer;

pub use error::PostgresError;
pub(crate) use error::Refusal;
pub use store::PostgresStore;
