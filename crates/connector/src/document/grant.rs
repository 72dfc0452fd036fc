//! How an application grants and renews tokens: OAuth 2.0 (RFC 6749, 7636, 7009, 7523, 9207) and OAuth 1.0a (RFC 5849).

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How tokens are granted, renewed and revoked. Addresses may use facts of the connection: `"{{ connection.login_url }}/token"`.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantDoc {
    /// Who is asked, and what is shown as proof.
    pub flow: Flow,
    /// Where a person consents. Of `authorization_code` and `oauth1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorize_url: Option<String>,
    /// Where codes, refresh tokens and assertions become tokens.
    pub token_url: String,
    /// Where an `oauth1` flow begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_token_url: Option<String>,
    /// Where tokens are revoked when a connection is removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoke: Option<RevokeDoc>,
    /// What accounts are asked for, where the tenant does not say.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// What stands between scopes; a space where nobody says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope_separator: Option<String>,
    /// Further query values of the consent address, such as `access_type: offline`.
    #[serde(default)]
    pub authorize_params: IndexMap<String, String>,
    /// Further members of every token request, such as `audience`.
    #[serde(default)]
    pub token_params: IndexMap<String, String>,
    /// How the client proves itself at the token endpoint.
    #[serde(default)]
    pub client_auth: ClientAuth,
    /// How token requests are written.
    #[serde(default)]
    pub token_body: TokenBody,
    /// Whether the code is bound to who asked for it (RFC 7636, S256). Switched off only where an application refuses the parameter.
    #[serde(default = "yes")]
    pub pkce: bool,
    /// What the authorization server calls itself. Where it is given, the server is known to send `iss` (RFC 9207) and an
    /// answer without it is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Where the token answer has what; the members' own names in RFC 6749 where nobody says.
    #[serde(default)]
    pub answer: TokenAnswerDoc,
    /// Seconds that an access token lives where the answer does not say. Without it such a token counts as one that does not end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub life_seconds: Option<u32>,
    /// The application's words for a grant that is over, beside `invalid_grant` and `unauthorized_client`.
    #[serde(default)]
    pub ended_by: Vec<String>,
    /// Days without use after which the application forgets a refresh token: it is renewed before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_days: Option<u32>,
    /// The assertion of a `jwt_bearer` flow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assertion: Option<AssertionDoc>,
}

fn yes() -> bool {
    true
}

/// Who is asked, and what is shown as proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Flow {
    /// A person consents in a browser (RFC 6749, 4.1).
    AuthorizationCode,
    /// The client asks for itself (RFC 6749, 4.4).
    ClientCredentials,
    /// A service account signs what it asks for (RFC 7523).
    JwtBearer,
    /// A person consents in a browser, and every request is signed (RFC 5849).
    Oauth1,
}

impl Flow {
    /// Whether a person consents in a browser.
    pub fn needs_browser(self) -> bool {
        matches!(self, Self::AuthorizationCode | Self::Oauth1)
    }

    /// Whether the tokens can be had again from what the credential holds, as often as one likes.
    pub fn mints(self) -> bool {
        matches!(self, Self::ClientCredentials | Self::JwtBearer)
    }

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::ClientCredentials => "client_credentials",
            Self::JwtBearer => "jwt_bearer",
            Self::Oauth1 => "oauth1",
        }
    }
}

/// How the client proves itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuth {
    /// `client_id` and `client_secret` in the body.
    #[default]
    Body,
    /// HTTP Basic (RFC 6749, 2.3.1).
    Basic,
    /// `client_id` alone: a public client, or one whose assertion is the proof.
    None,
}

/// How token requests are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TokenBody {
    /// `application/x-www-form-urlencoded`, as RFC 6749 says.
    #[default]
    Form,
    /// `application/json`.
    Json,
}

/// Where the token answer has what: names of members with dots between them, such as `authed_user.access_token`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TokenAnswerDoc {
    /// The access token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_token: Option<String>,
    /// The refresh token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// Seconds that the access token lives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<String>,
    /// What was agreed to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// The application's code of an error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What the application says of an error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_description: Option<String>,
    /// Kinds of tokens that are taken besides `bearer`.
    pub token_types: Vec<String>,
    /// Further fields of the credential.
    pub fields: IndexMap<String, String>,
    /// Facts of the connection that the answer brings, so that nobody is asked for them.
    pub facts: IndexMap<String, String>,
}

/// How tokens are revoked.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RevokeDoc {
    /// The address.
    pub url: String,
    /// `POST` with the token in a form (RFC 7009), or what the application wants instead.
    #[serde(default)]
    pub method: RevokeMethod,
    /// Which token is sent: the refresh token where there is one, or always this field of the credential.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What the token is called in the form or query.
    #[serde(default = "token")]
    pub param: String,
    /// How the client proves itself here.
    #[serde(default)]
    pub client_auth: ClientAuth,
}

fn token() -> String {
    "token".to_owned()
}

/// How a revocation is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RevokeMethod {
    /// `POST`, the token in the form.
    #[default]
    Post,
    /// `GET`, the token in the query.
    Get,
    /// `DELETE` of the address, whose path ends with the token.
    DeletePath,
}

/// What a service account signs (RFC 7523).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AssertionDoc {
    /// The field that holds the private key, in PEM.
    pub key: String,
    /// Who signs, as text with fields of the credential: `"{{ client_email }}"`.
    pub issuer: String,
    /// For whom; the issuer where nobody says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The audience; the token address where nobody says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// Whether the scopes stand among the claims instead of the request.
    #[serde(default)]
    pub scope_claim: bool,
}
