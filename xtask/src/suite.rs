//! Everything that must pass, in the order in which a failure is cheapest to see.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::{figures, root, tools};

/// Runs the whole suite and stops at the first failure. Tests of promises run in their short forms.
pub(crate) fn run() -> Result<()> {
    let tools = tools::install()?;
    step("format", cargo(&["fmt", "--all", "--check"]))?;
    step(
        "lints",
        cargo(&[
            "clippy",
            "--workspace",
            "--all-targets",
            "--locked",
            "--",
            "-D",
            "warnings",
        ]),
    )?;
    licences()?;
    step("tests", tests(&tools))?;
    step(
        "catalogue",
        cargo(&["run", "--quiet", "--locked", "--", "connector", "test"]),
    )
}

/// Runs the tests with those of promises in their full forms, which takes hours, and prints the figures that they saw.
/// One test at a time: they load the machine themselves.
pub(crate) fn bar() -> Result<()> {
    figures::forget()?;
    let mut tests = tests(&tools::install()?);
    tests.args(["--test-threads", "1"]).env("TENON_BAR", "full");
    let ended = step("the bar", tests);
    figures::print()?;
    ended
}

fn tests(tools: &tools::Tools) -> Command {
    let mut tests = cargo(&[
        "test",
        "--workspace",
        "--locked",
        "--no-fail-fast",
        "--",
        "--include-ignored",
    ]);
    tests
        .env("TENON_PRISM", &tools.prism)
        .env("TENON_PYTHON", &tools.python)
        .env("TENON_NODE_MODULES", &tools.node_modules)
        .env("TENON_CHROMIUM", &tools.chromium);
    if let Some(specs) = specs() {
        tests.env("TENON_SPECS", specs);
    }
    tests
}

/// The vendors' descriptions: where the environment says, or beside the checkout.
fn specs() -> Option<std::ffi::OsString> {
    let beside = root().join("../shared/specs");
    std::env::var_os("TENON_SPECS").or_else(|| beside.is_dir().then(|| beside.into_os_string()))
}

/// Bans, licences and sources always; advisories where a database is given.
fn licences() -> Result<()> {
    let mut checks = vec!["bans", "licenses", "sources"];
    if std::env::var_os("TENON_ADVISORY_DB").is_some() {
        checks.push("advisories");
    }
    let mut deny = cargo(&["deny", "check", "--hide-inclusion-graph"]);
    deny.args(checks);
    step("licences and bans", deny)
}

fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.args(arguments).current_dir(root());
    command
}

#[expect(clippy::print_stderr, reason = "this is what a person watches")]
fn step(name: &str, mut command: Command) -> Result<()> {
    eprintln!("── {name}");
    let status = command
        .status()
        .with_context(|| format!("{name} could not be started"))?;
    ensure!(status.success(), "{name} failed");
    Ok(())
}

/// Whether a file is there and not empty: a half-finished install leaves neither.
pub(crate) fn present(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.len() > 0)
}
