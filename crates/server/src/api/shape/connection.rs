//! A connection as an operator sees it; its credential is never shown.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use tenon_engine::connections::Removed;
use tenon_engine::model::{Connection, Millis};

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
    /// What a person calls the account at the application, such as its e-mail address.
    account_name: Option<String>,
    /// Whether it is meant where the account has several connections and a call names none.
    is_default: bool,
    /// `active` or `reauth_required`
    status: &'static str,
    /// Why it has to be authorized again, in a word such as `invalid_grant`.
    reason: Option<String>,
    /// What the account agreed to, as far as the application said.
    scopes: Vec<String>,
    /// The OAuth client that its tokens were granted to.
    oauth_client_id: Option<String>,
    /// When the access token ends, where that is known. It is renewed before.
    expires_at: Option<String>,
    /// When its tokens are renewed next without anybody asking.
    refresh_due_at: Option<String>,
    /// How many refreshes in a row failed in a way that may pass.
    refresh_failures: u32,
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
            account_name: one.account_name,
            is_default: one.is_default,
            status: one.status.as_str(),
            reason: one.reason,
            scopes: one.scopes,
            oauth_client_id: one.client,
            expires_at: one.renewal.expires_at.map(Millis::to_iso),
            refresh_due_at: one.renewal.due_at.map(Millis::to_iso),
            refresh_failures: one.renewal.failures,
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
