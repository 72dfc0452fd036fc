//! The real software that tests run against: Prism judges our requests by the vendors' own descriptions, Synapse is a
//! chat server with real 401s and 429s, `emulate`, `stripe-stateful-mock` and `localstripe` play applications,
//! `oidc-provider` is a certified authorization server, Playwright drives Debian's Chromium, in which the official SDK
//! runs unmodified and axe looks at pages, cargo-deny reads licences. Installed once below `target/tools`, from npm, PyPI
//! and crates.io.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::root;
use crate::suite::present;

const PRISM: &str = "@stoplight/prism-cli@5.14.2";
/// The newest of each that runs on Debian's Node 18.
const NODE_PACKAGES: [&str; 6] = [
    "oidc-provider@8.8.1",
    "playwright-core@1.61.0",
    "axe-core@4.14.1",
    "@cobaltio/cobalt-js@8.0.0",
    "emulate@0.11.2",
    "stripe-stateful-mock@0.0.16",
];
const CHROMIUM: &str = "/usr/bin/chromium";
const PYTHON_PACKAGES: [&str; 2] = ["matrix-synapse==1.163.2", "localstripe==1.15.10"];
const CARGO_DENY: &str = "cargo-deny@0.20.2";

/// Where the tools are.
pub(crate) struct Tools {
    /// The `prism` command.
    pub(crate) prism: PathBuf,
    /// The Python that has Synapse and `localstripe`.
    pub(crate) python: PathBuf,
    /// The `node_modules` of what runs on Node.
    pub(crate) node_modules: PathBuf,
    /// The browser.
    pub(crate) chromium: PathBuf,
}

/// Installs what is missing.
pub(crate) fn install() -> Result<Tools> {
    let folder = root().join("target/tools");
    std::fs::create_dir_all(&folder)?;
    let folder = folder.canonicalize()?;
    let prism = folder.join("prism/node_modules/.bin/prism");
    if !present(&prism) {
        install_node(&folder.join("prism"), &[PRISM])?;
    }
    let node = folder.join("node");
    once(&node, &NODE_PACKAGES, || {
        install_node(&node, &NODE_PACKAGES)
    })?;
    let chromium = PathBuf::from(CHROMIUM);
    ensure!(
        present(&chromium),
        "there is no {CHROMIUM}: install Debian's package `chromium`"
    );
    let python = folder.join("python");
    once(&python, &PYTHON_PACKAGES, || install_python(&python))?;
    if !Command::new(env!("CARGO"))
        .args(["deny", "--version"])
        .output()
        .is_ok_and(|output| output.status.success())
    {
        run(Command::new(env!("CARGO")).args(["install", "--quiet", "--locked", CARGO_DENY]))?;
    }
    Ok(Tools {
        prism,
        python: python.join("bin/python"),
        node_modules: node.join("node_modules"),
        chromium,
    })
}

/// Installs where the folder does not say that it has these packages already.
fn once(folder: &Path, packages: &[&str], install: impl FnOnce() -> Result<()>) -> Result<()> {
    let (said, packages) = (folder.join("installed"), packages.join("\n"));
    if std::fs::read_to_string(&said).ok().as_ref() == Some(&packages) {
        return Ok(());
    }
    install()?;
    Ok(std::fs::write(said, packages)?)
}

fn install_node(prefix: &Path, packages: &[&str]) -> Result<()> {
    run(Command::new("npm")
        .args(["install", "--no-audit", "--no-fund", "--silent", "--prefix"])
        .arg(prefix)
        .args(packages))
}

fn install_python(folder: &Path) -> Result<()> {
    run(Command::new("python3").args(["-m", "venv"]).arg(folder))?;
    run(Command::new(folder.join("bin/pip"))
        .args(["install", "--quiet", "--disable-pip-version-check"])
        .args(PYTHON_PACKAGES))
}

fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("{command:?} could not be started"))?;
    ensure!(status.success(), "{command:?} failed");
    Ok(())
}
