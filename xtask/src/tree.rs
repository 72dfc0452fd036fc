//! What the tree has to look like.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::root;

/// Who may depend on whom. Dev-dependencies may reach further; they do not ship.
const EDGES: &[(&str, &[&str])] = &[
    ("tenon-connector", &[]),
    ("tenon-description", &["tenon-connector"]),
    ("tenon-vault", &[]),
    ("tenon-egress", &["tenon-connector", "tenon-vault"]),
    (
        "tenon-engine",
        &["tenon-connector", "tenon-vault", "tenon-egress"],
    ),
    ("tenon-store", &["tenon-engine"]),
    ("tenon-sandbox", &["tenon-connector"]),
    (
        "tenon-server",
        &[
            "tenon-connector",
            "tenon-vault",
            "tenon-egress",
            "tenon-engine",
            "tenon-store",
            "tenon-sandbox",
        ],
    ),
    (
        "tenon",
        &["tenon-server", "tenon-connector", "tenon-description"],
    ),
    (
        "tenon-testkit",
        &[
            "tenon-connector",
            "tenon-vault",
            "tenon-egress",
            "tenon-engine",
            "tenon-store",
            "tenon-sandbox",
            "tenon-server",
        ],
    ),
    (
        "xtask",
        &[
            "tenon-connector",
            "tenon-description",
            "tenon-engine",
            "tenon-server",
        ],
    ),
];

/// Whole string literals that are a slug by accident, with the reason.
const ALLOWED_LITERALS: &[(&str, &str)] = &[
    ("close", "the token of HTTP's `Connection` header"),
    (
        "openai",
        "a form of tool declarations that other models' providers take too",
    ),
    (
        "slack",
        "a form of webhook bodies that receivers of other makes take too",
    ),
];

/// Production files that may be longer than [`LONGEST_FILE`], with the reason.
const ALLOWED_LONG_FILES: &[(&str, &str)] = &[];

const LONGEST_FILE: usize = 420;

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(root())
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn crates_depend_on_each_other_one_way_only() {
    let allowed: BTreeMap<_, _> = EDGES.iter().copied().collect();
    for package in metadata()["packages"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        let edges = allowed
            .get(name)
            .unwrap_or_else(|| panic!("{name} has no line in the table of edges"));
        for dependency in package["dependencies"].as_array().unwrap() {
            let other = dependency["name"].as_str().unwrap();
            let ships = dependency["kind"].is_null();
            let ours = other.starts_with("tenon") || other == "xtask";
            assert!(
                !ships || !ours || edges.contains(&other),
                "{name} must not depend on {other}"
            );
        }
    }
}

#[test]
fn no_application_is_named_in_rust() {
    let slugs: Vec<String> = ["connectors", "examples/connectors"]
        .iter()
        .flat_map(|folder| folders(&root().join(folder)))
        .collect();
    assert!(!slugs.is_empty());
    for (path, text) in production_files() {
        for slug in &slugs {
            let literal = format!("\"{slug}\"");
            let allowed = ALLOWED_LITERALS.iter().any(|(name, _)| name == slug);
            assert!(
                allowed || !text.contains(&literal),
                "{} names the application {slug}",
                path.display()
            );
        }
    }
}

#[test]
fn every_file_opens_with_what_it_is_for() {
    for (path, text) in production_files() {
        assert!(
            text.starts_with("//!"),
            "{} does not open with `//!`",
            path.display()
        );
    }
}

#[test]
fn no_file_grows_without_somebody_asking_whether_it_is_two() {
    for (path, text) in production_files() {
        let lines = text.lines().count();
        let allowed = ALLOWED_LONG_FILES
            .iter()
            .any(|(name, _)| path.ends_with(name));
        assert!(
            allowed || lines <= LONGEST_FILE,
            "{} has {lines} lines; is it two things?",
            path.display()
        );
    }
}

/// Ways to begin a connection by hand. The driver of the database makes its own, and to the database only.
const CONNECTS: [&str; 5] = [
    "TcpStream::connect",
    "TcpSocket::",
    "UdpSocket::",
    "HttpConnector",
    "build_http()",
];

#[test]
fn f5_one_place_connects() {
    let mut places = Vec::new();
    for (path, text) in production_files() {
        // What plays counterparts for tests never ships.
        let ships = !path.components().any(|part| part.as_os_str() == "testkit");
        let code = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        let found = code.filter(|line| CONNECTS.iter().any(|connects| line.contains(connects)));
        places.extend(
            found
                .filter(|_| ships)
                .map(|line| format!("{}: {}", path.display(), line.trim())),
        );
    }
    let [door] = places.as_slice() else {
        panic!("more or fewer than one place connects: {places:#?}");
    };
    assert!(door.contains("egress/src/dial.rs"), "{door}");
    let lints = std::fs::read_to_string(root().join("clippy.toml")).unwrap();
    for call in [
        "tokio::net::TcpStream::connect",
        "std::net::TcpStream::connect_timeout",
        "tokio::net::TcpSocket::connect",
    ] {
        assert!(
            lints.contains(&format!("\"{call}\"")),
            "clippy does not forbid {call}"
        );
    }
}

fn folders(path: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect()
}

/// Rust that ships, each file up to its tests.
fn production_files() -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    for name in folders(&root().join("crates")) {
        collect(&root().join("crates").join(name).join("src"), &mut files);
    }
    files
}

fn collect(folder: &Path, files: &mut Vec<(PathBuf, String)>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = entry.file_name().into_string().unwrap();
        if path.is_dir() {
            if name != "tests" {
                collect(&path, files);
            }
        } else if name.ends_with(".rs") && !name.ends_with("tests.rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let text = text
                .split("#[cfg(test)]\nmod tests")
                .next()
                .unwrap_or_default()
                .to_owned();
            files.push((path, text));
        }
    }
}
