//! Linked accounts: the customers of a tenant.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{LinkedAccountId, Millis};

/// The tenant's own id of a linked account: an e-mail address, a primary key. 1 to 255 characters, none of them a control character.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccountId(String);

impl AccountId {
    /// Takes a caller's text, surrounding blanks removed, if it can be an id. `.` and `..` cannot: no address can name them.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let fits = (1..=255).contains(&text.chars().count())
            && !text.chars().any(char::is_control)
            && !matches!(text, "." | "..");
        fits.then(|| Self(text.to_owned()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for AccountId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A customer of a tenant.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// Our own id.
    pub id: LinkedAccountId,
    /// The tenant's id, unique within the environment.
    pub account_id: AccountId,
    /// A name for people.
    pub name: String,
    /// The tenant's own facts about the account.
    pub udf: Map<String, Value>,
    /// When it was made.
    pub created_at: Millis,
    /// When it was last changed.
    pub updated_at: Millis,
}

/// What the deletion of an account removed, row by row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    /// Connections, with their sealed credentials.
    pub connections: u64,
    /// Sessions.
    pub sessions: u64,
    /// Idempotency keys.
    pub idempotency_keys: u64,
    /// Kept answers.
    pub results: u64,
    /// Executions; none where the history was to stay.
    pub executions: u64,
}
