//! What the tests of the promises saw: one line for each, so that a page of figures can be made from a run.
//!
//! The lines go into `target/promises/` (or where `TENON_PROMISES` says), one file for each promise and test process.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;

use serde_json::json;

/// The size of a run: `short` as a rule, `full` with `TENON_BAR=full`.
pub fn scale(short: u64, full: u64) -> u64 {
    match std::env::var("TENON_BAR").as_deref() {
        Ok("full") => full,
        _ => short,
    }
}

/// Writes down what a test saw of a promise that it found kept.
///
/// # Panics
/// Where the line cannot be written: a figure that is lost is a figure that nobody saw.
pub fn kept(promise: &str, figure: impl AsRef<str>) {
    let figure = figure.as_ref();
    let test = std::thread::current()
        .name()
        .unwrap_or("unnamed")
        .to_owned();
    let line = json!({ "promise": promise, "test": test, "figure": figure, "size": size() });
    let folder = folder();
    fs::create_dir_all(&folder).expect("the folder of figures can be made");
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(folder.join(format!("{promise}.jsonl")))
        .expect("the file of figures can be opened");
    writeln!(file, "{line}").expect("the figure can be written");
}

fn size() -> &'static str {
    match scale(0, 1) {
        0 => "short",
        _ => "full",
    }
}

fn folder() -> PathBuf {
    let usual = || {
        PathBuf::from(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../target/promises"
        ))
    };
    std::env::var_os("TENON_PROMISES").map_or_else(usual, PathBuf::from)
}
