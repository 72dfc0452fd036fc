//! A tenant's registration at an application's authorization server.

use super::{Millis, OauthClientId, Tenant};

/// The OAuth client that a tenant registered for one application and environment. Its secret is sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OauthClient {
    /// Its id.
    pub id: OauthClientId,
    /// Whose it is.
    pub tenant: Tenant,
    /// For which application.
    pub slug: String,
    /// For which of the connector's ways to authenticate.
    pub auth: String,
    /// What the application calls it.
    pub client_id: String,
    /// Its secret, sealed under the installation's own key; nothing for a public client.
    pub secret: Option<Vec<u8>>,
    /// The scopes that accounts are asked for; the connector's where there are none.
    pub scopes: Vec<String>,
    /// Raised with every change.
    pub version: i64,
    /// When it was first made.
    pub created_at: Millis,
    /// When it was last changed.
    pub updated_at: Millis,
}
