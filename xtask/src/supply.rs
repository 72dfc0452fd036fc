//! The supply chain (J9), as far as it can be seen in the tree: no unsafe code of ours, and a bill of materials that
//! names what is linked and nothing else. Licences, bans and sources are cargo-deny's, in the suite.

use serde_json::Value;

use crate::root;

#[test]
fn j9_every_crate_of_ours_forbids_unsafe_code() {
    let workspace = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(workspace.contains("unsafe_code = \"forbid\""));
    let mut manifests: Vec<_> = std::fs::read_dir(root().join("crates"))
        .unwrap()
        .map(|entry| entry.unwrap().path().join("Cargo.toml"))
        .collect();
    manifests.push(root().join("xtask/Cargo.toml"));
    for manifest in &manifests {
        let text = std::fs::read_to_string(manifest).unwrap();
        let inherits = text.contains("[lints]\nworkspace = true");
        assert!(inherits, "{} has other lints", manifest.display());
    }
    let figure = format!("{} crates forbid unsafe code", manifests.len());
    tenon_testkit::promise::kept("J9", figure);
}

#[test]
fn j9_a_licence_that_the_bill_of_materials_knows_from_a_file_is_checked_with_that_file() {
    let checked = std::fs::read_to_string(root().join("deny.toml")).unwrap();
    for (name, license) in crate::sbom::CLARIFIED {
        let entry = format!("crate = \"{name}\"\nexpression = \"{license}\"\nlicense-files");
        assert!(checked.contains(&entry), "deny.toml does not say {entry}");
    }
}

#[test]
fn j9_the_bill_of_materials_names_what_is_linked_and_nothing_else() {
    let bill = crate::sbom::document().unwrap();
    let components = bill["components"].as_array().unwrap();
    let named = |name: &str| components.iter().any(|one| one["name"] == name);
    assert!(named("rustls") && named("rusqlite"), "what is linked");
    assert!(!named("tempfile") && !named("rcgen"), "what only tests use");
    let licensed = |one: &&Value| one["licenses"][0]["expression"].is_string();
    let without: Vec<_> = components.iter().filter(|one| !licensed(one)).collect();
    assert!(without.is_empty(), "{without:?}");
    tenon_testkit::promise::kept("J9", format!("{} components", components.len()));
}
