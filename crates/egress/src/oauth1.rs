//! Signs requests by OAuth 1.0a (RFC 5849).

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tenon_connector::auth::Oauth1;
use tenon_connector::document::SignatureMethod;
use tenon_connector::plan::Method;
use tenon_vault::Credential;
use tenon_vault::digest::{hex, random_bytes};
use url::Url;
use zeroize::Zeroizing;

use crate::fill::render;

/// What RFC 5849, 3.6 leaves as it is.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// What differs between two signatures of the same request.
struct Once {
    nonce: String,
    timestamp: u64,
}

/// The value of the `Authorization` header behind its scheme.
pub(crate) fn header(
    signed: &Oauth1,
    credential: &Credential,
    method: Method,
    url: &Url,
    form: &[(String, String)],
) -> Zeroizing<String> {
    let since = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
    let once = Once {
        nonce: hex(&random_bytes::<16>()),
        timestamp: since.as_secs(),
    };
    header_at(signed, credential, method, url, form, &once)
}

fn header_at(
    signed: &Oauth1,
    credential: &Credential,
    method: Method,
    url: &Url,
    form: &[(String, String)],
    once: &Once,
) -> Zeroizing<String> {
    let mut own = protocol_parameters(signed, credential, once);
    let base = base_string(method, url, form, &own);
    own.push((
        "oauth_signature".to_owned(),
        sign(signed, credential, &base),
    ));
    let realm = signed
        .realm
        .iter()
        .map(|realm| ("realm".to_owned(), render(realm, credential).to_string()));
    let pairs = realm.chain(own);
    let pairs: Vec<_> = pairs
        .map(|(name, value)| format!("{}=\"{}\"", encode(&name), encode(&value)))
        .collect();
    Zeroizing::new(pairs.join(", "))
}

fn protocol_parameters(
    signed: &Oauth1,
    credential: &Credential,
    once: &Once,
) -> Vec<(String, String)> {
    let text = |slot| render(slot, credential).to_string();
    let token = text(&signed.token);
    let mut own = vec![
        ("oauth_consumer_key".to_owned(), text(&signed.consumer_key)),
        ("oauth_nonce".to_owned(), once.nonce.clone()),
        (
            "oauth_signature_method".to_owned(),
            signed.signature.as_str().to_owned(),
        ),
        ("oauth_timestamp".to_owned(), once.timestamp.to_string()),
        ("oauth_version".to_owned(), "1.0".to_owned()),
    ];
    own.extend((!token.is_empty()).then(|| ("oauth_token".to_owned(), token)));
    let extra = signed
        .extra
        .iter()
        .map(|(name, slot)| (name.clone(), text(slot)));
    own.extend(extra);
    own
}

/// RFC 5849, 3.4.1.
fn base_string(
    method: Method,
    url: &Url,
    form: &[(String, String)],
    own: &[(String, String)],
) -> String {
    let query = url
        .query_pairs()
        .map(|(name, value)| (encode(&name), encode(&value)));
    let others = form.iter().chain(own);
    let others = others.map(|(name, value)| (encode(name), encode(value)));
    let mut pairs: Vec<_> = query.chain(others).collect();
    pairs.sort();
    let pairs: Vec<_> = pairs
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let mut bare = url.clone();
    bare.set_query(None);
    bare.set_fragment(None);
    format!(
        "{}&{}&{}",
        method.as_str(),
        encode(bare.as_str()),
        encode(&pairs.join("&"))
    )
}

fn sign(signed: &Oauth1, credential: &Credential, base: &str) -> String {
    let (consumer, token) = (
        render(&signed.consumer_secret, credential),
        render(&signed.token_secret, credential),
    );
    let key = Zeroizing::new(format!("{}&{}", encode(&consumer), encode(&token)));
    let algorithm = match signed.signature {
        SignatureMethod::Plaintext => return key.to_string(),
        SignatureMethod::HmacSha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        SignatureMethod::HmacSha256 => hmac::HMAC_SHA256,
    };
    let key = hmac::Key::new(algorithm, key.as_bytes());
    STANDARD.encode(hmac::sign(&key, base.as_bytes()))
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, UNRESERVED).to_string()
}

#[cfg(test)]
mod tests;
