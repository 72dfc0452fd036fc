//! Tenants' endpoints: where they are told what happened to connections, and how.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::{Millis, Tenant, WebhookId};

/// One endpoint of a tenant.
#[derive(Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// Whose it is.
    pub tenant: Tenant,
    /// What the tenant said of it.
    pub definition: WebhookDefinition,
    /// Whether it is told anything.
    pub is_enabled: bool,
    /// Why Tenon disabled it, where Tenon did.
    pub disabled_because: Option<String>,
    /// The secrets that sign what is sent and the headers that nobody may see, sealed under the installation's own key.
    pub secrets: Vec<u8>,
    /// Raised with every change of the definition or the secrets, which are sealed for it.
    pub version: i64,
    /// When it was made.
    pub created_at: Millis,
    /// When it was last changed.
    pub updated_at: Millis,
}

/// What a tenant says of an endpoint. Holds no secret but what the tenant put into the URL, so `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookDefinition {
    /// Where it is.
    pub url: String,
    /// What it wants to be told.
    pub events: Vec<WebhookEvent>,
    /// The method of the requests.
    pub method: WebhookMethod,
    /// The template of their bodies.
    pub body: String,
    /// The templates of further headers, by name in lower case. One without a text is sealed with the secrets.
    pub headers: IndexMap<String, Option<String>>,
    /// Only events at this application.
    pub slug: Option<String>,
    /// Kept for clients of the compatible API; it limits events of workflows, and there are none.
    pub workflow_ids: Vec<String>,
    /// A label that several endpoints may share.
    pub group: Option<String>,
    /// For people.
    pub description: Option<String>,
    /// For people, in the compatible API's other word.
    pub webhook_description: Option<String>,
    /// Whether requests also carry the signature of the compatible API, by a key that the tenant gave.
    pub compat_signature: bool,
}

impl std::fmt::Debug for Webhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Webhook")
            .field("id", &self.id)
            .field("is_enabled", &self.is_enabled)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for WebhookDefinition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebhookDefinition")
            .field("events", &self.events)
            .finish_non_exhaustive()
    }
}

words! {
    /// What an endpoint can be told.
    WebhookEvent {
        /// An account connected an application, or authorized again.
        ConnectionCreated = "Connection Created",
        /// A connection was removed.
        ConnectionDeleted = "Connection Deleted",
        /// A connection cannot be used until the account authorizes again.
        ConnectionExpired = "Connection Expired",
        /// Accepted and never told: Tenon runs no workflows.
        WorkflowCompleted = "Workflow Completed",
        /// Accepted and never told.
        WorkflowErrored = "Workflow Errored",
        /// Accepted and never told.
        WorkflowStopped = "Workflow Stopped",
        /// Accepted and never told.
        WorkflowTimedOut = "Workflow Timed Out",
    }
}

words! {
    /// The method of the requests that an endpoint gets.
    WebhookMethod {
        /// As everybody else does it.
        Post = "POST",
        /// For endpoints that want it.
        Put = "PUT",
        /// For endpoints that want it.
        Patch = "PATCH",
    }
}
