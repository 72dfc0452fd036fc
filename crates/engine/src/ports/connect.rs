//! What the connect flow asks of a store. Each step is taken once, whichever process takes it.

use async_trait::async_trait;
use serde_json::{Map, Value};

use super::Stored;
use crate::model::{
    AttemptState, ConnectAttempt, ConnectAttemptId, ConnectLink, ConnectLinkId, Millis, SessionId,
    Tenant,
};

/// Links, attempts, and what pages look like.
#[async_trait]
pub trait Connecting: Send + Sync {
    /// Adds a link.
    async fn add_connect_link(&self, link: &ConnectLink) -> Stored<()>;
    /// Uses a link's code, if nobody did and it is not over: keeps its time, browser and new end. `false` where not.
    async fn use_connect_code(&self, link: &ConnectLink) -> Stored<bool>;
    /// The link of a code. No tenant: the code says which.
    async fn connect_link_of_code(&self, code_hash: &[u8; 32]) -> Stored<Option<ConnectLink>>;
    /// One link. No tenant: a browser has none, and its secret is compared by the caller.
    async fn connect_link(&self, id: &ConnectLinkId) -> Stored<Option<ConnectLink>>;
    /// Adds an attempt.
    async fn add_connect_attempt(&self, attempt: &ConnectAttempt) -> Stored<()>;
    /// Takes an attempt to its next state, if the stored one is in state `from` and its version is
    /// `attempt.version - 1`. `false` where not: somebody else took a step.
    async fn move_connect_attempt(
        &self,
        attempt: &ConnectAttempt,
        from: AttemptState,
    ) -> Stored<bool>;
    /// One attempt.
    async fn connect_attempt(
        &self,
        tenant: &Tenant,
        id: &ConnectAttemptId,
    ) -> Stored<Option<ConnectAttempt>>;
    /// The attempt of a `state`. No tenant: the state says which.
    async fn connect_attempt_of_state(
        &self,
        state_hash: &[u8; 32],
    ) -> Stored<Option<ConnectAttempt>>;
    /// Keeps how pages look for those who come with a session's token.
    async fn keep_hosted_properties(
        &self,
        session: &SessionId,
        properties: &Map<String, Value>,
        until: Millis,
    ) -> Stored<()>;
    /// How pages look for a session, at `now`.
    async fn hosted_properties(
        &self,
        session: &SessionId,
        now: Millis,
    ) -> Stored<Option<Map<String, Value>>>;
    /// Forgets what is parked of attempts that ended before `now`, and links, attempts and properties that ended before
    /// `gone`; says how many secrets were forgotten. All tenants: it is a job.
    async fn forget_connecting(&self, now: Millis, gone: Millis) -> Stored<u64>;
}
