//! What a caller gives: which way to authenticate, which of its fields, and which facts of the connection.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use tenon_connector::{Connector, FieldError, Way};
use tenon_vault::{Credential, Secret};

use crate::error::{Error, Outcomes};

/// The way that is wanted, or the default.
pub(super) fn choose_way<'a>(
    connector: &'a Connector,
    wanted: Option<&str>,
) -> Outcomes<(&'a str, &'a Way)> {
    let found = match wanted {
        Some(name) => connector.way(name),
        None => connector.default_way(),
    };
    let known = || {
        connector
            .ways
            .keys()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(", ")
    };
    found.ok_or_else(|| {
        let message = format!("auth_type must be one of: {}", known());
        Error::invalid("auth_type", "enum", message)
    })
}

/// What a caller gave, told apart.
#[derive(Default)]
struct Sorted {
    secrets: Vec<(String, Secret)>,
    facts: BTreeMap<String, String>,
    errors: Vec<FieldError>,
}

/// Tells the credential's fields from the connection's facts, and checks that all are there and none is unknown.
pub(super) fn split_fields(
    connector: &Connector,
    way: &Way,
    fields: &Map<String, Value>,
) -> Outcomes<(Credential, BTreeMap<String, String>)> {
    let mut sorted = Sorted::default();
    for (name, value) in fields {
        sorted.take(connector, way, name, value);
    }
    sorted.miss(way);
    let bad_facts = connector.check_facts(&sorted.facts).err();
    sorted.errors.extend(bad_facts.into_iter().flatten());
    if sorted.errors.is_empty() {
        Ok((Credential::from_fields(sorted.secrets), sorted.facts))
    } else {
        Err(Error::validation(sorted.errors))
    }
}

impl Sorted {
    fn take(&mut self, connector: &Connector, way: &Way, name: &str, value: &Value) {
        let error = match text(value) {
            None => ("type", format!("'{name}' must be a text")),
            Some(text) if way.doc.fields.contains_key(name) => {
                // A line break at the end of a pasted key would break every request that carries it.
                if !(way.placement.uses(name) && text.chars().any(char::is_control)) {
                    self.secrets.push((name.to_owned(), Secret::new(text)));
                    return;
                }
                (
                    "pattern",
                    format!("'{name}' must not contain line breaks or control characters"),
                )
            }
            Some(text) if connector.facts.contains_key(name) => {
                self.facts.insert(name.to_owned(), text);
                return;
            }
            Some(_) => (
                "unknown",
                format!("'{name}' is not a field of this application's credentials"),
            ),
        };
        self.errors.push(FieldError::new(name, error.0, error.1));
    }

    /// Names the fields that are not there. One that was given and refused has its error already.
    fn miss(&mut self, way: &Way) {
        let given = |name: &String| {
            let refused = self.errors.iter().any(|error| error.param == *name);
            refused
                || self
                    .secrets
                    .iter()
                    .any(|(given, secret)| given == name && !secret.is_empty())
        };
        let missing = way
            .doc
            .fields
            .iter()
            .filter(|(name, doc)| !doc.optional && !given(name));
        let missing: Vec<_> = missing
            .map(|(name, _)| {
                FieldError::new(
                    name,
                    "required",
                    format!("Required parameter '{name}' is missing"),
                )
            })
            .collect();
        self.errors.extend(missing);
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
