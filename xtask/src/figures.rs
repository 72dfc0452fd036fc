//! The figures that the tests of the promises saw, as one table.
//!
//! Tests leave them in `target/promises/`; `docs/promises.md` holds those of the last whole run.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::root;

/// Where tests leave their figures.
pub(crate) fn folder() -> PathBuf {
    let usual = || root().join("target/promises");
    std::env::var_os("TENON_PROMISES").map_or_else(usual, PathBuf::from)
}

/// Forgets the figures of earlier runs.
pub(crate) fn forget() -> Result<()> {
    match std::fs::remove_dir_all(folder()) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// Prints a line for each test: its promise, its size and the figure that it saw last.
#[expect(clippy::print_stdout, reason = "this is what was asked for")]
pub(crate) fn print() -> Result<()> {
    println!("| promise | test | size | seen |\n| --- | --- | --- | --- |");
    for ((promise, test), line) in read()? {
        let (size, figure) = (text(&line, "size"), text(&line, "figure"));
        println!("| {promise} | `{test}` | {size} | {figure} |");
    }
    Ok(())
}

/// The last line of each promise and test.
fn read() -> Result<BTreeMap<(String, String), Value>> {
    let mut found = BTreeMap::new();
    let folder = folder();
    let files = std::fs::read_dir(&folder)
        .with_context(|| format!("no test has left a figure in {}", folder.display()))?;
    for file in files {
        for line in std::fs::read_to_string(file?.path())?.lines() {
            let line: Value = serde_json::from_str(line)?;
            let key = (text(&line, "promise"), text(&line, "test"));
            found.insert(key, line);
        }
    }
    Ok(found)
}

fn text(line: &Value, name: &str) -> String {
    let found = line.get(name).and_then(Value::as_str);
    found.unwrap_or_default().to_owned()
}
