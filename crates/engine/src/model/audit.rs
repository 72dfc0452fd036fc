//! The audit log: who managed what, when, from where, and how it ended.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{AuditId, Millis, RequestId, Tenant};

/// One act of management. It is written before the act and completed after it, so that no act is without its line.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuditEntry {
    /// Its id.
    pub id: AuditId,
    /// When it was asked for.
    pub at: Millis,
    /// Who asked.
    pub actor: Actor,
    /// In which organization and environment, where it was in one.
    pub tenant: Option<Tenant>,
    /// What was asked: the operation's id in the API's description.
    pub act: String,
    /// To what: the names in the path.
    pub target: String,
    /// From where: the address of the caller, or `local`.
    pub from: String,
    /// The call of our API that it came with.
    pub request_id: RequestId,
    /// How it ended, as an HTTP status; nothing while it is under way or where the program ended before it did.
    pub status: Option<u16>,
    /// What else a reader of the log needs, such as what a deletion removed. Never a secret.
    pub detail: Value,
}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// What kind of credential was shown: `admin_key`, `api_key`, `session`, `system`.
    pub kind: String,
    /// Which one: the record's id, or for an admin key the first characters of its hash.
    pub id: String,
}

/// Which lines a list shows. Everything left out matches.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// In this organization and environment.
    pub tenant: Option<Tenant>,
    /// By this actor's id.
    pub actor: Option<String>,
    /// Of this act.
    pub act: Option<String>,
    /// At or after this time.
    pub from: Option<Millis>,
    /// Before this time.
    pub until: Option<Millis>,
}
