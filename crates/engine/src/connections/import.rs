//! Tokens that were granted elsewhere. Pure.

use serde_json::{Map, Value};
use tenon_connector::document::AuthKind;
use tenon_connector::{Connector, Way};

use crate::error::{Code, Error, Outcomes};

/// A token that was granted elsewhere, as a caller brings it: flat, or under the name of its way to authenticate.
///
/// # Errors
/// In the words that the vendor-compatible API documents.
pub fn imported_fields(
    connector: &Connector,
    object: &Map<String, Value>,
) -> Outcomes<(Option<String>, Map<String, Value>)> {
    let nested = object.iter().next().filter(|_| object.len() == 1);
    if let Some((name, Value::Object(fields))) = nested {
        return check_imported(connector, Some(name), fields)
            .map(|()| (Some(name.clone()), fields.clone()));
    }
    let way = fitting_way(connector, object);
    check_imported(connector, way, object)?;
    Ok((way.map(str::to_owned), object.clone()))
}

/// The first way that knows every field.
fn fitting_way<'a>(connector: &'a Connector, object: &Map<String, Value>) -> Option<&'a str> {
    let knows = |way: &Way| {
        object
            .keys()
            .all(|name| way.doc.fields.contains_key(name) || connector.facts.contains_key(name))
    };
    connector
        .ways
        .iter()
        .find(|(_, way)| knows(way))
        .map(|(name, _)| name.as_str())
}

fn check_imported(
    connector: &Connector,
    way: Option<&str>,
    fields: &Map<String, Value>,
) -> Outcomes<()> {
    let refuse = |message: String| Err(Error::new(Code::BadRequest, message));
    if fields.values().any(|value| !value.is_string()) {
        return refuse("auth_object values must be valid strings".to_owned());
    }
    let oauth = connector
        .ways
        .values()
        .any(|way| way.kind() == AuthKind::Oauth2);
    let tokens = |name: &&String| matches!(name.as_str(), "access_token" | "refresh_token");
    let known = way.and_then(|name| connector.way(name));
    let unknown = fields.keys().any(|name| {
        !known.is_some_and(|(_, way)| way.doc.fields.contains_key(name))
            && !connector.facts.contains_key(name)
    });
    if !oauth && known.is_none() && fields.keys().any(|name| tokens(&name)) {
        return refuse("access_token and/or refresh_token only permitted in auth_object for OAuth2 based applications".to_owned());
    }
    // The vendor documents words for key-based objects only. Where the caller named another way, or one that is not
    // there, saving refuses it and says which field or which way.
    let key_based = known.map_or(way.is_none(), |(_, way)| way.kind() == AuthKind::Keybased);
    if unknown && key_based {
        return refuse(format!(
            "{} only permitted in auth_object of auth_type: key_based for application {}.",
            key_based_fields(connector).join(", "),
            connector.slug
        ));
    }
    Ok(())
}

/// What a key-based object may hold, each name once: the fields of the key-based ways, and the connection's facts.
fn key_based_fields(connector: &Connector) -> Vec<&str> {
    let ways = connector.ways.values();
    let key_based = ways.filter(|way| way.kind() == AuthKind::Keybased);
    let fields = key_based.flat_map(|way| way.doc.fields.keys());
    let mut names: Vec<&str> = Vec::new();
    for name in fields.chain(connector.facts.keys()) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    names
}
