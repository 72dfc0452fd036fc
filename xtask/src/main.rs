//! The project's own chores: `cargo xtask test` runs everything that must pass, `cargo xtask bar` proves the promises at
//! full size, `cargo xtask figures` prints what their tests saw last, `cargo xtask codegen` writes the generated files,
//! `cargo xtask import-table` imports the vendors' descriptions and says what became of them.
//!
//! What the tree has to look like (edges between crates, no application named in Rust, files that open with what
//! they are for) is tested in [`tree`].

mod catalogue;
mod codegen;
mod figures;
mod imports;
#[cfg(test)]
mod promises;
mod sbom;
mod suite;
#[cfg(test)]
mod supply;
mod tools;
#[cfg(test)]
mod tree;

use anyhow::{Result, bail};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        ["test"] => suite::run(),
        ["bar"] => suite::bar(),
        ["figures"] => figures::print(),
        ["codegen"] => codegen::write(),
        ["catalogue"] => catalogue::print(),
        ["import-table"] => imports::print(),
        ["tools"] => tools::install().map(drop),
        _ => bail!(
            "use `cargo xtask test`, `cargo xtask bar`, `cargo xtask figures`, `cargo xtask codegen`, \
             `cargo xtask catalogue`, `cargo xtask import-table` or `cargo xtask tools`"
        ),
    }
}

/// The project's root, wherever the command is called from.
fn root() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
