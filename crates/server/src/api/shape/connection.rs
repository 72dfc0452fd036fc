//! A connection as an operator sees it; its credential is never shown.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use tenon_engine::model::Connection;

/// A connection.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Connection")]
pub(in crate::api) struct ConnectionBody {
    connection_id: String,
    linked_account_id: String,
    slug: String,
    /// The connector's way to authenticate.
    auth_type: String,
    label: Option<String>,
    /// Non-secret facts that requests use.
    facts: BTreeMap<String, String>,
    /// The application's own id of the account.
    identifier: Option<String>,
    /// `active` or `reauth_required`
    status: &'static str,
    /// Whether its calls go to the sandbox.
    sandbox: bool,
    /// Where the credential may be sent and where it stands in a request.
    trust: String,
    created_at: String,
    connected_at: String,
}

impl From<Connection> for ConnectionBody {
    fn from(one: Connection) -> Self {
        Self {
            connection_id: one.id.to_string(),
            linked_account_id: one.account.to_string(),
            slug: one.slug,
            auth_type: one.auth,
            label: one.label,
            facts: one.facts,
            identifier: one.identifier,
            status: one.status.as_str(),
            sandbox: one.sandbox,
            trust: one.trust,
            created_at: one.created_at.to_iso(),
            connected_at: one.connected_at.to_iso(),
        }
    }
}
