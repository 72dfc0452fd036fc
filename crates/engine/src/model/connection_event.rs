//! The timeline of a connection: everything that changed its state, kept when the connection is gone.

use serde_json::{Map, Value};

use super::{AccountId, Connection, ConnectionId, EventId, Millis, Tenant, WebhookEvent};

/// One line of a connection's timeline. Never holds a secret, nor more of the application's words than its error code and message.
#[derive(Debug, Clone, PartialEq)]
pub struct ConnectionEvent {
    /// Its id.
    pub id: EventId,
    /// When.
    pub at: Millis,
    /// Whose.
    pub tenant: Tenant,
    /// Which account's.
    pub account: AccountId,
    /// Which connection's.
    pub connection: ConnectionId,
    /// At which application.
    pub slug: String,
    /// What happened.
    pub kind: ConnectionEventKind,
    /// Why, in a word such as `invalid_grant`.
    pub reason: Option<String>,
    /// What else is known, for people: what the application said, who asked for it.
    pub detail: Map<String, Value>,
}

words! {
    /// What happened to a connection.
    ConnectionEventKind {
        /// It was made.
        Created = "created",
        /// The account authorized again.
        Reauthorized = "reauthorized",
        /// Its tokens were renewed.
        Refreshed = "refreshed",
        /// A refresh failed in a way that may pass.
        RefreshFailed = "refresh_failed",
        /// It cannot be used any more until the account authorizes again.
        Expired = "expired",
        /// Its name, or whether it is the default, was changed.
        Changed = "changed",
        /// Its credential was sealed for what the connector now names.
        Approved = "approved",
        /// It was removed.
        Deleted = "deleted",
        /// The application was asked to revoke its tokens.
        Revoked = "revoked",
    }
}

impl ConnectionEventKind {
    /// The event that tenants' webhooks are told, if it is one for them.
    pub fn announced_as(self) -> Option<WebhookEvent> {
        match self {
            Self::Created | Self::Reauthorized => Some(WebhookEvent::ConnectionCreated),
            Self::Expired => Some(WebhookEvent::ConnectionExpired),
            Self::Deleted => Some(WebhookEvent::ConnectionDeleted),
            _ => None,
        }
    }
}

impl ConnectionEvent {
    /// What happened to this connection now.
    pub fn of(connection: &Connection, kind: ConnectionEventKind, at: Millis) -> Self {
        Self {
            id: EventId::generate(),
            at,
            tenant: connection.tenant.clone(),
            account: connection.account.clone(),
            connection: connection.id.clone(),
            slug: connection.slug.clone(),
            kind,
            reason: None,
            detail: Map::new(),
        }
        .with("auth_type", connection.auth.clone())
    }

    /// The same with its reason.
    #[must_use]
    pub fn because(self, reason: impl Into<String>) -> Self {
        Self {
            reason: Some(reason.into()),
            ..self
        }
    }

    /// The same with a further detail.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.detail.insert(name.to_owned(), value.into());
        self
    }
}
