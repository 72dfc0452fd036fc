//! Where connectors come from: the catalogue inside the binary, and the operator's folder over it.

use std::path::PathBuf;

/// Both sources. An operator's connector replaces a shipped one of the same slug.
#[derive(Debug, Default)]
pub struct Catalogue {
    /// The operator's folder.
    pub folder: Option<PathBuf>,
}
