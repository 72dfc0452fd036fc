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

/// Tells the credential's fields from the connection's facts, and checks that all are there and none is unknown.
pub(super) fn split_fields(
    connector: &Connector,
    way: &Way,
    fields: &Map<String, Value>,
) -> Outcomes<(Credential, BTreeMap<String, String>)> {
    let (mut secrets, mut facts, mut errors) = (Vec::new(), BTreeMap::new(), Vec::new());
    for (name, value) in fields {
        let Some(text) = text(value) else {
            errors.push(field(name, "type", format!("'{name}' must be a text")));
            continue;
        };
        if way.doc.fields.contains_key(name) {
            secrets.push((name.clone(), Secret::new(text)));
        } else if connector.facts.contains_key(name) {
            facts.insert(name.clone(), text);
        } else {
            errors.push(field(
                name,
                "unknown",
                format!("'{name}' is not a field of this application's credentials"),
            ));
        }
    }
    let given = |name: &String| {
        secrets
            .iter()
            .any(|(given, secret)| given == name && !secret.is_empty())
    };
    let missing = way
        .doc
        .fields
        .iter()
        .filter(|(name, doc)| !doc.optional && !given(name));
    errors.extend(missing.map(|(name, _)| {
        field(
            name,
            "required",
            format!("Required parameter '{name}' is missing"),
        )
    }));
    errors.extend(connector.check_facts(&facts).err().into_iter().flatten());
    if errors.is_empty() {
        Ok((Credential::from_fields(secrets), facts))
    } else {
        Err(Error::validation(errors))
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn field(param: &str, code: &str, message: String) -> FieldError {
    FieldError {
        param: param.to_owned(),
        code: code.to_owned(),
        message,
    }
}
