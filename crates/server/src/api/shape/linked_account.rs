//! A linked account as its tenant sees it.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use tenon_engine::model::{Account, Connection, ConnectionStatus, Tenant};
use tenon_engine::registry::Registry;

use super::name_and_icon;

/// A linked account. The tenant's own facts go in as an object and come out as a list.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::api) struct LinkedAccount {
    _id: String,
    associated_org: String,
    account_id: String,
    environment: &'static str,
    name: String,
    udf: Vec<Fact>,
    #[serde(skip_serializing_if = "Option::is_none")]
    integrations: Option<Vec<Integration>>,
    #[serde(rename = "createdAt")]
    created_at: String,
    #[serde(rename = "updatedAt")]
    updated_at: String,
    __v: u32,
}

/// One of the tenant's own facts about the account.
#[derive(Debug, Serialize, JsonSchema)]
struct Fact {
    key_name: String,
    key_value: Value,
    _id: String,
    #[serde(rename = "createdAt")]
    created_at: String,
    #[serde(rename = "updatedAt")]
    updated_at: String,
}

/// One connection of the account, never with its credential.
#[derive(Debug, Serialize, JsonSchema)]
struct Integration {
    _id: String,
    #[serde(rename = "type")]
    slug: String,
    name: String,
    icon: Option<String>,
    app_id: Option<String>,
    identifier: Option<String>,
    auth_type: String,
    reauth_required: bool,
    #[serde(rename = "createdAt")]
    created_at: String,
    #[serde(rename = "updatedAt")]
    updated_at: String,
}

impl LinkedAccount {
    /// The account without its connections.
    pub(in crate::api) fn new(tenant: &Tenant, account: &Account) -> Self {
        let (created_at, updated_at) = (account.created_at.to_iso(), account.updated_at.to_iso());
        let fact = |(name, value): (&String, &Value)| Fact {
            key_name: name.clone(),
            key_value: value.clone(),
            _id: format!("{}_{name}", account.id),
            created_at: created_at.clone(),
            updated_at: updated_at.clone(),
        };
        Self {
            _id: account.id.to_string(),
            associated_org: tenant.org.to_string(),
            account_id: account.account_id.to_string(),
            environment: tenant.environment.as_str(),
            name: account.name.clone(),
            udf: account.udf.iter().map(fact).collect(),
            integrations: None,
            created_at,
            updated_at,
            __v: 0,
        }
    }

    /// The account with its connections.
    pub(in crate::api) fn with(self, connections: &[Connection], registry: &Registry) -> Self {
        let integration = |one: &Connection| {
            let (name, icon) = name_and_icon(registry, &one.slug);
            Integration {
                _id: one.id.to_string(),
                slug: one.slug.clone(),
                name,
                icon,
                app_id: None,
                identifier: one.identifier.clone(),
                auth_type: one.auth.clone(),
                reauth_required: one.status == ConnectionStatus::ReauthRequired,
                created_at: one.created_at.to_iso(),
                updated_at: one.connected_at.to_iso(),
            }
        };
        Self {
            integrations: Some(connections.iter().map(integration).collect()),
            ..self
        }
    }
}
