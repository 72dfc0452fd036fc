//! Ways to authenticate, as a connector has them.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::names::{label, words};
use super::texts::short;
use crate::shape::{Description, Operation, Place};
use crate::ways::{Flow, Way};

/// The most scopes that accounts are asked for where nobody says; a tenant chooses better.
const MOST_SCOPES: usize = 30;

/// The connector's `auth`, the way that most operations take first. The flag: no way was described.
pub(crate) fn ways(
    description: &Description,
    operations: &[&Operation],
) -> (Map<String, Value>, bool) {
    let mut wanted: IndexMap<&str, usize> = IndexMap::new();
    for name in description.ways.keys() {
        let takes = operations
            .iter()
            .filter(|operation| operation.ways.contains(name));
        wanted.insert(name, takes.count());
    }
    wanted.sort_by(|_, one, _, other| other.cmp(one));
    let some = wanted.values().any(|count| *count > 0);
    let mut ways = Map::new();
    for (name, count) in wanted {
        if some && count == 0 {
            continue;
        }
        let made = description
            .ways
            .get(name)
            .and_then(|way| made(name, way, operations));
        if let Some((kind, made)) = made {
            let free = (1..).map(|number| match number {
                1 => kind.to_owned(),
                number => format!("{kind}_{number}"),
            });
            let key = free.into_iter().find(|key| !ways.contains_key(key));
            ways.insert(key.unwrap_or_default(), made);
        }
    }
    if ways.is_empty() {
        ways.insert("token".to_owned(), bearer("Access token", None));
        return (ways, true);
    }
    (ways, false)
}

fn made(name: &str, way: &Way, operations: &[&Operation]) -> Option<(&'static str, Value)> {
    let titled = || label(name);
    Some(match way {
        Way::Bearer { description } => ("token", bearer(&titled(), help(description))),
        Way::Basic { description } => ("basic", basic(&titled(), help(description))),
        Way::Key {
            place,
            name: wire,
            description,
        } => {
            let places = match place {
                Place::Header if fits_header(wire) => "headers",
                Place::Query if !wire.is_empty() => "query",
                _ => return None,
            };
            let field = field("API key", help(description));
            let send = json!({ places: { wire.as_str(): "{{ api_key }}" } });
            (
                "key",
                keybased(&titled(), json!({ "api_key": field }), send),
            )
        }
        Way::Oauth2 { description, flows } => (
            "oauth2",
            oauth2(&titled(), help(description), flows, operations),
        ),
        Way::Other(_) => return None,
    })
}

fn fits_header(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

fn help(description: &Option<String>) -> Option<String> {
    description.as_deref().and_then(|text| short(text, 300))
}

fn field(label: &str, help: Option<String>) -> Value {
    match help {
        Some(help) => json!({ "label": label, "help": help }),
        None => json!({ "label": label }),
    }
}

fn keybased(label: &str, fields: Value, send: Value) -> Value {
    json!({ "type": "keybased", "label": label, "fields": fields, "send": send })
}

fn bearer(label: &str, help: Option<String>) -> Value {
    let fields = json!({ "access_token": field("Access token", help) });
    keybased(label, fields, json!({ "bearer": "{{ access_token }}" }))
}

fn basic(label: &str, help: Option<String>) -> Value {
    let fields = json!({
        "username": field("User name", help),
        "password": { "label": "Password", "optional": true }
    });
    let send = json!({ "basic": { "username": "{{ username }}", "password": "{{ password }}" } });
    keybased(label, fields, send)
}

/// The first flow that can be carried out; without one, tokens are imported.
fn oauth2(label: &str, help: Option<String>, flows: &[Flow], operations: &[&Operation]) -> Value {
    let mut way = json!({
        "type": "oauth2",
        "label": label,
        "fields": {
            "access_token": field("Access token", help),
            "refresh_token": { "label": "Refresh token", "optional": true }
        },
        "send": { "bearer": "{{ access_token }}" }
    });
    let grant = flows.iter().find_map(|flow| grant(flow, operations));
    if let (Some(grant), Some(way)) = (grant, way.as_object_mut()) {
        if grant.get("flow") == Some(&json!("client_credentials")) {
            let fields = json!({
                "client_id": { "label": "Client id" },
                "client_secret": { "label": "Client secret" }
            });
            way.insert("fields".to_owned(), fields);
        }
        way.insert("grant".to_owned(), grant);
    }
    way
}

fn grant(flow: &Flow, operations: &[&Operation]) -> Option<Value> {
    let https = |url: &Option<String>| {
        let url = url
            .as_deref()
            .filter(|url| url.starts_with("https://") && !url.contains('{'));
        url.map(str::to_owned)
    };
    let token_url = https(&flow.token_url)?;
    let mut scopes: Vec<&String> = Vec::new();
    for scope in operations
        .iter()
        .filter_map(|operation| scopes_of(operation))
        .flatten()
    {
        if flow.scopes.contains_key(scope) && !scopes.contains(&scope) && scopes.len() < MOST_SCOPES
        {
            scopes.push(scope);
        }
    }
    match flow.kind.as_str() {
        "authorizationCode" => Some(json!({
            "flow": "authorization_code",
            "authorize_url": https(&flow.authorize_url)?,
            "token_url": token_url,
            "scopes": scopes
        })),
        "clientCredentials" => Some(json!({
            "flow": "client_credentials",
            "token_url": token_url,
            "scopes": scopes
        })),
        _ => None,
    }
}

/// The permissions that an operation needs, where several lists would do: the one that gives least away, as far as names
/// tell.
pub(crate) fn scopes_of(operation: &Operation) -> Option<&Vec<String>> {
    let narrow = |scopes: &&Vec<String>| {
        let words: Vec<String> = scopes.iter().flat_map(|scope| words(scope)).collect();
        words.iter().any(|word| word == "readonly")
    };
    let reads = operation.method == "GET";
    let narrowest = operation
        .scopes
        .iter()
        .filter(narrow)
        .min_by_key(|scopes| scopes.concat().len());
    narrowest
        .filter(|_| reads)
        .or_else(|| operation.scopes.first())
}
