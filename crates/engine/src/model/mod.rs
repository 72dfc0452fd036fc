//! The nouns of the domain. GLOSSARY.md says what each word means.

mod account;
mod connection;
mod execution;
mod ids;
mod key;
mod organization;
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
pub use session::{Session, SessionScopes};
pub use tenant::{Environment, Tenant};
pub use time::Millis;

/// A page of a list, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paging {
    /// The page's number, from 1.
    pub page: u32,
    /// How many items a page holds, 1 to 100.
    pub limit: u32,
}

impl Paging {
    /// How many items stand before this page.
    pub fn offset(self) -> u64 {
        u64::from(self.page.saturating_sub(1)) * u64::from(self.limit)
    }
}

/// The items of one page, and how many there are in all.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// This page's items.
    pub items: Vec<T>,
    /// The number of all items.
    pub total: u64,
}
