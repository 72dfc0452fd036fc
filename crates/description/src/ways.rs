//! Ways to authenticate, as descriptions have them.

use indexmap::IndexMap;
use serde_json::Value;

use crate::schema::text;
use crate::shape::Place;

/// One way to authenticate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// `Authorization: Bearer …`
    Bearer {
        /// What the vendor says of it.
        description: Option<String>,
    },
    /// `Authorization: Basic …`
    Basic {
        /// What the vendor says of it.
        description: Option<String>,
    },
    /// A key in a header, the query or a cookie.
    Key {
        /// Where it goes.
        place: Place,
        /// The name on the wire.
        name: String,
        /// What the vendor says of it.
        description: Option<String>,
    },
    /// OAuth 2.0.
    Oauth2 {
        /// What the vendor says of it.
        description: Option<String>,
        /// The flows that it has.
        flows: Vec<Flow>,
    },
    /// Anything else, in the document's word.
    Other(String),
}

/// One flow of OAuth 2.0.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Flow {
    /// `authorizationCode`, `clientCredentials`, `implicit` or `password`.
    pub kind: String,
    /// Where a person consents.
    pub authorize_url: Option<String>,
    /// Where codes become tokens.
    pub token_url: Option<String>,
    /// The permissions and what they mean.
    pub scopes: IndexMap<String, String>,
}

impl Way {
    /// Reads a scheme of OpenAPI 3 or Swagger 2.
    pub(crate) fn read(scheme: &Value) -> Self {
        let word = |key: &str| text(scheme.get(key)).unwrap_or_default().to_lowercase();
        let description = text(scheme.get("description"));
        match (word("type").as_str(), word("scheme").as_str()) {
            ("http", "bearer") => Self::Bearer { description },
            ("http" | "basic", "basic" | "") => Self::Basic { description },
            ("apikey", _) => Self::Key {
                place: match word("in").as_str() {
                    "query" => Place::Query,
                    "cookie" => Place::Cookie,
                    _ => Place::Header,
                },
                name: text(scheme.get("name")).unwrap_or_default(),
                description,
            },
            ("oauth2", _) => Self::Oauth2 {
                description,
                flows: flows(scheme),
            },
            (kind, _) => Self::Other(kind.to_owned()),
        }
    }
}

fn flows(scheme: &Value) -> Vec<Flow> {
    if let Some(flows) = scheme.get("flows").and_then(Value::as_object) {
        return flows.iter().map(|(kind, one)| flow(kind, one)).collect();
    }
    // Swagger 2 has one flow, in its own words.
    let kind = match text(scheme.get("flow")).unwrap_or_default().as_str() {
        "accessCode" => "authorizationCode",
        "application" => "clientCredentials",
        "implicit" => "implicit",
        "password" => "password",
        _ => return Vec::new(),
    };
    vec![flow(kind, scheme)]
}

fn flow(kind: &str, value: &Value) -> Flow {
    let scopes = value.get("scopes").and_then(Value::as_object);
    let scope = |(name, meaning): (&String, &Value)| {
        let meaning = text(Some(meaning)).unwrap_or_default();
        (name.clone(), meaning)
    };
    Flow {
        kind: kind.to_owned(),
        authorize_url: text(value.get("authorizationUrl")),
        token_url: text(value.get("tokenUrl")),
        scopes: scopes.into_iter().flatten().map(scope).collect(),
    }
}
