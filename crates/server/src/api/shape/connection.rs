//! A connection as an operator sees it; its credential is never shown.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use tenon_engine::connections::Removed;
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

/// A connection that was removed, and what the application said to the revocation of its tokens.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::api) struct Revocation {
    connection_id: String,
    /// `revoked`, `refused`, `not_reached`, or `not_offered` where there is nothing to revoke.
    revocation: &'static str,
    /// The status that the application answered with.
    #[serde(skip_serializing_if = "Option::is_none")]
    http_status: Option<u16>,
    /// Why it was not reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

impl Revocation {
    /// Of a connection that was removed.
    pub(in crate::api) fn of(removed: &Removed) -> Self {
        use tenon_engine::oauth::Revocation::{Answered, NotReached};
        let (http_status, message) = match &removed.revocation {
            Answered(status) => (Some(*status), None),
            NotReached(why) => (None, Some(why.clone())),
            _ => (None, None),
        };
        Self {
            connection_id: removed.id.to_string(),
            revocation: removed.revocation.as_str(),
            http_status,
            message,
        }
    }
}
