//! A connector as an operator sees it.

use schemars::JsonSchema;
use serde::Serialize;
use tenon_connector::{Connector, Problem};

/// A connector, and what is wrong with its files.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Connector")]
pub(in crate::api) struct ConnectorBody {
    slug: String,
    /// Absent where no version of its files ever compiled.
    name: Option<String>,
    version: Option<u32>,
    auth_types: Vec<String>,
    actions: Vec<String>,
    /// Why the newest files are not what serves.
    problems: Vec<String>,
}

impl ConnectorBody {
    /// What the application is known by.
    pub(in crate::api) fn slug(&self) -> &str {
        &self.slug
    }

    /// What serves under this slug, and what is wrong.
    pub(in crate::api) fn new(
        slug: &str,
        connector: Option<&Connector>,
        problems: &[Problem],
    ) -> Self {
        let ways = connector.map(|one| one.ways.keys().cloned().collect());
        let actions = connector.map(|one| one.actions.keys().cloned().collect());
        Self {
            slug: slug.to_owned(),
            name: connector.map(|one| one.name.clone()),
            version: connector.map(|one| one.version),
            auth_types: ways.unwrap_or_default(),
            actions: actions.unwrap_or_default(),
            problems: problems.iter().map(ToString::to_string).collect(),
        }
    }
}
