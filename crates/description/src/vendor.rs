//! Which form a vendor's description has, told by its name and its beginning.

use crate::odata::Odata;
use crate::reader;
use crate::tree::Unreadable;
use crate::verify::{Graphql, PathList, Source};

/// Why a description cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum NotADescription {
    /// It is none of the formats with operations.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// It is a GraphQL schema with a mistake in it.
    #[error("not a GraphQL schema: {0}")]
    Graphql(String),
    /// It is XML, and not an entity model.
    #[error("not an entity model (CSDL): {0}")]
    Odata(String),
    /// It is a list, and not one of paths.
    #[error("not a list of `{{pathPattern, method, scopes}}`: {0}")]
    Paths(#[source] serde_json::Error),
}

/// Whether a file of this name can be a description.
pub fn has_known_name(name: &str) -> bool {
    let (_, ending) = name.rsplit_once('.').unwrap_or_default();
    matches!(
        ending,
        "json" | "yaml" | "yml" | "graphql" | "graphqls" | "xml"
    )
}

/// Reads a description in whichever form.
///
/// # Errors
/// Where it has none of them.
pub fn read(name: &str, bytes: &[u8]) -> Result<Source, NotADescription> {
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    if name.ends_with(".graphql") || name.ends_with(".graphqls") {
        let read = Graphql::read(&String::from_utf8_lossy(bytes));
        return read
            .map(|schema| Source::Graphql(Box::new(schema)))
            .map_err(NotADescription::Graphql);
    }
    if name.ends_with(".xml") {
        return Odata::read(bytes)
            .map(|model| Source::Odata(Box::new(model)))
            .map_err(NotADescription::Odata);
    }
    if first == Some(&b'[') {
        return PathList::read(bytes)
            .map(Source::Paths)
            .map_err(NotADescription::Paths);
    }
    let description = reader::read(bytes)?;
    Ok(Source::Operations(Box::new(description)))
}
