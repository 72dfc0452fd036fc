//! What connecting and staying connected asks of a store. Every change of a connection comes with the line of its
//! timeline that tells of it, and both are written or neither.

use async_trait::async_trait;

use super::Stored;
use crate::model::{
    AccountId, Connection, ConnectionEvent, ConnectionId, LeaseOwner, Millis, OauthClient, Page,
    Paging, Tenant,
};

/// Connections. Those that are being revoked are seen by [`Connections::revoking`] alone.
#[async_trait]
pub trait Connections: Send + Sync {
    /// Adds a connection.
    async fn add_connection(&self, connection: &Connection, event: &ConnectionEvent) -> Stored<()>;
    /// Gives a connection another credential: replaces everything but id, tenant, account, application, default and time
    /// of making, and ends whatever refresh was on its way, if the stored version is `connection.version - 1`. `false` where it is not.
    async fn update_connection(
        &self,
        connection: &Connection,
        event: &ConnectionEvent,
    ) -> Stored<bool>;
    /// Replaces the seal alone (trust, client, key, blob), if the stored version is `connection.version - 1`. A refresh
    /// that is on its way goes on. `false` where the version is another.
    async fn reseal_connection(
        &self,
        connection: &Connection,
        event: Option<&ConnectionEvent>,
    ) -> Stored<bool>;
    /// Sets status and reason, if the version is still the connection's and the status is another. `false` where not.
    async fn mark_connection(
        &self,
        connection: &Connection,
        event: &ConnectionEvent,
    ) -> Stored<bool>;
    /// Sets the label and whether it is the default; another default of the account at the application is one no more.
    /// `false` where there is no such connection.
    async fn describe_connection(
        &self,
        connection: &Connection,
        event: &ConnectionEvent,
    ) -> Stored<bool>;
    /// One connection.
    async fn connection(&self, tenant: &Tenant, id: &ConnectionId) -> Stored<Option<Connection>>;
    /// The connections of an account, at one application or at all, oldest first.
    async fn connections(
        &self,
        tenant: &Tenant,
        account: &AccountId,
        slug: Option<&str>,
    ) -> Stored<Vec<Connection>>;
    /// All connections at one application, of one tenant: for approving changed hosts.
    async fn connections_of_application(
        &self,
        tenant: &Tenant,
        slug: &str,
    ) -> Stored<Vec<Connection>>;
    /// Takes a connection away from everybody, and its lease for whoever retires it: nobody else revokes it meanwhile.
    /// `false` where it was gone already.
    async fn retire_connection(
        &self,
        connection: &Connection,
        owner: &LeaseOwner,
        milliseconds: i64,
        event: &ConnectionEvent,
    ) -> Stored<bool>;
    /// Connections that were retired and that nobody revokes at present. All tenants: it is a job.
    async fn revoking(&self, limit: u32) -> Stored<Vec<Connection>>;
    /// Removes a connection that was retired; `event` says what the application answered.
    async fn delete_connection(
        &self,
        connection: &Connection,
        event: Option<&ConnectionEvent>,
    ) -> Stored<()>;
}

/// The right to refresh a connection's tokens, by the store's clock. It is never held over a transaction: a holder who
/// is late finds it gone.
#[async_trait]
pub trait Renewals: Send + Sync {
    /// Takes the lease of a connection whose version is still this one, if nobody has it. On disk when it returns: who
    /// cannot write cannot spend a token.
    async fn take_lease(
        &self,
        connection: &Connection,
        owner: &LeaseOwner,
        for_ms: i64,
    ) -> Stored<bool>;
    /// Has it for longer; `false` where somebody else has it.
    async fn extend_lease(
        &self,
        connection: &Connection,
        owner: &LeaseOwner,
        for_ms: i64,
    ) -> Stored<bool>;
    /// Writes the new credential and renewal and gives the lease back, if the owner still has it and the stored version is
    /// `connection.version - 1`. `false` where not: nothing is written.
    async fn finish_refresh(
        &self,
        connection: &Connection,
        owner: &LeaseOwner,
        event: &ConnectionEvent,
    ) -> Stored<bool>;
    /// Writes what came of a refresh without new tokens (status, reason, failures, when to try again) and gives the lease
    /// back. `false` where the owner has it no more.
    async fn give_up_refresh(
        &self,
        connection: &Connection,
        owner: &LeaseOwner,
        event: Option<&ConnectionEvent>,
    ) -> Stored<bool>;
    /// Active connections that are due at `now` and whose lease nobody has, the longest due first. All tenants: it is a job.
    async fn due_connections(&self, now: Millis, limit: u32) -> Stored<Vec<Connection>>;
    /// Connections whose refresh nobody ended: their lease is over. All tenants: it is a job.
    async fn abandoned_refreshes(&self, limit: u32) -> Stored<Vec<Connection>>;
}

/// The timelines of connections.
#[async_trait]
pub trait Timeline: Send + Sync {
    /// Adds a line that goes with no change of the connection's row.
    async fn add_event(&self, event: &ConnectionEvent) -> Stored<()>;
    /// The lines of one connection, newest first, also when it is gone.
    async fn timeline(
        &self,
        tenant: &Tenant,
        account: &AccountId,
        connection: &ConnectionId,
        paging: Paging,
    ) -> Stored<Page<ConnectionEvent>>;
    /// Forgets the lines of refreshes before this time; every other line stays. All tenants: it is a job.
    async fn forget_refreshes(&self, before: Millis) -> Stored<u64>;
}

/// Tenants' OAuth clients.
#[async_trait]
pub trait OauthClients: Send + Sync {
    /// Adds a client (version 1), or replaces the tenant's client of the same way if its version is `client.version - 1`.
    /// `false` where it is another.
    async fn put_oauth_client(&self, client: &OauthClient) -> Stored<bool>;
    /// The client of one way to authenticate.
    async fn oauth_client(
        &self,
        tenant: &Tenant,
        slug: &str,
        auth: &str,
    ) -> Stored<Option<OauthClient>>;
    /// All clients of a tenant, by application.
    async fn oauth_clients(&self, tenant: &Tenant) -> Stored<Vec<OauthClient>>;
    /// Removes a client; `false` where there is none.
    async fn delete_oauth_client(&self, tenant: &Tenant, slug: &str, auth: &str) -> Stored<bool>;
}

/// What accounts gave the tenant for calls of its own application, sealed.
#[async_trait]
pub trait AppCredentials: Send + Sync {
    /// One of them: the sealed value and its version.
    async fn app_credential(
        &self,
        tenant: &Tenant,
        account: &AccountId,
        key: &str,
    ) -> Stored<Option<SealedValue>>;
    /// Adds one (version 1), or replaces the one whose version is `value.version - 1`. `false` where it is another.
    async fn put_app_credential(
        &self,
        tenant: &Tenant,
        account: &AccountId,
        key: &str,
        value: &SealedValue,
    ) -> Stored<bool>;
    /// Removes one; `false` where there is none.
    async fn delete_app_credential(
        &self,
        tenant: &Tenant,
        account: &AccountId,
        key: &str,
    ) -> Stored<bool>;
}

/// A sealed value, and how often it was replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedValue {
    /// The ciphertext.
    pub blob: Vec<u8>,
    /// 1 for the first.
    pub version: i64,
}
