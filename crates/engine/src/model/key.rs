//! Records of keys: what is kept never lets a key be made again.

use super::{ApiKeyId, DataKeyId, Millis, Tenant};

/// An API key's record. The key itself is shown once and kept as a keyed hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// The world that it opens.
    pub tenant: Tenant,
    /// What its owner calls it.
    pub name: String,
    /// Its first characters, to tell keys apart.
    pub hint: String,
    /// HMAC-SHA-256 of the key under the instance's key.
    pub hash: [u8; 32],
    /// When it was made.
    pub created_at: Millis,
    /// When it was revoked.
    pub revoked_at: Option<Millis>,
}

/// An admin key's record: whoever holds the key manages the whole installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminKey {
    /// HMAC-SHA-256 of the key under the instance's key.
    pub hash: [u8; 32],
    /// When it was made.
    pub created_at: Millis,
}

/// A data key, wrapped by a key-encryption key that is not in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataKeyRow {
    /// Its id.
    pub id: DataKeyId,
    /// Whose data it seals: `instance`, or `org_…/test`.
    pub scope: String,
    /// Its place among the keys of its scope, from 1: the newest seals, all of them open. One process wins each place.
    pub generation: i64,
    /// The wrapped key.
    pub wrapped: Vec<u8>,
    /// When it was made.
    pub created_at: Millis,
}
