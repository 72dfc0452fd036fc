//! Ids: prefixed UUIDv7 texts, each kind a type of its own, so that one cannot stand for another.

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// A new id. Later ids sort after earlier ones.
            pub fn generate() -> Self {
                Self(format!(concat!($prefix, "_{}"), uuid::Uuid::now_v7().simple()))
            }

            /// Takes a text that a store or a caller holds, if it has the form of such an id.
            pub fn parse(text: &str) -> Option<Self> {
                let rest = text.strip_prefix(concat!($prefix, "_"))?;
                let plain = rest.bytes().all(|byte| byte.is_ascii_alphanumeric());
                (plain && !rest.is_empty() && rest.len() <= 64).then(|| Self(text.to_owned()))
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// One run of an action.
    ExecutionId, "exec"
);
id!(
    /// One linked account's authorization at one application.
    ConnectionId, "conn"
);
id!(
    /// The tenant.
    OrgId, "org"
);
id!(
    /// Our own id of a linked account; callers use [`super::AccountId`].
    LinkedAccountId, "acc"
);
id!(
    /// An API key's record.
    ApiKeyId, "key"
);
id!(
    /// A session token's record; the token's `jti`.
    SessionId, "sess"
);
id!(
    /// A data key's record.
    DataKeyId, "dek"
);
id!(
    /// One life of one process.
    BootId, "boot"
);
id!(
    /// One call of our API.
    RequestId, "req"
);
id!(
    /// One line of the audit log.
    AuditId, "audit"
);
id!(
    /// One line of a connection's timeline.
    EventId, "evt"
);
id!(
    /// A tenant's OAuth client.
    OauthClientId, "oac"
);
id!(
    /// A way into the connect pages.
    ConnectLinkId, "link"
);
id!(
    /// One authorization on its way.
    ConnectAttemptId, "cat"
);
id!(
    /// A tenant's endpoint.
    WebhookId, "wh"
);
id!(
    /// One event on its way to one endpoint.
    DeliveryId, "whd"
);
id!(
    /// A file that is kept for a while.
    FileId, "file"
);
