//! Chromium without a window, and the pages of the tenant's own application for it to show.
//!
//! A scenario is a module for Node that drives the browser (`crates/testkit/node/browser.mjs` says what it is given).
//! It gets JSON, gives JSON, and fails with everything that its pages said.

mod site;

use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::Process;
use crate::node::node;
use crate::tools::{json_file, variable};

pub use site::{Page, Site, Visit};

/// The longest that a scenario may take.
const LIMIT: Duration = Duration::from_secs(180);

/// Runs a scenario to its end and gives what it returned.
///
/// `input` reaches it as it is; screenshots go into the folder that `input.screenshots` names.
///
/// # Panics
/// Where it fails or takes too long, with what its pages said.
pub async fn run(scenario: &Path, input: &Value) -> Value {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("input.json"), input.to_string())
        .expect("the folder can be written");
    let mut command = node("browser.mjs");
    command
        .arg(scenario)
        .arg(folder.path())
        .env("TENON_CHROMIUM", variable("TENON_CHROMIUM"));
    // Not on this thread: the pages that the browser asks for may be served by it.
    let ended = tokio::task::spawn_blocking(move || {
        let mut process = Process::start(&mut command);
        (process.wait_for_end(LIMIT), process.output())
    });
    let (well, output) = ended.await.expect("it ends in time");
    assert!(well, "{}: {output}", scenario.display());
    json_file(&folder.path().join("output.json"))
}
