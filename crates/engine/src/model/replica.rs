//! The processes that share one database.

use serde::{Deserialize, Serialize};

use super::BootId;

/// What a process says of itself with each sign of life.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplicaNote {
    /// The program's version.
    pub version: String,
    /// The ids of the key-encryption keys that it holds.
    pub key_ids: Vec<String>,
    /// Whether it is about to end.
    pub draining: bool,
}

/// A process that gave a sign of life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replica {
    /// Its life.
    pub boot: BootId,
    /// What it said.
    pub note: ReplicaNote,
    /// How long ago, in milliseconds by the store's clock.
    pub silent_for_ms: i64,
}

/// How long a process may be silent before its executions count as `Unknown`.
pub const PRESUMED_DEAD_MS: i64 = 4_000;
