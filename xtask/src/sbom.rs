//! The bill of materials of the binary, in CycloneDX 1.5: every crate that is compiled into it, from the locked
//! resolution, with version, licence and package URL. Tests' and build scripts' own crates are not in it.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use anyhow::{Context as _, Result};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::root;

/// Crates that name a file instead of a licence, and which one it is. `deny.toml` says the same and has the file's hash.
pub(crate) const CLARIFIED: &[(&str, &str)] = &[("jsonpath-rust", "MIT")];

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
    source: Option<String>,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<Kind>,
}

#[derive(Deserialize)]
struct Kind {
    kind: Option<String>,
}

/// The document for the package `tenon` on x86-64 Linux.
pub(crate) fn document() -> Result<Value> {
    let metadata = metadata()?;
    let shipped = shipped(&metadata).context("the workspace has no package `tenon`")?;
    let packages = metadata.packages.iter();
    let components: BTreeMap<_, _> = packages
        .filter(|package| shipped.contains(package.id.as_str()) && package.source.is_some())
        .map(|package| ((&package.name, &package.version), component(package)))
        .collect();
    Ok(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": { "component": { "type": "application", "name": "tenon", "version": env!("CARGO_PKG_VERSION") } },
        "components": components.into_values().collect::<Vec<_>>(),
    }))
}

fn metadata() -> Result<Metadata> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .args(["--filter-platform", "x86_64-unknown-linux-gnu"])
        .current_dir(root())
        .output()?;
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// The ids of everything that the binary is linked from.
fn shipped(metadata: &Metadata) -> Option<BTreeSet<&str>> {
    let nodes: BTreeMap<_, _> = metadata
        .resolve
        .nodes
        .iter()
        .map(|node| (node.id.as_str(), node))
        .collect();
    let binary = |package: &&Package| package.name == "tenon" && package.source.is_none();
    let mut waiting = vec![metadata.packages.iter().find(binary)?.id.as_str()];
    let mut found = BTreeSet::new();
    while let Some(id) = waiting.pop() {
        if let Some(node) = nodes.get(id).filter(|_| found.insert(id)) {
            let linked = |dep: &&Dependency| dep.dep_kinds.iter().any(|kind| kind.kind.is_none());
            waiting.extend(node.deps.iter().filter(linked).map(|dep| dep.pkg.as_str()));
        }
    }
    Some(found)
}

fn component(package: &Package) -> Value {
    let Package { name, version, .. } = package;
    json!({
        "type": "library",
        "name": name,
        "version": version,
        "licenses": [{ "expression": license(package) }],
        "purl": format!("pkg:cargo/{name}@{version}"),
    })
}

fn license(package: &Package) -> Option<&str> {
    let clarified = CLARIFIED.iter().find(|(name, _)| *name == package.name);
    let read = clarified.map(|(_, license)| *license);
    package.license.as_deref().or(read)
}
