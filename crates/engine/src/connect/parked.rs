//! What an attempt parks: a code with what has to go along with it, or tokens whose connection nobody confirmed or chose yet.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tenon_vault::{Credential, Secret};

use crate::connections::Identity;
use crate::error::{Error, Outcomes};
use crate::model::{ConnectAttempt, Millis, Renewal};
use crate::oauth::Granted;

/// The field of the code.
const CODE: &str = "code";
/// The field of the address that the browser came back to.
const CALLBACK: &str = "callback";
/// What the names of the fields begin with that go along with the code.
const KEPT: &str = "kept.";
/// The field of what is known of tokens.
const KNOWN: &str = "known";
/// What the names of the fields begin with that are the tokens.
const TOKEN: &str = "token.";

/// What an attempt parks.
pub(super) enum Parked {
    /// The browser is at the application.
    Away(Away),
    /// It came back with this code.
    Code(Away, Secret),
    /// Tokens, or a typed credential.
    Granted(Box<Granted>),
}

/// What has to be known when the browser comes back.
pub(super) struct Away {
    /// The address that it comes back to.
    pub(super) callback: String,
    /// What proves that it was us who asked.
    pub(super) kept: Credential,
}

/// What is known of tokens, none of it secret.
#[derive(Serialize, Deserialize)]
struct Known {
    facts: BTreeMap<String, String>,
    scopes: Vec<String>,
    identifier: Option<String>,
    name: Option<String>,
    client: Option<String>,
    expires_at: Option<Millis>,
    due_at: Option<Millis>,
}

impl Parked {
    /// The form that is sealed.
    pub(super) fn to_secrets(&self) -> Outcomes<Credential> {
        Ok(Credential::from_fields(match self {
            Self::Away(away) => away.fields(),
            Self::Code(away, code) => {
                let mut fields = away.fields();
                fields.push((CODE.to_owned(), code.clone()));
                fields
            }
            Self::Granted(granted) => granted_fields(granted)?,
        }))
    }

    /// What was sealed; nothing where it is none of these.
    pub(super) fn of(secrets: &Credential, attempt: &ConnectAttempt) -> Option<Self> {
        if let Some(known) = secrets.get(KNOWN) {
            let known = serde_json::from_str(known.expose()).ok()?;
            return Some(Self::Granted(Box::new(granted(secrets, attempt, known))));
        }
        let away = Away {
            callback: secrets.get(CALLBACK)?.expose().to_owned(),
            kept: named(secrets, KEPT),
        };
        Some(match secrets.get(CODE) {
            Some(code) => Self::Code(away, code.clone()),
            None => Self::Away(away),
        })
    }
}

impl Away {
    fn fields(&self) -> Vec<(String, Secret)> {
        let mut fields = prefixed(&self.kept, KEPT);
        fields.push((CALLBACK.to_owned(), Secret::new(self.callback.clone())));
        fields
    }
}

fn granted_fields(granted: &Granted) -> Outcomes<Vec<(String, Secret)>> {
    let known = Known {
        facts: granted.facts.clone(),
        scopes: granted.scopes.clone(),
        identifier: granted.identity.identifier.clone(),
        name: granted.identity.name.clone(),
        client: granted.client.clone(),
        expires_at: granted.renewal.expires_at,
        due_at: granted.renewal.due_at,
    };
    let known = serde_json::to_string(&known).map_err(Error::internal)?;
    let mut fields = prefixed(&granted.credential, TOKEN);
    fields.push((KNOWN.to_owned(), Secret::new(known)));
    Ok(fields)
}

fn granted(secrets: &Credential, attempt: &ConnectAttempt, known: Known) -> Granted {
    Granted {
        slug: attempt.slug.clone(),
        auth: attempt.auth.clone(),
        facts: known.facts,
        scopes: known.scopes,
        identity: Identity {
            identifier: known.identifier,
            name: known.name,
        },
        credential: named(secrets, TOKEN),
        client: known.client,
        renewal: Renewal {
            expires_at: known.expires_at,
            due_at: known.due_at,
            ..Renewal::default()
        },
    }
}

fn prefixed(credential: &Credential, prefix: &str) -> Vec<(String, Secret)> {
    let fields = credential.fields();
    fields
        .map(|(name, secret)| (format!("{prefix}{name}"), secret.clone()))
        .collect()
}

fn named(secrets: &Credential, prefix: &str) -> Credential {
    let fields = secrets.fields().filter_map(|(name, secret)| {
        let name = name.strip_prefix(prefix)?;
        Some((name.to_owned(), secret.clone()))
    });
    Credential::from_fields(fields)
}
