//! The real software that tests run against: Prism judges our requests by the vendors' own descriptions, Synapse is a
//! chat server with real 401s and 429s, `oidc-provider` is a certified authorization server, Playwright drives Debian's
//! Chromium, in which the official SDK runs unmodified and axe looks at pages, cargo-deny reads licences. Installed once
//! below `target/tools`, from npm, PyPI and crates.io.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::root;
use crate::suite::present;

const PRISM: &str = "@stoplight/prism-cli@5.14.2";
/// The newest of each that runs on Debian's Node 18.
const NODE_PACKAGES: [&str; 4] = [
    "oidc-provider@8.8.1",
    "playwright-core@1.61.0",
    "axe-core@4.14.1",
    "@cobaltio/cobalt-js@8.0.0",
];
const CHROMIUM: &str = "/usr/bin/chromium";
const SYNAPSE: &str = "matrix-synapse==1.163.2";
const CARGO_DENY: &str = "cargo-deny@0.20.2";

/// Where the tools are.
pub(crate) struct Tools {
    /// The `prism` command.
    pub(crate) prism: PathBuf,
    /// The Python that has Synapse.
    pub(crate) synapse_python: PathBuf,
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
    let (installed, packages) = (node.join("installed"), NODE_PACKAGES.join("\n"));
    if std::fs::read_to_string(&installed).ok().as_ref() != Some(&packages) {
        install_node(&node, &NODE_PACKAGES)?;
        std::fs::write(&installed, packages)?;
    }
    let chromium = PathBuf::from(CHROMIUM);
    ensure!(
        present(&chromium),
        "there is no {CHROMIUM}: install Debian's package `chromium`"
    );
    let synapse = folder.join("synapse");
    if !present(&synapse.join("installed")) {
        install_synapse(&synapse)?;
    }
    if !Command::new(env!("CARGO"))
        .args(["deny", "--version"])
        .output()
        .is_ok_and(|output| output.status.success())
    {
        run(Command::new(env!("CARGO")).args(["install", "--quiet", "--locked", CARGO_DENY]))?;
    }
    Ok(Tools {
        prism,
        synapse_python: synapse.join("bin/python"),
        node_modules: node.join("node_modules"),
        chromium,
    })
}

fn install_node(prefix: &Path, packages: &[&str]) -> Result<()> {
    run(Command::new("npm")
        .args(["install", "--no-audit", "--no-fund", "--silent", "--prefix"])
        .arg(prefix)
        .args(packages))
}

fn install_synapse(folder: &Path) -> Result<()> {
    run(Command::new("python3").args(["-m", "venv"]).arg(folder))?;
    run(Command::new(folder.join("bin/pip")).args([
        "install",
        "--quiet",
        "--disable-pip-version-check",
        SYNAPSE,
    ]))?;
    Ok(std::fs::write(folder.join("installed"), SYNAPSE)?)
}

fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("{command:?} could not be started"))?;
    ensure!(status.success(), "{command:?} failed");
    Ok(())
}
