//! Whose data: an organization and one of its two worlds.

use serde::{Deserialize, Serialize};

use super::OrgId;

/// The two worlds of an organization. Nothing is shared between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    /// For trying things out; its API keys begin with `tk`.
    Test,
    /// For real; its API keys begin with `pk`.
    Production,
}

impl Environment {
    /// The word on the wire and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Production => "production",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Test, Self::Production]
            .into_iter()
            .find(|one| one.as_str() == text)
    }

    /// What this environment's API keys begin with.
    pub fn key_prefix(self) -> &'static str {
        match self {
            Self::Test => "tk",
            Self::Production => "pk",
        }
    }
}

/// The owner of data: every question about tenant data is asked with one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Tenant {
    /// The organization.
    pub org: OrgId,
    /// Its world.
    pub environment: Environment,
}

impl Tenant {
    /// The scope of the tenant's data key: `org_…/test`.
    pub fn scope(&self) -> String {
        format!("{}/{}", self.org, self.environment.as_str())
    }
}
