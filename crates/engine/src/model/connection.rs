//! Connections: one linked account's authorization at one application.

use std::collections::BTreeMap;

use super::{AccountId, BootId, ConnectionId, DataKeyId, Millis, Tenant};

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
    /// What a person calls the account at the application, such as its e-mail address, once known.
    pub account_name: Option<String>,
    /// Whether it is meant where an account has several connections and a call names none.
    pub is_default: bool,
    /// Whether it can be used.
    pub status: ConnectionStatus,
    /// Why it cannot, in a word such as `refresh_outcome_lost`.
    pub reason: Option<String>,
    /// The OAuth client (`client_id`) that its tokens were granted to. A credential that was typed or imported without one
    /// has none and is never renewed.
    pub client: Option<String>,
    /// What the account agreed to, as far as the application said.
    pub scopes: Vec<String>,
    /// When and how its tokens are renewed.
    pub renewal: Renewal,
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

/// When and how a connection's tokens are renewed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Renewal {
    /// When the access token ends, by the application's word.
    pub expires_at: Option<Millis>,
    /// When it is renewed without anybody asking, and before which a failed refresh is not tried again. Nothing where the
    /// tokens cannot be renewed.
    pub due_at: Option<Millis>,
    /// How many refreshes in a row failed in a way that may pass.
    pub failures: u32,
    /// Who refreshes at present, or did when its process died.
    pub lease: Option<Lease>,
    /// When the refresh began whose end is not written. With a lease that is over: the tokens may have been replaced at
    /// the application.
    pub started_at: Option<Millis>,
}

/// The right to refresh one connection, held by one attempt of one process. Times are the store's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Whose it is.
    pub owner: LeaseOwner,
    /// Until when nobody else may.
    pub until: Millis,
}

/// One attempt of one process: no two attempts share a name, so that a late one cannot pass for another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseOwner(String);

impl LeaseOwner {
    /// A name for a new attempt of this process.
    pub fn new(boot: &BootId) -> Self {
        Self(format!("{boot}/{}", uuid::Uuid::now_v7().simple()))
    }

    /// Takes the text that a store holds.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

words! {
    /// Whether a connection can be used.
    ConnectionStatus {
        /// It can.
        Active = "active",
        /// The application refused the credential for good: the account has to authorize again.
        ReauthRequired = "reauth_required",
        /// It was removed; its tokens are being revoked at the application. Nobody sees it any more.
        Revoking = "revoking",
    }
}
