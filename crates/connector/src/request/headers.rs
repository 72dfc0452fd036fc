//! Headers: what a connector writes, and what a caller may add without touching credentials, framing or routing.

use indexmap::IndexMap;

use super::{PlanError, unfit};
use crate::expr::{Scope, text_of};
use crate::template::{Entry, render_map};

/// Headers that a caller's parameters can never set: credentials, framing, routing.
const RESERVED_HEADERS: &[&str] = &[
    "host",
    "authorization",
    "cookie",
    "connection",
    "keep-alive",
    "transfer-encoding",
    "content-length",
    "te",
    "trailer",
    "expect",
    "upgrade",
    "forwarded",
    "via",
    "accept-encoding",
];

/// Renders headers over the connector's defaults.
pub(super) fn render_headers(
    entries: &[Entry],
    defaults: &IndexMap<String, String>,
    scope: &Scope<'_>,
) -> Result<Vec<(String, String)>, PlanError> {
    let mut headers: IndexMap<String, String> = defaults
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value.clone()))
        .collect();
    let written: Vec<&str> = entries.iter().filter_map(written_name).collect();
    for (name, value) in render_map(entries, scope)? {
        if !written.contains(&name.as_str()) {
            check_name(&name)?;
        }
        let value = text_of(&value);
        check_value(&name, &value)?;
        headers.insert(name.to_ascii_lowercase(), value);
    }
    Ok(headers.into_iter().collect())
}

fn written_name(entry: &Entry) -> Option<&str> {
    match entry {
        Entry::Key(name, _) => Some(name),
        Entry::Spread(_) => None,
    }
}

fn check_name(name: &str) -> Result<(), PlanError> {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(token) {
        return Err(unfit(
            "a header's name",
            "must be letters, digits and hyphens",
        ));
    }
    let lower = name.to_ascii_lowercase();
    let reserved = RESERVED_HEADERS.contains(&lower.as_str())
        || ["proxy-", "x-forwarded-", "sec-"]
            .iter()
            .any(|prefix| lower.starts_with(prefix));
    if reserved {
        return Err(unfit(
            format!("the header `{lower}`"),
            "cannot be set by a caller",
        ));
    }
    Ok(())
}

fn check_value(name: &str, value: &str) -> Result<(), PlanError> {
    let fits = value
        .bytes()
        .all(|byte| byte == b'\t' || (byte >= b' ' && byte != 0x7f));
    if fits {
        Ok(())
    } else {
        Err(unfit(
            format!("the header `{name}`"),
            "must not contain line breaks or control characters",
        ))
    }
}
