//! The ports that the simulated engine has no use for.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Map, Value};
use tenon_engine::model::{
    AttemptState, Attested, AuditEntry, AuditFilter, AuditId, BootId, ConnectAttempt,
    ConnectAttemptId, ConnectLink, ConnectLinkId, Connection, DataKeyId, EnvironmentSettings,
    ExecutionId, KeptResult, Link, Millis, Page, Paging, Rate, Replica, ReplicaNote, SessionId,
    StoredResult, Taken, Tenant,
};
use tenon_engine::ports::{
    Audits, Chain, Connecting, Notary, RateLimits, Replicas, Reseal, Retention, Snapshots, Stored,
};

use super::store::SimulatedStore;

#[async_trait]
impl Chain for SimulatedStore {
    async fn open_chain(&self, _: &BootId, _: Arc<dyn Notary>, _: Millis) -> Stored<()> {
        unreachable!("no chain is kept")
    }
    async fn close_chain(&self, _: Millis) -> Stored<()> {
        unreachable!("no chain is kept")
    }
    async fn chains(&self) -> Stored<Vec<BootId>> {
        unreachable!("no chain is kept")
    }
    async fn links(&self, _: &BootId, _: i64, _: u32) -> Stored<Vec<Link>> {
        unreachable!("no chain is kept")
    }
    async fn attested(&self, _: &str, _: u32) -> Stored<Vec<Attested>> {
        unreachable!("no chain is kept")
    }
    async fn unattested(&self, _: u32) -> Stored<Vec<String>> {
        unreachable!("no chain is kept")
    }
}

#[async_trait]
impl Audits for SimulatedStore {
    async fn audit(&self, _: &AuditEntry) -> Stored<()> {
        unreachable!("nobody manages")
    }
    async fn audit_ended(&self, _: &AuditEntry) -> Stored<()> {
        unreachable!("nobody manages")
    }
    async fn audit_entry(&self, _: &AuditId) -> Stored<Option<AuditEntry>> {
        unreachable!("nobody manages")
    }
    async fn audit_entries(&self, _: &AuditFilter, _: Paging) -> Stored<Page<AuditEntry>> {
        unreachable!("nobody manages")
    }
}

#[async_trait]
impl Replicas for SimulatedStore {
    async fn heartbeat(&self, _: &BootId, _: &ReplicaNote) -> Stored<()> {
        unreachable!("a life ends at once")
    }
    async fn leave(&self, _: &BootId) -> Stored<()> {
        unreachable!("a life ends at once")
    }
    async fn replicas(&self) -> Stored<Vec<Replica>> {
        // Asked before a data key is made: one that is alone shares its keys with nobody.
        Ok(Vec::new())
    }
}

#[async_trait]
impl RateLimits for SimulatedStore {
    async fn take(&self, _: &str, _: Rate) -> Stored<Taken> {
        unreachable!("no rates are set")
    }
    async fn forget_full_rates(&self) -> Stored<u64> {
        unreachable!("no rates are set")
    }
}

#[async_trait]
impl Retention for SimulatedStore {
    async fn environment_settings(&self, _: &Tenant) -> Stored<EnvironmentSettings> {
        unreachable!("nothing is purged")
    }
    async fn set_environment_settings(&self, _: &Tenant, _: &EnvironmentSettings) -> Stored<()> {
        unreachable!("nothing is purged")
    }
    async fn decided_environments(&self) -> Stored<Vec<(Tenant, EnvironmentSettings)>> {
        unreachable!("nothing is purged")
    }
    async fn purge(&self, _: &Tenant, _: Millis, _: u32) -> Stored<u64> {
        unreachable!("nothing is purged")
    }
}

#[async_trait]
impl Connecting for SimulatedStore {
    async fn add_connect_link(&self, _: &ConnectLink) -> Stored<()> {
        unreachable!("nobody connects")
    }
    async fn use_connect_code(&self, _: &ConnectLink) -> Stored<bool> {
        unreachable!("nobody connects")
    }
    async fn connect_link_of_code(&self, _: &[u8; 32]) -> Stored<Option<ConnectLink>> {
        unreachable!("nobody connects")
    }
    async fn connect_link(&self, _: &ConnectLinkId) -> Stored<Option<ConnectLink>> {
        unreachable!("nobody connects")
    }
    async fn add_connect_attempt(&self, _: &ConnectAttempt) -> Stored<()> {
        unreachable!("nobody connects")
    }
    async fn move_connect_attempt(&self, _: &ConnectAttempt, _: AttemptState) -> Stored<bool> {
        unreachable!("nobody connects")
    }
    async fn connect_attempt(
        &self,
        _: &Tenant,
        _: &ConnectAttemptId,
    ) -> Stored<Option<ConnectAttempt>> {
        unreachable!("nobody connects")
    }
    async fn connect_attempt_of_state(&self, _: &[u8; 32]) -> Stored<Option<ConnectAttempt>> {
        unreachable!("nobody connects")
    }
    async fn keep_hosted_properties(
        &self,
        _: &SessionId,
        _: &Map<String, Value>,
        _: Millis,
    ) -> Stored<()> {
        unreachable!("nobody connects")
    }
    async fn hosted_properties(
        &self,
        _: &SessionId,
        _: Millis,
    ) -> Stored<Option<Map<String, Value>>> {
        unreachable!("nobody connects")
    }
    async fn forget_connecting(&self, _: Millis, _: Millis) -> Stored<u64> {
        unreachable!("nobody connects")
    }
}

#[async_trait]
impl Reseal for SimulatedStore {
    async fn replace_wrapped(&self, _: &DataKeyId, _: &[u8], _: &[u8]) -> Stored<bool> {
        unreachable!("keys stay")
    }
    async fn connections_under(&self, _: &DataKeyId, _: u32) -> Stored<Vec<Connection>> {
        unreachable!("keys stay")
    }
    async fn results_under(&self, _: &DataKeyId, _: u32) -> Stored<Vec<KeptResult>> {
        unreachable!("keys stay")
    }
    async fn replace_result(
        &self,
        _: &DataKeyId,
        _: &ExecutionId,
        _: &StoredResult,
    ) -> Stored<bool> {
        unreachable!("keys stay")
    }
    async fn delete_data_key(&self, _: &DataKeyId) -> Stored<bool> {
        unreachable!("keys stay")
    }
}

#[async_trait]
impl Snapshots for SimulatedStore {
    async fn snapshot(&self, _: &Path) -> Stored<bool> {
        unreachable!("nobody copies")
    }
}
