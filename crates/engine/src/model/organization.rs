//! The tenant itself and what it decides about applications.

use serde::{Deserialize, Serialize};

use super::{ConnectSettings, Millis, OrgId};

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// Its id.
    pub id: OrgId,
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created_at: Millis,
}

/// What a tenant decides about one application in one environment. The default is what a tenant gets who decided nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApplicationSettings {
    /// Whether its accounts see and use the application.
    pub enabled: bool,
}

impl Default for ApplicationSettings {
    fn default() -> Self {
        Self { enabled: true }
    }
}

/// What an organization decides about one of its environments.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentSettings {
    /// How many days finished executions are kept; for ever where nobody said.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub retention_days: Option<u32>,
    /// How its accounts connect.
    #[serde(skip_serializing_if = "ConnectSettings::is_usual", default)]
    pub connect: ConnectSettings,
}
