//! The grant of service accounts: a JWT, signed with the key that the provider gave out for it.

use std::sync::LazyLock;

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use rcgen::{KeyPair, PKCS_RSA_SHA256};
use serde_json::Value;

/// One key for all providers of a process: making one takes a while.
static KEY: LazyLock<KeyPair> =
    LazyLock::new(|| KeyPair::generate_for(&PKCS_RSA_SHA256).expect("a key"));

/// The private key, in PEM.
pub(super) fn key() -> String {
    KEY.serialize_pem()
}

/// The account that an assertion speaks for: its subject, else its issuer.
pub(super) fn account(assertion: &str, audiences: &[&str]) -> Result<String, &'static str> {
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(audiences);
    validation.set_required_spec_claims(&["exp", "aud", "iss"]);
    let key = DecodingKey::from_rsa_der(KEY.public_key_raw());
    let claims = decode::<Value>(assertion, &key, &validation)
        .map_err(|_wrong| "the assertion is not to be believed")?
        .claims;
    let claim = |name: &str| claims[name].as_str().map(str::to_owned);
    claim("sub")
        .or_else(|| claim("iss"))
        .ok_or("the assertion is nobody's")
}
