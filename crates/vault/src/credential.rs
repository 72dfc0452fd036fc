//! The secret material of one connection: named fields, in order of their names.

use std::collections::BTreeMap;
use std::fmt;

use zeroize::Zeroizing;

use crate::Secret;

/// Named secrets, such as `access_token` and `refresh_token`. `Debug` shows the names alone.
#[derive(Clone, Default)]
pub struct Credential(BTreeMap<String, Secret>);

impl Credential {
    /// A credential of these fields; of two with the same name the later one stays.
    pub fn from_fields(fields: impl IntoIterator<Item = (String, Secret)>) -> Self {
        Self(fields.into_iter().collect())
    }

    /// The field's value, if the credential has the field.
    pub fn get(&self, name: &str) -> Option<&Secret> {
        self.0.get(name)
    }

    /// All fields, in order of their names.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &Secret)> {
        self.0.iter().map(|(name, secret)| (name.as_str(), secret))
    }

    /// The fields as a JSON object, in a buffer that never grows, so that no copy stays behind unwiped.
    pub(crate) fn to_json(&self) -> serde_json::Result<Zeroizing<Vec<u8>>> {
        let mut json = Zeroizing::new(Vec::with_capacity(self.longest_json()));
        let texts: BTreeMap<_, _> = self.fields().map(|(name, s)| (name, s.expose())).collect();
        serde_json::to_writer(&mut *json, &texts)?;
        Ok(json)
    }

    /// Reads what [`Self::to_json`] wrote.
    pub(crate) fn from_json(json: &[u8]) -> serde_json::Result<Self> {
        let texts: BTreeMap<String, String> = serde_json::from_slice(json)?;
        Ok(Self::from_fields(
            texts
                .into_iter()
                .map(|(name, text)| (name, Secret::new(text))),
        ))
    }

    /// JSON needs at most six bytes for one (`\u001f`), and six signs of its own for a field.
    fn longest_json(&self) -> usize {
        2 + self
            .fields()
            .map(|(name, s)| 6 * (name.len() + s.expose().len() + 1))
            .sum::<usize>()
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credential(value: &str) -> Credential {
        Credential::from_fields([("access_token".to_owned(), Secret::new(value))])
    }

    #[test]
    fn debug_shows_the_names_of_fields_alone() {
        assert_eq!(format!("{:?}", credential("canary")), r#"{"access_token"}"#);
    }

    #[test]
    fn json_keeps_every_sign_and_never_outgrows_its_buffer() {
        let worst = "\u{1f}\"\\é\u{1}".repeat(40);
        let before = credential(&worst);
        let json = before.to_json().unwrap();
        assert!(json.len() <= before.longest_json());
        let after = Credential::from_json(&json).unwrap();
        assert_eq!(after.get("access_token").unwrap().expose(), worst);
    }
}
