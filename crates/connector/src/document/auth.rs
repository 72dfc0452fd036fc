//! The ways to authenticate at an application, and where the credential goes in a request.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One way to authenticate.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AuthDoc {
    /// `keybased`: a person types the fields. `oauth2`: tokens, imported or granted.
    #[serde(rename = "type")]
    pub kind: AuthKind,
    /// What a person chooses by, such as `Private app token`.
    pub label: String,
    /// What the credential is made of, by name.
    pub fields: IndexMap<String, FieldDoc>,
    /// Where the credential goes in every request.
    pub send: SendDoc,
}

/// The two families of credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AuthKind {
    /// Tokens of an OAuth 2.0 grant.
    Oauth2,
    /// Keys that a person or a tenant brings.
    Keybased,
}

impl AuthKind {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Oauth2 => "oauth2",
            Self::Keybased => "keybased",
        }
    }
}

/// One field of a credential.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldDoc {
    /// What a person reads beside the input.
    pub label: String,
    /// A sentence that says where to find the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// Grey text in the empty input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placeholder: Option<String>,
    /// Whether a credential is complete without it.
    #[serde(default)]
    pub optional: bool,
}

/// Where a credential goes. Texts name the credential's fields: `"{{ access_token }}"`. Any of the keys may stand together.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SendDoc {
    /// `Authorization: Bearer …`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bearer: Option<String>,
    /// `Authorization: Basic …` (RFC 7617)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basic: Option<BasicDoc>,
    /// Headers, by name.
    #[serde(default)]
    pub headers: IndexMap<String, String>,
    /// Query values, by name. The last resort: addresses end up in logs that are not ours.
    #[serde(default)]
    pub query: IndexMap<String, String>,
}

/// The two halves of HTTP Basic authentication.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BasicDoc {
    /// The part before the colon.
    pub username: String,
    /// The part after the colon; may be empty.
    #[serde(default)]
    pub password: String,
}
