//! `rate`: how many requests an application takes, and how its answers tell what is left.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::wait::WaitUnit;

/// One quota. Calls wait for their turn before the application has to refuse them.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WindowDoc {
    /// How many requests fit in the window. Left out: only the answers tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// The window's length.
    pub per_seconds: u32,
    /// Whose requests the application counts together.
    #[serde(default)]
    pub scope: RateScope,
    /// Only requests with these paths count: `/crm/v3/objects/*/search`, where `*` is one segment. Left out: all do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
    /// The limit as answers tell it, as text over `status`, `headers` and `body`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_limit: Option<String>,
    /// How many requests are left, as answers tell it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_remaining: Option<String>,
    /// When the window is whole again, as answers tell it: a length or a moment. Left out: a window's length from now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_reset: Option<String>,
    /// What a bare number in `told_reset` counts.
    #[serde(default)]
    pub reset_unit: WaitUnit,
}

/// Whose requests an application counts together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RateScope {
    /// Those with one account's credential.
    #[default]
    Connection,
    /// Those of all accounts of an organization's environment.
    Application,
}

impl RateScope {
    /// The word in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connection => "connection",
            Self::Application => "application",
        }
    }
}
