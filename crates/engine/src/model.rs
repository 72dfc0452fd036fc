//! The nouns of the domain. GLOSSARY.md says what each word means.

mod account;
mod connection;
mod execution;
mod ids;
mod key;
mod organization;
mod page;
mod session;
mod tenant;
mod time;

pub use account::{Account, AccountId};
pub use connection::{Connection, ConnectionStatus, SealedCredential};
pub use execution::{
    Attempt, Execution, ExecutionError, ExecutionFilter, ExecutionState, IdempotencyKey,
    NodeStatus, Outcome, RequestRecord, Source, StoredResult,
};
pub use ids::{
    ApiKeyId, BootId, ConnectionId, DataKeyId, ExecutionId, LinkedAccountId, OrgId, RequestId,
    SessionId,
};
pub use key::{AdminKey, ApiKey, DataKeyRow};
pub use organization::{ApplicationSettings, Organization};
pub use page::{Page, Paging};
pub use session::{Session, SessionScopes};
pub use tenant::{Environment, Tenant};
pub use time::Millis;
