//! Programs for Node that stand in this crate, and the packages that `cargo xtask test` installs for them.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::tools::variable;

/// A command that runs a script of `crates/testkit/node`.
pub(crate) fn node(script: &str) -> Command {
    let mut command = Command::new("node");
    command
        .arg(
            Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("node")
                .join(script),
        )
        .env("TENON_NODE_MODULES", packages());
    command
}

/// The folder of the packages.
pub(crate) fn packages() -> PathBuf {
    variable("TENON_NODE_MODULES")
}
