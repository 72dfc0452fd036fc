//! Connections: one linked account's authorization at one application.

use std::collections::BTreeMap;

use super::{AccountId, ConnectionId, DataKeyId, Millis, Tenant};

/// One authorization, its credential sealed.
#[derive(Debug, Clone, PartialEq)]
pub struct Connection {
    /// Its id; stays the same when the account authorizes again.
    pub id: ConnectionId,
    /// Whose it is.
    pub tenant: Tenant,
    /// Which account's.
    pub account: AccountId,
    /// At which application.
    pub slug: String,
    /// The connector's way to authenticate, by name.
    pub auth: String,
    /// A name for people, where an account has several.
    pub label: Option<String>,
    /// Non-secret facts that requests use, such as the address of the customer's instance.
    pub facts: BTreeMap<String, String>,
    /// The vendor's own id of the account, once known.
    pub identifier: Option<String>,
    /// Whether it can be used.
    pub status: ConnectionStatus,
    /// Whether calls go to the sandbox instead of the application.
    pub sandbox: bool,
    /// What the credential was sealed for: the hosts that it may reach and its place in a request.
    pub trust: String,
    /// Raised with every change of the credential.
    pub version: i64,
    /// The credential.
    pub credential: SealedCredential,
    /// When it was first made.
    pub created_at: Millis,
    /// When the account last authorized.
    pub connected_at: Millis,
}

/// Ciphertext, and the key that opens it.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedCredential {
    /// The data key.
    pub key: DataKeyId,
    /// The sealed blob.
    pub blob: Vec<u8>,
}

impl std::fmt::Debug for SealedCredential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "SealedCredential({}, {} bytes)",
            self.key,
            self.blob.len()
        )
    }
}

/// Whether a connection can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectionStatus {
    /// It can.
    Active,
    /// The application refused the credential for good: the account has to authorize again.
    ReauthRequired,
}

impl ConnectionStatus {
    /// The word in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::ReauthRequired => "reauth_required",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Active, Self::ReauthRequired]
            .into_iter()
            .find(|one| one.as_str() == text)
    }
}
