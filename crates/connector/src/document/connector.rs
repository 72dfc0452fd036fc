//! `connector.yaml`: what an application is, where it lives and how it speaks.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{AuthDoc, PagingDoc, RequestDoc, SandboxDoc, WindowDoc};

/// One application: identity, ways to authenticate, and what all its actions share.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConnectorDoc {
    /// The application's name as its makers write it.
    pub name: String,
    /// One sentence: what the application is for.
    pub description: String,
    /// Address of a picture, shown in lists. Optional.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// Words to find it by, such as `crm` or `chat`.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Raised with every change that callers can notice. Stands in each execution's record.
    #[serde(default = "one")]
    pub version: u32,
    /// Where requests go: `https://api.example.com`, or a fact of the connection: `"{{ connection.instance_url }}"`.
    pub base_url: String,
    /// Further hosts that the credential may be sent to. A pattern may begin with `*.`. The host of `base_url` is always one.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Non-secret facts that each connection brings, such as the address of the customer's instance.
    #[serde(default)]
    pub connection: IndexMap<String, FactDoc>,
    /// The ways to authenticate, by name. The first is the default.
    pub auth: IndexMap<String, AuthDoc>,
    /// A harmless request that says whose credential this is. It also decides whether a refused credential is really dead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<IdentityDoc>,
    /// Headers that every request carries, unless the action sets them.
    #[serde(default)]
    pub headers: IndexMap<String, String>,
    /// How the application reports errors. The first rule that matches wins; without one, a status of 400 or more is a failure.
    #[serde(default)]
    pub errors: Vec<ErrorRuleDoc>,
    /// How many requests the application takes. Calls wait for their turn instead of being refused there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rate: Vec<WindowDoc>,
    /// How lists continue. Actions with `paged: true` use it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paging: Option<PagingDoc>,
    /// JSON Schemas of the application's objects, by name, for `output: { object: name }`.
    #[serde(default)]
    pub schemas: IndexMap<String, Value>,
    /// How the sandbox plays this application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sandbox: Option<SandboxDoc>,
}

fn one() -> u32 {
    1
}

/// A non-secret fact of a connection, used in requests as `{{ connection.NAME }}`.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FactDoc {
    /// What a person reads beside the input.
    pub label: String,
    /// A sentence that says where to find the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// For a fact that is an address: the hosts it may name, such as `"*.my.example.com"`. Where `base_url` or an address of a grant uses the fact, it needs this, `subdomain` or `choices`.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// For a fact that is one label of a host name, such as the `acme` of `acme.example.com`: letters, digits and hyphens.
    #[serde(default)]
    pub subdomain: bool,
    /// The only values that it may have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
    /// Whether a connection can be made without it.
    #[serde(default)]
    pub optional: bool,
    /// The value where nobody gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// The value for sandbox connections and for examples that give none.
    pub example: String,
}

/// The request that says whose credential this is.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentityDoc {
    /// A request that reads and changes nothing.
    pub request: RequestDoc,
    /// The vendor's own id of the account, taken from the answer, such as `"{{ body.portalId }}"`.
    pub identifier: String,
    /// What a person calls the account, such as `"{{ body.user }}"`: its e-mail address or the name of its workspace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// One way in which the application reports an error.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ErrorRuleDoc {
    /// An expression over `status`, `headers` (lower-case names) and `body`, such as `"status == 401"`.
    pub when: String,
    /// What the error means for the connection and for a retry.
    pub kind: ErrorKind,
    /// The vendor's own code, as text over `status`, `headers` and `body`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What to tell the caller, as text over `status`, `headers` and `body`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// How long to wait, where the application does not use the `Retry-After` header: milliseconds, or a moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<String>,
}

/// What an application's error means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The request failed; the connection is well.
    Failed,
    /// The application refused the credential.
    Credential,
    /// Too many requests: the same call may succeed later. The application did nothing.
    RateLimited,
}
