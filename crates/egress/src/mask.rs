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
    let masker = Masker::of(Some(credential));
    let headers = response.headers.into_iter().map(|(name, value)| {
        let masked = masker.whole(value.as_bytes());
        let masked = masked.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        (name, masked.unwrap_or(value))
    });
    Response {
        headers: headers.collect(),
        body: masker
            .whole(&response.body)
            .map_or(response.body, Bytes::from),
        ..response
    }
}

/// Masks secrets in bytes that come one after the other, also where a secret is torn between two of them.
pub(crate) struct Masker {
    /// The longest first: a secret that begins with another one would otherwise show its rest.
    secrets: Vec<memmem::Finder<'static>>,
    /// The end of what came, which may be the beginning of a secret.
    held: Vec<u8>,
}

impl Masker {
    /// For the values of a credential. Without one, nothing is masked.
    pub(crate) fn of(credential: Option<&Credential>) -> Self {
        let fields = credential.into_iter().flat_map(Credential::fields);
        let mut secrets: Vec<String> = Vec::new();
        for (_, secret) in fields {
            let secret = secret.expose();
            if secret.len() >= SHORTEST_SECRET {
                let quoted = serde_json::Value::from(secret).to_string();
                secrets.extend([secret.to_owned(), quoted.trim_matches('"').to_owned()]);
            }
        }
        secrets.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        secrets.dedup();
        let finder = |secret: &String| memmem::Finder::new(secret).into_owned();
        Self {
            secrets: secrets.iter().map(finder).collect(),
            held: Vec::new(),
        }
    }

    /// The next bytes, masked as far as it is certain that no secret goes on.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Vec<u8> {
        let longest = self
            .secrets
            .first()
            .map_or(0, |secret| secret.needle().len());
        let mut text = std::mem::take(&mut self.held);
        text.extend_from_slice(bytes);
        let until = text.len().saturating_sub(longest.saturating_sub(1));
        let mut masked = Vec::with_capacity(text.len());
        let (end, _) = self.scan(&text, until, &mut masked);
        self.held = text.split_off(end.min(text.len()));
        masked
    }

    /// What was held back to the end.
    pub(crate) fn finish(&mut self) -> Vec<u8> {
        let rest = std::mem::take(&mut self.held);
        self.whole(&rest).unwrap_or(rest)
    }

    /// Bytes that are all there. `None`: there is no secret in them.
    fn whole(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut masked = Vec::new();
        let (_, found) = self.scan(bytes, bytes.len(), &mut masked);
        found.then_some(masked)
    }

    /// Masks the secrets that begin before `until`; says how far it came, and whether there was one.
    fn scan(&self, text: &[u8], until: usize, masked: &mut Vec<u8>) -> (usize, bool) {
        let rest = |at: usize| text.get(at..).unwrap_or_default();
        let find = |secret: &memmem::Finder<'_>, at: usize| Some(secret.find(rest(at))? + at);
        // Each secret is looked for again only where its last place is passed: a million echoes cost no more than one.
        let mut places: Vec<_> = self.secrets.iter().map(|secret| find(secret, 0)).collect();
        let (mut at, mut found) = (0, false);
        loop {
            let next = places.iter().zip(&self.secrets);
            let next = next.filter_map(|(place, secret)| Some(((*place)?, secret.needle().len())));
            let Some((place, length)) = next
                .min_by_key(|(place, _)| *place)
                .filter(|(place, _)| *place < until)
            else {
                break;
            };
            masked.extend_from_slice(text.get(at..place).unwrap_or_default());
            masked.extend_from_slice(MASK.as_bytes());
            (at, found) = (place + length, true);
            for (place, secret) in places.iter_mut().zip(&self.secrets) {
                if place.is_some_and(|place| place < at) {
                    *place = find(secret, at);
                }
            }
        }
        let end = at.max(until);
        masked.extend_from_slice(text.get(at..end).unwrap_or_default());
        (end, found)
    }
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

    #[test]
    fn a_secret_is_masked_wherever_the_stream_tears_it() {
        let credential = Credential::from_fields([
            ("client".to_owned(), Secret::new("acme-app")),
            ("secret".to_owned(), Secret::new("acme-app-canary")),
        ]);
        let text = b"a acme-app, acme-app-canary!acme-app-canaracme-app";
        for size in 1..text.len() {
            let mut masker = Masker::of(Some(&credential));
            let mut masked = Vec::new();
            for piece in text.chunks(size) {
                masked.extend(masker.push(piece));
            }
            masked.extend(masker.finish());
            let masked = String::from_utf8(masked).unwrap();
            assert_eq!(masked, "a ***, ***!***-canar***", "in pieces of {size}");
        }
        let mut nobody = Masker::of(None);
        assert_eq!(nobody.push(text), text);
        assert!(nobody.finish().is_empty());
    }
}
