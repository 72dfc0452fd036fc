//! The ways to authenticate at an application, and where the credential goes in a request.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::GrantDoc;

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
    /// How the application grants and renews tokens. Without it, an `oauth2` credential is imported and used until it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<GrantDoc>,
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
    /// A signature over the whole request (OAuth 1.0a, RFC 5849).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oauth1: Option<Oauth1Doc>,
}

/// What an OAuth 1.0a signature is made with. Texts name the credential's fields; `client_id` and `client_secret` are the
/// tenant's client.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Oauth1Doc {
    /// The consumer's key.
    #[serde(default = "client_id")]
    pub consumer_key: String,
    /// The consumer's secret.
    #[serde(default = "client_secret")]
    pub consumer_secret: String,
    /// The token.
    pub token: String,
    /// The token's secret.
    pub token_secret: String,
    /// How it is signed.
    #[serde(default)]
    pub signature: SignatureMethod,
    /// The realm, where the application wants one; may name a field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub realm: Option<String>,
}

fn client_id() -> String {
    "{{ client_id }}".to_owned()
}

fn client_secret() -> String {
    "{{ client_secret }}".to_owned()
}

/// How an OAuth 1.0a request is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
pub enum SignatureMethod {
    /// HMAC with SHA-1 (RFC 5849, 3.4.2).
    #[default]
    #[serde(rename = "HMAC-SHA1")]
    HmacSha1,
    /// HMAC with SHA-256.
    #[serde(rename = "HMAC-SHA256")]
    HmacSha256,
    /// The secrets themselves (RFC 5849, 3.4.4).
    #[serde(rename = "PLAINTEXT")]
    Plaintext,
}

impl SignatureMethod {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HmacSha1 => "HMAC-SHA1",
            Self::HmacSha256 => "HMAC-SHA256",
            Self::Plaintext => "PLAINTEXT",
        }
    }
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
