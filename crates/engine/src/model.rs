//! The nouns of the domain. GLOSSARY.md says what each word means.

mod account;
mod audit;
mod chain;
mod connection;
mod execution;
mod ids;
mod key;
mod organization;
mod page;
mod rate;
mod replica;
mod session;
mod tenant;
mod time;

/// What an action does to the application's data: the connectors' word, which the journal keeps.
pub use tenon_connector::document::Effect;

pub use account::{Account, AccountId, Erasure};
pub use audit::{Actor, AuditEntry, AuditFilter};
pub use chain::{Attested, ChainEnd, ChainEvent, Link, row_digest};
pub use connection::{Connection, ConnectionStatus, SealedCredential};
pub use execution::{
    Attempt, EndedBy, Execution, ExecutionError, ExecutionFilter, ExecutionState, IdempotencyKey,
    KeptResult, NodeStatus, Outcome, RequestRecord, Source, StoredResult,
};
pub use ids::{
    ApiKeyId, AuditId, BootId, ConnectionId, DataKeyId, ExecutionId, LinkedAccountId, OrgId,
    RequestId, SessionId,
};
pub use key::{AdminKey, ApiKey, DataKeyRow};
pub use organization::{ApplicationSettings, EnvironmentSettings, Organization};
pub use page::{Page, Paging};
pub use rate::{Rate, Taken};
pub use replica::{PRESUMED_DEAD_MS, Replica, ReplicaNote};
pub use session::{Session, SessionScopes};
pub use tenant::{Environment, Tenant};
pub use time::Millis;
