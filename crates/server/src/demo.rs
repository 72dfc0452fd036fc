//! What `tenon demo` runs: a data file of the catalogue, so that no application is named in code.

use serde::Deserialize;
use serde_json::{Map, Value};

const DOCUMENT: &str = include_str!("../../../connectors/demo.yaml");

/// The demo, as its author wrote it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Demo {
    /// The application.
    pub slug: String,
    /// The action.
    pub action: String,
    /// The linked account.
    pub linked_account: DemoAccount,
    /// The parameters.
    pub input: Map<String, Value>,
}

/// The linked account of the demo.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemoAccount {
    /// Its id.
    pub account_id: String,
    /// Its name.
    pub name: String,
}

/// The shipped document is not what this program reads.
#[derive(Debug, thiserror::Error)]
#[error("connectors/demo.yaml of this build cannot be read")]
pub struct DemoError(#[source] Box<dyn std::error::Error + Send + Sync>);

impl Demo {
    /// Reads the document.
    ///
    /// # Errors
    /// Where it is malformed, which a test rules out for what is shipped.
    pub fn read() -> Result<Self, DemoError> {
        serde_saphyr::from_str(DOCUMENT).map_err(|error| DemoError(Box::new(error)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;

    #[test]
    fn the_demo_runs_an_action_that_is_shipped() {
        let demo = Demo::read().unwrap();
        let registry = Catalogue::default().registry();
        assert!(registry.action(&demo.slug, &demo.action).is_ok());
    }
}
