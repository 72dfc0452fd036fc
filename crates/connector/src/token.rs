//! Where a token answer has what. Only the way in is said here: the values are secrets, and are read where secrets may be.

use serde_json::Value;

use crate::document::{Flow, GrantDoc};
use crate::grant::{ACCESS_TOKEN, REFRESH_TOKEN, TOKEN_SECRET};

/// A way into a JSON document: names of members, with dots between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path(String);

impl Path {
    /// The value there, if there is one and it is not null.
    pub fn of<'a>(&self, document: &'a Value) -> Option<&'a Value> {
        let mut parts = self.0.split('.');
        let found = parts.try_fold(document, |value, name| value.get(name));
        found.filter(|value| !value.is_null())
    }
}

/// Where a token answer has what.
#[derive(Debug, Clone)]
pub struct TokenPaths {
    /// The credential's fields, the access token first. Only that one has to be there.
    pub fields: Vec<(String, Path)>,
    /// Facts of the connection.
    pub facts: Vec<(String, Path)>,
    /// Seconds that the access token lives.
    pub expires_in: Path,
    /// What was agreed to.
    pub scope: Path,
    /// The application's code of an error.
    pub error: Path,
    /// What it says of it.
    pub error_description: Path,
    /// Kinds of tokens that are taken besides `bearer`, in lower case.
    pub token_types: Vec<String>,
}

impl TokenPaths {
    /// As the connector says, and as the standard does where it says nothing.
    pub fn of(grant: &GrantDoc) -> Self {
        let doc = &grant.answer;
        let path = |given: &Option<String>, usual: &str| {
            Path(given.clone().unwrap_or_else(|| usual.to_owned()))
        };
        let signed = grant.flow == Flow::Oauth1;
        let usual = if signed { "oauth_token" } else { ACCESS_TOKEN };
        let mut fields = vec![(ACCESS_TOKEN.to_owned(), path(&doc.access_token, usual))];
        fields.push(match signed {
            true => (
                TOKEN_SECRET.to_owned(),
                Path("oauth_token_secret".to_owned()),
            ),
            false => (
                REFRESH_TOKEN.to_owned(),
                path(&doc.refresh_token, REFRESH_TOKEN),
            ),
        });
        let named = |(name, path): (&String, &String)| (name.clone(), Path(path.clone()));
        fields.extend(doc.fields.iter().map(named));
        Self {
            fields,
            facts: doc.facts.iter().map(named).collect(),
            expires_in: path(&doc.expires_in, "expires_in"),
            scope: path(&doc.scope, "scope"),
            error: path(&doc.error, "error"),
            error_description: path(&doc.error_description, "error_description"),
            token_types: doc
                .token_types
                .iter()
                .map(|one| one.to_lowercase())
                .collect(),
        }
    }
}
