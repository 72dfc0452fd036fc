//! Signs what a service account asks for (RFC 7523). The private key never leaves this crate.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;
use tenon_connector::auth::Assertion;
use tenon_vault::Credential;
use zeroize::Zeroizing;

use crate::error::{ErrorKind, Fault};
use crate::fill::render;

const UNREADABLE: Fault = Fault(
    ErrorKind::Plan,
    "was sent nothing: the private key is not an RSA key in PEM; store the whole file, from BEGIN to END",
);

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
}

/// The signed assertion, as a JWT.
pub(crate) fn sign(
    assertion: &Assertion,
    credential: &Credential,
) -> Result<Zeroizing<String>, Fault> {
    let key = credential.get(&assertion.key).ok_or(UNREADABLE)?;
    // A key that was copied out of a JSON file has its line breaks as two signs.
    let pem = Zeroizing::new(key.expose().replace("\\n", "\n"));
    let key = EncodingKey::from_rsa_pem(pem.as_bytes()).map_err(|_secret| UNREADABLE)?;
    let (issuer, subject) = (
        render(&assertion.issuer, credential),
        render(&assertion.subject, credential),
    );
    let claims = Claims {
        iss: &issuer,
        sub: &subject,
        aud: &assertion.audience,
        iat: assertion.issued_at,
        exp: assertion.expires_at,
        scope: assertion.scope.as_deref(),
    };
    let signed = jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &key);
    signed.map(Zeroizing::new).map_err(|_secret| UNREADABLE)
}
