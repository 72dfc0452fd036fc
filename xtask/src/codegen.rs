//! Generated files: descriptions that are made from the code, so that they cannot disagree with it.

use std::path::PathBuf;

use anyhow::Result;
use serde_json::Value;
use tenon_engine::error::{Entry, TABLE};

use crate::root;

/// Writes every generated file.
pub(crate) fn write() -> Result<()> {
    for (path, text) in files()? {
        std::fs::create_dir_all(path.parent().unwrap_or(&path))?;
        std::fs::write(path, text)?;
    }
    Ok(())
}

/// Every generated file and what it has to hold.
pub(crate) fn files() -> Result<Vec<(PathBuf, String)>> {
    let root = root();
    Ok(vec![
        (
            root.join("schemas/openapi.json"),
            pretty(&tenon_server::api::openapi())?,
        ),
        (
            root.join("schemas/connector.schema.json"),
            pretty(&tenon_connector::document::connector_schema())?,
        ),
        (
            root.join("schemas/action.schema.json"),
            pretty(&tenon_connector::document::action_schema())?,
        ),
        (
            root.join("schemas/sbom.cdx.json"),
            pretty(&crate::sbom::document()?)?,
        ),
        (root.join("docs/errors.md"), errors()),
    ])
}

fn pretty(value: &Value) -> Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

fn errors() -> String {
    let rows: String = TABLE.iter().map(row).collect();
    let sections: String = TABLE.iter().map(section).collect();
    format!(
        "# Errors\n\nGenerated from the table in `crates/engine/src/error.rs` by `cargo xtask codegen`. Every error body \
         has the code in `code`.\n`origin` says whose fault it is, `retryable` whether the same call may be made again \
         without harm.\n\n| code | status | origin | retryable |\n| --- | --- | --- | --- |\n{rows}\n{sections}"
    )
}

fn row(entry: &Entry) -> String {
    let Entry {
        word,
        status,
        origin,
        retryable,
        ..
    } = entry;
    format!(
        "| [{word}](#{}) | {status} | {} | {retryable} |\n",
        word.to_lowercase(),
        origin.as_str()
    )
}

fn section(entry: &Entry) -> String {
    let shown = entry.legacy.map_or_else(String::new, |legacy| {
        format!("\n\n`error_code` shows `{legacy}`, as callers of the compatible API expect.")
    });
    format!("## {}\n\n{}{shown}\n\n", entry.word, entry.meaning)
}

#[cfg(test)]
mod tests {
    #[test]
    fn generated_files_are_as_the_code_would_write_them() {
        for (path, text) in super::files().unwrap() {
            let written = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(
                written == text,
                "{} is stale: run `cargo xtask codegen`",
                path.display()
            );
        }
    }
}
