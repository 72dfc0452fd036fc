//! Further headers of an endpoint's messages: which may be seen, which are sealed, and which are nobody's to set.

use indexmap::IndexMap;
use tenon_connector::FieldError;
use tenon_vault::Secret;

use super::template;

/// What answers show in the place of a header's value that nobody may see. Sent back, it means the value that is kept.
pub const MASK: &str = "***";

const LONGEST_HEADER: usize = 2048;
const MOST_HEADERS: usize = 20;

/// Headers that Tenon or HTTP itself writes.
const OWN_HEADERS: [&str; 10] = [
    "host",
    "connection",
    "content-length",
    "transfer-encoding",
    "te",
    "trailer",
    "upgrade",
    "expect",
    "user-agent",
    super::attempt::COMPAT_SIGNATURE,
];

/// What shows in a header's name that its value lets somebody in.
const SENSITIVE: [&str; 9] = [
    "auth",
    "cookie",
    "token",
    "secret",
    "key",
    "password",
    "passwd",
    "credential",
    "signature",
];

/// Where a definition's headers are kept that nobody may see.
pub(super) type Sealed = IndexMap<String, Secret>;

/// The headers as they are kept: those that may be seen, and those to seal.
pub(super) fn checked_headers(
    headers: &IndexMap<String, Secret>,
    kept: &Sealed,
) -> Result<(IndexMap<String, Option<String>>, Sealed), FieldError> {
    let wrong = |code, message| FieldError::new("webhook_headers", code, message);
    if headers.len() > MOST_HEADERS {
        let message = format!("`webhook_headers` must be at most {MOST_HEADERS}");
        return Err(wrong("maxProperties", message));
    }
    let (mut open, mut sealed) = (IndexMap::new(), Sealed::new());
    for (name, value) in headers {
        let name = name.trim().to_ascii_lowercase();
        check_header(&name, value.expose()).map_err(|problem| {
            let message = format!("`webhook_headers.{name}` cannot be used: {problem}");
            FieldError::new(format!("webhook_headers.{name}"), "header", message)
        })?;
        let is_secret = SENSITIVE.iter().any(|word| name.contains(word));
        if is_secret {
            let old = kept.get(&name).filter(|_| value.expose() == MASK);
            sealed.insert(name.clone(), old.unwrap_or(value).clone());
        }
        open.insert(name, (!is_secret).then(|| value.expose().to_owned()));
    }
    Ok((open, sealed))
}

/// The problem shows nothing of the value: it may be a secret.
fn check_header(name: &str, value: &str) -> Result<(), String> {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || name.len() > 128 || !name.bytes().all(token) {
        return Err("it is not a header's name".to_owned());
    }
    if OWN_HEADERS.contains(&name) || name.starts_with("webhook-") {
        return Err("this header is not yours to set".to_owned());
    }
    if value.len() > LONGEST_HEADER {
        return Err(format!(
            "its value must have at most {LONGEST_HEADER} bytes"
        ));
    }
    if !value.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Err("its value has a sign that no header may have".to_owned());
    }
    template::check_text(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_with_a_secret_is_kept_by_its_mask_and_none_smuggles_another() {
        let kept = Sealed::from([("x-api-key".to_owned(), Secret::new("old"))]);
        let given = |pairs: &[(&str, &str)]| {
            let pairs = pairs
                .iter()
                .map(|(name, value)| (name.to_string(), Secret::new(*value)));
            checked_headers(&pairs.collect(), &kept)
        };
        let (open, sealed) = given(&[("X-Api-Key", MASK), ("X-Team", "{{event.slug}}")]).unwrap();
        assert_eq!(open.get("x-api-key"), Some(&None));
        assert_eq!(open.get("x-team"), Some(&Some("{{event.slug}}".to_owned())));
        assert_eq!(sealed.get("x-api-key").unwrap().expose(), "old");
        for (name, value) in [
            ("host", "x"),
            ("Webhook-Id", "x"),
            ("x-cobalt-signature", "x"),
            ("content-length", "1"),
            ("a b", "x"),
            ("", "x"),
            ("x-a", "b\r\nx: y"),
            ("x-a", "é"),
            ("x-a", "{{nobody}}"),
        ] {
            assert!(given(&[(name, value)]).is_err(), "{name}: {value:?}");
        }
    }
}
