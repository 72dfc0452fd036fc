//! Masks an application's echo of the credential that it was sent, so that no answer carries a secret any further.

use bytes::Bytes;
use memchr::memmem;
use tenon_vault::Credential;

use crate::answer::Response;

/// What stands in place of a secret.
const MASK: &str = "***";

/// Shorter values are no secrets: masking them would tear ordinary words apart.
const SHORTEST_SECRET: usize = 8;

/// Replaces every occurrence of the credential's values, as they are and as JSON writes them.
pub(crate) fn echoes(response: Response, credential: &Credential) -> Response {
    let fields = credential.fields().map(|(_, secret)| secret.expose());
    let mut secrets: Vec<_> = fields
        .filter(|secret| secret.len() >= SHORTEST_SECRET)
        .collect();
    // The longest first: a secret that begins with another one would otherwise show its rest.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets.into_iter().fold(response, |response, secret| {
        let quoted = serde_json::Value::from(secret).to_string();
        let escaped = quoted.trim_matches('"');
        let response = one(response, secret);
        if escaped == secret {
            response
        } else {
            one(response, escaped)
        }
    })
}

fn one(response: Response, secret: &str) -> Response {
    let headers = response.headers.into_iter().map(|(name, value)| {
        let masked = value.replace(secret, MASK);
        (name, masked)
    });
    Response {
        headers: headers.collect(),
        body: in_bytes(response.body, secret.as_bytes()),
        ..response
    }
}

fn in_bytes(body: Bytes, secret: &[u8]) -> Bytes {
    let finder = memmem::Finder::new(secret);
    let mut masked = Vec::new();
    let mut rest: &[u8] = &body;
    while let Some(at) = finder.find(rest) {
        let (before, from) = rest.split_at(at);
        masked.extend_from_slice(before);
        masked.extend_from_slice(MASK.as_bytes());
        rest = from.get(secret.len()..).unwrap_or_default();
    }
    if masked.is_empty() {
        return body;
    }
    masked.extend_from_slice(rest);
    masked.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenon_vault::Secret;

    #[test]
    fn an_echoed_credential_is_masked_wherever_it_stands() {
        let secret = "s3cr\"et-canary";
        let credential = Credential::from_fields([
            ("token".to_owned(), Secret::new(secret)),
            ("region".to_owned(), Secret::new("eu1")),
        ]);
        let response = Response {
            status: 401,
            headers: vec![("x-echo".to_owned(), format!("Bearer {secret}"))],
            body: format!(r#"{{"a":"s3cr\"et-canary","b":"eu1 {secret} {secret}"}}"#).into(),
        };
        let masked = echoes(response, &credential);
        assert_eq!(masked.headers[0].1, "Bearer ***");
        assert_eq!(masked.body, r#"{"a":"***","b":"eu1 *** ***"}"#);
    }

    #[test]
    fn a_secret_that_begins_with_another_one_is_masked_whole() {
        let credential = Credential::from_fields([
            ("client".to_owned(), Secret::new("acme-app")),
            ("secret".to_owned(), Secret::new("acme-app-canary")),
        ]);
        let response = Response {
            status: 401,
            headers: Vec::new(),
            body: "acme-app and acme-app-canary".into(),
        };
        assert_eq!(echoes(response, &credential).body, "*** and ***");
    }
}
