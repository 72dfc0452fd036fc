//! The nouns of the domain. GLOSSARY.md says what each word means.

mod account;
mod audit;
mod chain;
mod connect_settings;
mod connecting;
mod connection;
mod connection_event;
mod delivery;
mod execution;
mod ids;
mod key;
mod oauth_client;
mod organization;
mod page;
mod rate;
mod replica;
mod session;
mod tenant;
mod time;
mod webhook;

/// What an action does to the application's data: the connectors' word, which the journal keeps.
pub use tenon_connector::document::Effect;

pub use account::{Account, AccountId, Erasure};
pub use audit::{Actor, AuditEntry, AuditFilter};
pub use chain::{Attested, ChainEnd, ChainEvent, Link, row_digest};
pub use connect_settings::{Confirm, ConnectSettings};
pub use connecting::{
    AttemptState, AttemptWish, ConnectAttempt, ConnectFault, ConnectLink, ConnectProblem, LinkWish,
};
pub use connection::{Connection, ConnectionStatus, Lease, LeaseOwner, Renewal, SealedCredential};
pub use connection_event::{ConnectionEvent, ConnectionEventKind};
pub use delivery::{Delivery, DeliveryAttempt, DeliveryPayload, DeliveryState};
pub use execution::{
    Attempt, EndedBy, Execution, ExecutionError, ExecutionFilter, ExecutionState, IdempotencyKey,
    KeptResult, NodeStatus, Outcome, RequestRecord, Source, StoredResult,
};
pub use ids::{
    ApiKeyId, AuditId, BootId, ConnectAttemptId, ConnectLinkId, ConnectionId, DataKeyId,
    DeliveryId, EventId, ExecutionId, FileId, LinkedAccountId, OauthClientId, OrgId, RequestId,
    SessionId, WebhookId,
};
pub use key::{AdminKey, ApiKey, DataKeyRow};
pub use oauth_client::OauthClient;
pub use organization::{ApplicationSettings, EnvironmentSettings, Organization};
pub use page::{Page, Paging};
pub use rate::{Rate, Taken};
pub use replica::{PRESUMED_DEAD_MS, Replica, ReplicaNote};
pub use session::{Session, SessionScopes};
pub use tenant::{Environment, Tenant};
pub use time::Millis;
pub use webhook::{Webhook, WebhookDefinition, WebhookEvent, WebhookMethod};
