//! A connector's files: whoever has them (a folder, the binary, an upload) hands them over by name; this makes a
//! [`Connector`] of them, or says everything that is wrong.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::connector::Connector;
use crate::problem::Problem;

/// The file that makes a folder a connector.
pub const CONNECTOR_FILE: &str = "connector.yaml";

/// The file that says where the vendor's description is wrong. For tools; a connector is the same without it.
pub const EXCEPTIONS_FILE: &str = "exceptions.yaml";

/// The file that says what an operator sets up, in Markdown. For people; a connector is the same without it.
pub const README_FILE: &str = "README.md";

/// The files of one connector.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bundle {
    /// What the application is known by: the folder's name.
    pub slug: String,
    /// The texts by name: `connector.yaml` and `actions/<action_id>.yaml`. Other files are not looked at.
    pub files: BTreeMap<String, String>,
    /// Whether whoever hands it over knows that it compiles.
    pub proven: bool,
}

impl Bundle {
    /// Compiles the files.
    ///
    /// # Errors
    /// Every problem that could be found, not only the first.
    pub fn compile(&self) -> Result<Connector, Vec<Problem>> {
        crate::compile::connector(self)
    }

    /// Reads `connector.yaml` alone; each action is compiled when it is first asked for. For bundles that were compiled
    /// before, and those too large for it.
    ///
    /// # Errors
    /// What is wrong with `connector.yaml`.
    pub fn open(self: &Arc<Self>) -> Result<Connector, Vec<Problem>> {
        crate::compile::opened(self)
    }

    /// One action file: id, file name and text.
    pub(crate) fn action(&self, id: &str) -> Option<(&str, &str, &str)> {
        let (file, text) = self.files.get_key_value(&format!("actions/{id}.yaml"))?;
        let id = file.strip_prefix("actions/")?.strip_suffix(".yaml")?;
        Some((id, file, text))
    }

    /// How many actions it has.
    pub fn action_count(&self) -> usize {
        self.actions().count()
    }

    /// The action files: id, file name and text.
    pub(crate) fn actions(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.files.iter().filter_map(|(file, text)| {
            let id = file.strip_prefix("actions/")?.strip_suffix(".yaml")?;
            Some((id, file.as_str(), text.as_str()))
        })
    }
}
