//! Session tokens: bearers for exactly one linked account.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{AccountId, Millis, SessionId, Tenant};

/// What a session token may do. Everything left out is allowed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionScopes {
    /// Only these applications.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub apps: Option<Vec<String>>,
    /// Only these actions, as `slug.action_id` or `action_id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actions: Option<Vec<String>>,
    /// Only actions that change nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub read_only: bool,
}

impl SessionScopes {
    /// What a caller may do whom nothing limits.
    pub const UNLIMITED: Self = Self {
        apps: None,
        actions: None,
        read_only: false,
    };

    /// Whether the token may do everything that its account may.
    pub fn is_unlimited(&self) -> bool {
        *self == Self::UNLIMITED
    }
}

/// A session token's record. The token is made again from it and never kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The token's `jti`.
    pub id: SessionId,
    /// The world that it opens.
    pub tenant: Tenant,
    /// The one account that it speaks for.
    pub account: AccountId,
    /// What it may do.
    pub scopes: SessionScopes,
    /// When it was issued; a whole second.
    pub issued_at: Millis,
    /// When it ends; a whole second.
    pub expires_at: Millis,
    /// How many executions it is good for.
    pub max_calls: Option<u32>,
    /// How many it has made.
    pub calls: u32,
    /// When it was revoked.
    pub revoked_at: Option<Millis>,
}

impl Session {
    /// Whether it was minted to live this long.
    pub(crate) fn has_life(&self, life: Duration) -> bool {
        let milliseconds = i64::try_from(life.as_millis()).unwrap_or(i64::MAX);
        self.issued_at.plus(milliseconds) == self.expires_at
    }
}
