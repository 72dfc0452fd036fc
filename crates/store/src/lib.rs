//! The engine's store in SQL: what [`tenon_engine::ports`] asks for, kept in a SQLite file or a
//! PostgreSQL database.
//!
//! Guarantees that an acknowledged write is committed, that a write acknowledged as durable has
//! been through `fsync`, and that one process at a time owns a file. `tests/it/suite` holds the
//! promises that every store keeps; a second engine joins by running the same suite.

mod database;
mod fault;
mod migrations;
mod postgres;
mod record;
mod selection;
mod sqlite;
mod tables;
mod value;

pub use migrations::Schema;
pub use postgres::{PostgresError, PostgresStore};
pub use sqlite::{OpenError, SqliteStore};
