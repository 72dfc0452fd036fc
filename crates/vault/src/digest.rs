//! Hashes, randomness and the tokens made of them.

use aws_lc_rs::{constant_time, digest, error::Unspecified, rand};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::Secret;

/// 256 random bits in base64url.
const RANDOM_CHARS: usize = 43;
const CHECKSUM_CHARS: usize = 6;

/// SHA-256 over the parts, one after the other. It does not mark where one part ends.
pub fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    parts.iter().for_each(|part| context.update(part));
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

/// Bytes from the operating system's generator.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    or_abort(rand::fill(&mut bytes));
    bytes
}

/// Whether both are the same, in a time that depends on nothing but their length.
pub fn equal(left: &[u8], right: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(left, right).is_ok()
}

/// A new token: `prefix_`, 256 random bits, and a checksum that tells a mistyped token without a look-up.
pub fn random_token(prefix: &str) -> Secret {
    let bits = Zeroizing::new(random_bytes::<32>());
    let random = Zeroizing::new(URL_SAFE_NO_PAD.encode(*bits));
    let body = Zeroizing::new(format!("{prefix}_{}", *random));
    Secret::new(format!("{}{}", *body, checksum(&body)))
}

/// Whether the text has the form of a token of [`random_token`] and its checksum is right.
pub fn token_is_well_formed(token: &str) -> bool {
    let Some((body, sum)) = split_from_end(token, CHECKSUM_CHARS) else {
        return false;
    };
    let Some((prefix, random)) = split_from_end(body, RANDOM_CHARS) else {
        return false;
    };
    let in_alphabet = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    prefix.len() > 1
        && prefix.ends_with('_')
        && random.bytes().all(in_alphabet)
        && equal(checksum(body).as_bytes(), sum.as_bytes())
}

fn checksum(body: &str) -> String {
    let mut text = URL_SAFE_NO_PAD.encode(sha256(&[body.as_bytes()]));
    text.truncate(CHECKSUM_CHARS);
    text
}

fn split_from_end(text: &str, length: usize) -> Option<(&str, &str)> {
    text.split_at_checked(text.len().checked_sub(length)?)
}

/// The library reports failure only where memory or the operating system's randomness has run out. Going on without
/// would mean guessable keys, so the process ends as the library itself does in that case.
pub(crate) fn or_abort<T>(result: Result<T, Unspecified>) -> T {
    result.unwrap_or_else(|Unspecified| std::process::abort())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sha256_agrees_with_the_standard() {
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hex(&sha256(&[b"a", b"bc"])), expected);
    }

    #[test]
    fn a_token_is_recognized_and_a_mistyped_one_is_not() {
        let token = random_token("tk");
        let text = token.expose();
        assert!(text.starts_with("tk_") && text.len() == 3 + 43 + 6);
        assert!(token_is_well_formed(text));
        for at in 0..text.len() {
            let mut wrong = text.to_owned();
            let other = if text.as_bytes()[at] == b'a' {
                "b"
            } else {
                "a"
            };
            wrong.replace_range(at..=at, other);
            assert!(!token_is_well_formed(&wrong), "{at}");
        }
    }

    #[test]
    fn texts_of_any_shape_are_no_tokens_and_do_no_harm() {
        let long = "é".repeat(40);
        for text in ["", "tk_", "_", "tk_abc", "ééééééééé", &long] {
            assert!(!token_is_well_formed(text), "{text}");
        }
    }

    #[test]
    fn two_tokens_differ() {
        assert_ne!(random_token("tk").expose(), random_token("tk").expose());
    }
}
