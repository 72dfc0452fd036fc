//! Signatures of what is sent to tenants' endpoints, so that they know that it comes from here.
//!
//! The scheme is that of Standard Webhooks: HMAC-SHA-256 over id, time and body under a secret `whsec_…` of 256 bits.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::Secret;
use crate::digest::{hex, random_bytes};

const PREFIX: &str = "whsec_";

/// A new secret of an endpoint.
pub fn new_secret() -> Secret {
    let bits = Zeroizing::new(random_bytes::<32>());
    let text = Zeroizing::new(STANDARD.encode(*bits));
    Secret::new([PREFIX, &text].concat())
}

/// The signature of a message: `v1,` and base64. `None` where the secret is none of [`new_secret`].
pub fn standard(secret: &Secret, id: &str, timestamp: i64, body: &[u8]) -> Option<String> {
    let text = secret.expose().strip_prefix(PREFIX)?;
    let key = Zeroizing::new(STANDARD.decode(text).ok().filter(|key| !key.is_empty())?);
    let timestamp = timestamp.to_string();
    let parts = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body];
    Some(format!("v1,{}", STANDARD.encode(mac(&key, &parts))))
}

/// The signature of a body alone, in lower-case hexadecimal digits. It says nothing of when the body was sent.
pub fn of_body(key: &Secret, body: &[u8]) -> String {
    hex(&mac(key.expose().as_bytes(), &[body]))
}

fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    let mut context = hmac::Context::with_key(&key);
    parts.iter().for_each(|part| context.update(part));
    let mut tag = [0; 32];
    tag.copy_from_slice(context.sign().as_ref());
    tag
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_that_of_the_standards_own_example() {
        // From the reference implementations of Standard Webhooks.
        let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let signed = standard(
            &secret,
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            br#"{"test": 2432232314}"#,
        );
        let expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(signed.as_deref(), Some(expected));
    }

    #[test]
    fn a_body_alone_is_signed_as_rfc_4231_says() {
        let signed = of_body(&Secret::new("Jefe"), b"what do ya want for nothing?");
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(signed, expected);
    }

    #[test]
    fn a_new_secret_signs_and_anything_else_does_not() {
        let secret = new_secret();
        assert!(standard(&secret, "a", 1, b"").is_some());
        assert_ne!(secret.expose(), new_secret().expose());
        for text in ["", "whsec_", "whsec", "whsec_*", "MfKQ9r8G"] {
            let signed = standard(&Secret::new(text), "a", 1, b"");
            assert_eq!(signed, None, "{text}");
        }
    }
}
