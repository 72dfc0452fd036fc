//! Which actions were executed, over HTTP, against software by others: the catalogue's column "emulated" is made of this.
//!
//! `target/emulated/SLUG.json` (or below where `TENON_EMULATED` says) maps the name of each counterpart to the ids of
//! the actions that it answered with success. A run replaces what an earlier one saw of the same counterpart.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// Tests of one application against several counterparts run at the same time, in one process.
static WRITING: Mutex<()> = Mutex::new(());

/// Writes down which actions of an application a counterpart answered with success.
///
/// # Panics
/// Where that cannot be written: an execution that is lost is one that nobody saw.
pub fn executed(slug: &str, counterpart: &str, actions: &BTreeSet<String>) {
    let _alone = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = folder();
    fs::create_dir_all(&folder).expect("the folder can be made");
    let file = folder.join(format!("{slug}.json"));
    let seen = fs::read_to_string(&file).unwrap_or_else(|_| "{}".to_owned());
    let mut seen: BTreeMap<String, BTreeSet<String>> =
        serde_json::from_str(&seen).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    seen.insert(counterpart.to_owned(), actions.clone());
    let text = serde_json::to_string_pretty(&seen).expect("names are text");
    fs::write(&file, text + "\n").unwrap_or_else(|error| panic!("{}: {error}", file.display()));
}

fn folder() -> PathBuf {
    let usual = || {
        PathBuf::from(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../target/emulated"
        ))
    };
    std::env::var_os("TENON_EMULATED").map_or_else(usual, PathBuf::from)
}
