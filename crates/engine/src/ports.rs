//! What the engine asks of a store and of time. The store crate answers; the engine knows no SQL.
//!
//! Every method that touches tenant data takes the tenant first. The few that do not say why in their name or comment.

mod connect;
mod connecting;
mod operations;
mod webhooks;

use async_trait::async_trait;
use tenon_vault::digest;

pub use connect::Connecting;
pub use connecting::{AppCredentials, Connections, OauthClients, Renewals, SealedValue, Timeline};
pub use operations::{Audits, Chain, Notary, RateLimits, Replicas, Reseal, Retention, Snapshots};
pub use webhooks::{Deliveries, Webhooks};

use crate::model::{
    Account, AccountId, AdminKey, ApiKey, ApiKeyId, ApplicationSettings, BootId, DataKeyRow,
    Erasure, Execution, ExecutionFilter, ExecutionId, IdempotencyKey, Millis, OrgId, Organization,
    Page, Paging, Session, SessionId, StoredResult, Tenant,
};

/// Why a store did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be reached or cannot write: full disk, read-only, shut down.
    #[error("the store is not available")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Something of that name exists already.
    #[error("it exists already")]
    Exists,
    /// A text holds the character U+0000, which not every database can keep.
    #[error("a text holds the character U+0000")]
    Unstorable,
    /// A row holds what no version of this program writes.
    #[error("the store holds an impossible value in {table}.{column} of {row}")]
    Inconsistent {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row's key.
        row: String,
    },
}

/// The result of a store's method.
pub type Stored<T> = Result<T, StoreError>;

/// What time it is, and how long to wait. Tests hold it still.
pub trait Clock: Send + Sync {
    /// The wall clock.
    fn now(&self) -> Millis;

    /// A number from 0 to 1: how much of a wait is waited, so that those who failed together do not return together.
    fn chance(&self) -> f64 {
        f64::from(u32::from_be_bytes(digest::random_bytes::<4>())) / f64::from(u32::MAX)
    }
}

/// Everything that the engine keeps.
pub trait Store:
    Journal
    + Accounts
    + Connections
    + Renewals
    + Timeline
    + OauthClients
    + AppCredentials
    + Connecting
    + Webhooks
    + Deliveries
    + Sessions
    + Keys
    + Organizations
    + Chain
    + Audits
    + Replicas
    + RateLimits
    + Retention
    + Reseal
    + Snapshots
{
}

impl<T> Store for T where
    T: Journal
        + Accounts
        + Connections
        + Renewals
        + Timeline
        + OauthClients
        + AppCredentials
        + Connecting
        + Webhooks
        + Deliveries
        + Sessions
        + Keys
        + Organizations
        + Chain
        + Audits
        + Replicas
        + RateLimits
        + Retention
        + Reseal
        + Snapshots
{
}

/// The durable record of executions.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Writes the intent of an execution (state `running`) and, with it, the caller's idempotency key.
    ///
    /// When it returns [`Begun::Started`], both are on disk (`fsync`). Where the key is held already, nothing is
    /// written and the holder is returned. A key past its life whose execution is finished is free again, and so is one
    /// that is held by `over`, an execution that ended `unknown` and that this one resumes.
    async fn begin(
        &self,
        execution: &Execution,
        key: Option<&IdempotencyKey>,
        over: Option<&ExecutionId>,
    ) -> Stored<Begun>;

    /// Writes the outcome of an execution that was begun, and its answer where callers may ask again; both are on disk
    /// (`fsync`) when it returns.
    ///
    /// One that ended `not_sent` gives its idempotency key back: nothing happened, so the same call may be made again.
    /// What was swept as `unknown` gets its true end. An execution that is finished otherwise, or gone, is left alone:
    /// `false` is returned.
    async fn finish(&self, execution: &Execution, result: Option<&StoredResult>) -> Stored<bool>;

    /// Writes a finished execution in one row: for reads, which need no intent. Survives `kill -9`; its `fsync` may come later.
    async fn record(&self, execution: &Execution) -> Stored<()>;

    /// Who holds this idempotency key of this account, if anyone, at `now`.
    async fn idempotency_key(
        &self,
        tenant: &Tenant,
        account: &AccountId,
        slug: &str,
        action: &str,
        key_hash: &str,
        now: Millis,
    ) -> Stored<Option<IdempotencyKey>>;

    /// One execution.
    async fn execution(&self, tenant: &Tenant, id: &ExecutionId) -> Stored<Option<Execution>>;

    /// Executions, newest first unless the filter says otherwise.
    async fn executions(
        &self,
        tenant: &Tenant,
        filter: &ExecutionFilter,
        paging: Paging,
    ) -> Stored<Page<Execution>>;

    /// The kept answer of an execution.
    async fn result(&self, tenant: &Tenant, id: &ExecutionId) -> Stored<Option<StoredResult>>;

    /// Gives an execution that ended `unknown` the end that is now known ([`Execution::ended_by`] says from whom).
    /// `false` where it is not `unknown` any more.
    async fn resolve(&self, execution: &Execution) -> Stored<bool>;

    /// Ends as `Unknown` every `running` execution of processes that are neither `boot` nor alive, and those of any process
    /// whose deadline is long over: their end could not be written. Says how many there were. All tenants: it is a job.
    async fn sweep(&self, boot: &BootId, now: Millis) -> Stored<u64>;

    /// Forgets answers and idempotency keys past their life, never of a running execution. All tenants: it is a job.
    async fn expire(&self, now: Millis) -> Stored<u64>;
}

/// What became of an intent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// It is durable.
    Started,
    /// Another execution holds the idempotency key; nothing was written.
    Held(IdempotencyKey),
}

/// Linked accounts.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// Adds an account; [`StoreError::Exists`] where its `account_id` is taken.
    async fn add_account(&self, tenant: &Tenant, account: &Account) -> Stored<()>;
    /// Replaces an account's name, facts and time of change.
    async fn update_account(&self, tenant: &Tenant, account: &Account) -> Stored<()>;
    /// One account.
    async fn account(&self, tenant: &Tenant, id: &AccountId) -> Stored<Option<Account>>;
    /// Accounts, newest first; `search` is a part of the id or the name, in any case.
    async fn accounts(
        &self,
        tenant: &Tenant,
        search: Option<&str>,
        paging: Paging,
    ) -> Stored<Page<Account>>;
    /// Removes an account with its connections, sessions, kept answers and idempotency keys, and with its finished
    /// executions where `history` says so; else they stay, for they are a record. Says what was removed; nothing where
    /// there is no such account.
    async fn delete_account(
        &self,
        tenant: &Tenant,
        id: &AccountId,
        history: bool,
    ) -> Stored<Option<Erasure>>;
}

/// Session tokens.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Adds a session.
    async fn add_session(&self, session: &Session) -> Stored<()>;
    /// One session. No tenant: the token's signature has proved it, and the row says whose it is.
    async fn session(&self, id: &SessionId) -> Stored<Option<Session>>;
    /// The sessions of an account that are neither revoked nor over at `now`, newest first.
    async fn live_sessions(
        &self,
        tenant: &Tenant,
        account: &AccountId,
        now: Millis,
    ) -> Stored<Vec<Session>>;
    /// Revokes a session; `false` where it was revoked before or there is none.
    async fn revoke_session(&self, tenant: &Tenant, id: &SessionId, now: Millis) -> Stored<bool>;
    /// Counts one execution against the session's `max_calls`; `false` where none is left.
    async fn count_call(&self, tenant: &Tenant, id: &SessionId) -> Stored<bool>;
}

/// API keys, admin keys and data keys.
#[async_trait]
pub trait Keys: Send + Sync {
    /// Adds an API key.
    async fn add_api_key(&self, key: &ApiKey) -> Stored<()>;
    /// The key with this hash that is not revoked. No tenant: the key says which.
    async fn api_key(&self, hash: &[u8; 32]) -> Stored<Option<ApiKey>>;
    /// The keys of an environment, revoked ones too, oldest first.
    async fn api_keys(&self, tenant: &Tenant) -> Stored<Vec<ApiKey>>;
    /// Revokes a key; `false` where it was revoked before or there is none.
    async fn revoke_api_key(&self, tenant: &Tenant, id: &ApiKeyId, now: Millis) -> Stored<bool>;
    /// Adds an admin key.
    async fn add_admin_key(&self, key: &AdminKey) -> Stored<()>;
    /// Removes every admin key but these two, and says how many there were.
    async fn keep_admin_keys(&self, kept: [&[u8; 32]; 2]) -> Stored<u64>;
    /// Whether an admin key has this hash.
    async fn has_admin_key(&self, hash: &[u8; 32]) -> Stored<bool>;
    /// Whether there is any admin key: there is none before the first start.
    async fn any_admin_key(&self) -> Stored<bool>;
    /// All data keys, oldest first. The newest of a scope seals; all of them open.
    async fn data_keys(&self) -> Stored<Vec<DataKeyRow>>;
    /// Adds a data key. `false` where its scope has one of that generation: another process was first.
    async fn add_data_key(&self, key: &DataKeyRow) -> Stored<bool>;
}

/// Organizations and their settings.
#[async_trait]
pub trait Organizations: Send + Sync {
    /// Adds an organization.
    async fn add_organization(&self, organization: &Organization) -> Stored<()>;
    /// All organizations, oldest first.
    async fn organizations(&self) -> Stored<Vec<Organization>>;
    /// One organization.
    async fn organization(&self, id: &OrgId) -> Stored<Option<Organization>>;
    /// Changes an organization's name; `false` where there is none.
    async fn rename_organization(&self, id: &OrgId, name: &str) -> Stored<bool>;
    /// What a tenant decided about applications, by slug.
    async fn application_settings(
        &self,
        tenant: &Tenant,
    ) -> Stored<Vec<(String, ApplicationSettings)>>;
    /// Sets what a tenant decides about one application.
    async fn set_application_settings(
        &self,
        tenant: &Tenant,
        slug: &str,
        settings: &ApplicationSettings,
    ) -> Stored<()>;
    /// Answers if the store can be read and written: with the time there, where its clock is another than the process's.
    async fn ping(&self) -> Stored<Option<Millis>>;
}
