//! What running the program for years asks of a store: who else lives, what was managed, what was tampered with, what
//! may be forgotten, and what has to be sealed again.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;

use super::Stored;
use crate::model::{
    Attested, AuditEntry, AuditFilter, AuditId, BootId, Connection, DataKeyId, EnvironmentSettings,
    KeptResult, Link, Millis, Page, Paging, Rate, Replica, ReplicaNote, StoredResult, Taken,
    Tenant,
};

/// Makes keyed hashes with a key that is not in the database.
pub trait Notary: Send + Sync {
    /// The hash of these bytes.
    fn mac(&self, bytes: &[u8]) -> [u8; 32];
}

/// The chain over the journal and the audit log; [`Link`] says what it is.
///
/// Every write of an execution or of an audit entry appends its link in the same transaction, by this process's one
/// writer, so that a row without its link was written by somebody else.
#[async_trait]
pub trait Chain: Send + Sync {
    /// Begins this process's chain with an `opened` link for the end of each chain that no such link names yet, or with
    /// one without subject where there is none. Before this, writes of executions and audit entries are refused as unavailable.
    async fn open_chain(&self, boot: &BootId, notary: Arc<dyn Notary>, now: Millis) -> Stored<()>;
    /// Ends it; later writes of executions and audit entries are refused as unavailable.
    async fn close_chain(&self, now: Millis) -> Stored<()>;
    /// The boots that have links, oldest first.
    async fn chains(&self) -> Stored<Vec<BootId>>;
    /// Links of one boot after this place, in order, at most so many.
    async fn links(&self, boot: &BootId, after: i64, limit: u32) -> Stored<Vec<Link>>;
    /// Rows with the last that the chains say of them, in the order of their ids, after this id, at most so many: rows
    /// that are gone too, unless they were purged.
    async fn attested(&self, after: &str, limit: u32) -> Stored<Vec<Attested>>;
    /// The ids of executions and audit entries that no link names, at most so many.
    async fn unattested(&self, limit: u32) -> Stored<Vec<String>>;
}

/// The audit log.
#[async_trait]
pub trait Audits: Send + Sync {
    /// Writes a line before its act; on disk (`fsync`) when it returns.
    async fn audit(&self, entry: &AuditEntry) -> Stored<()>;
    /// Completes it: how the act ended.
    async fn audit_ended(&self, entry: &AuditEntry) -> Stored<()>;
    /// One line.
    async fn audit_entry(&self, id: &AuditId) -> Stored<Option<AuditEntry>>;
    /// Lines, newest first.
    async fn audit_entries(&self, filter: &AuditFilter, paging: Paging)
    -> Stored<Page<AuditEntry>>;
}

/// The processes that share the database. Times are the store's own, so that replicas' clocks may differ.
#[async_trait]
pub trait Replicas: Send + Sync {
    /// Gives a sign of life.
    async fn heartbeat(&self, boot: &BootId, note: &ReplicaNote) -> Stored<()>;
    /// Says good-bye: what this boot still had running may be swept at once.
    async fn leave(&self, boot: &BootId) -> Stored<()>;
    /// Those who gave a sign of life within [`crate::model::PRESUMED_DEAD_MS`].
    async fn replicas(&self) -> Stored<Vec<Replica>>;
}

/// Tenon's own rate limits, exact over all replicas.
#[async_trait]
pub trait RateLimits: Send + Sync {
    /// Takes one call of `key`'s rate (GCRA, by the store's clock). What is forgotten after a crash is at most a burst.
    async fn take(&self, key: &str, rate: Rate) -> Stored<Taken>;
    /// Forgets keys that have their whole burst again.
    async fn forget_full_rates(&self) -> Stored<u64>;
}

/// What environments decide, and what they want forgotten.
#[async_trait]
pub trait Retention: Send + Sync {
    /// What an environment decided; the default where it decided nothing.
    async fn environment_settings(&self, tenant: &Tenant) -> Stored<EnvironmentSettings>;
    /// Decides it.
    async fn set_environment_settings(
        &self,
        tenant: &Tenant,
        settings: &EnvironmentSettings,
    ) -> Stored<()>;
    /// All environments that decided something.
    async fn decided_environments(&self) -> Stored<Vec<(Tenant, EnvironmentSettings)>>;
    /// Removes finished executions that began before this time, with their kept answers and idempotency keys; at most
    /// so many, and says how many.
    async fn purge(&self, tenant: &Tenant, before: Millis, limit: u32) -> Stored<u64>;
}

/// Sealing again: the keys under new key-encryption keys, the data under new data keys. All tenants: it is a job.
#[async_trait]
pub trait Reseal: Send + Sync {
    /// Replaces a wrapped data key, if it is still this one. `false` where it is not.
    async fn replace_wrapped(&self, id: &DataKeyId, old: &[u8], new: &[u8]) -> Stored<bool>;
    /// Connections sealed under this data key, at most so many.
    async fn connections_under(&self, key: &DataKeyId, limit: u32) -> Stored<Vec<Connection>>;
    /// Kept answers sealed under this data key, at most so many.
    async fn results_under(&self, key: &DataKeyId, limit: u32) -> Stored<Vec<KeptResult>>;
    /// Replaces a kept answer, if it is still sealed under `old`. `false` where it is not.
    async fn replace_result(
        &self,
        old: &DataKeyId,
        execution: &crate::model::ExecutionId,
        result: &StoredResult,
    ) -> Stored<bool>;
    /// Removes a data key that seals nothing any more. `false` where it still does or is not there.
    async fn delete_data_key(&self, id: &DataKeyId) -> Stored<bool>;
}

/// Copies of the whole database while it is in use.
#[async_trait]
pub trait Snapshots: Send + Sync {
    /// Writes a consistent copy into a new file. `false` where the database has its own tools for that.
    async fn snapshot(&self, to: &Path) -> Stored<bool>;
}
