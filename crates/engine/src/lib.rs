//! The use cases: executing actions, keeping connections, answering from the journal.
//!
//! Knows no SQL, no axum and no socket: the store stands behind [`ports`], the network behind the egress crate.

pub mod model;
pub mod ports;
