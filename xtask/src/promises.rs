//! `docs/promises.md` and the tests tell the same story: every promise has its line, and no line claims a test that is
//! not there.

use std::collections::BTreeSet;
use std::path::Path;

use crate::root;

/// The promises that this release has to speak of, kept or not.
const PROMISES: &[&str] = &[
    "A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A9", "A10", "A11", "B1", "B2", "B3", "B4",
    "B5", "B6", "B7", "B8", "B9", "B10", "B11", "B12", "B13", "C1", "C2", "C3", "C4", "C5", "D1",
    "D2", "D3", "D4", "D5", "D6", "D7", "E1", "E2", "E3", "E4", "E5", "E6", "E7", "E10", "F1",
    "F2", "F3", "F4", "F5", "F6", "G1", "G2", "G3", "G4", "G5", "G6", "H1", "H2", "H3", "I1", "I2",
    "I3", "I4", "I5", "J1", "J2", "J3", "J4", "J6", "J9",
];

/// A line of the page.
struct Line {
    promise: String,
    tests: String,
    state: String,
}

fn lines() -> Vec<Line> {
    let page = std::fs::read_to_string(root().join("docs/promises.md")).unwrap();
    let rows = page.lines().filter(|line| line.starts_with("| "));
    rows.filter_map(|row| {
        let cells: Vec<_> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [promise, _what, tests, .., state] = cells.as_slice() else {
            return None;
        };
        PROMISES.contains(promise).then(|| Line {
            promise: (*promise).to_owned(),
            tests: (*tests).to_owned(),
            state: (*state).to_owned(),
        })
    })
    .collect()
}

/// The promise that a test's name begins with, such as `A5` for `a5_an_unsafe_request_…`.
fn promise_of(name: &str) -> Option<&'static str> {
    let (number, _) = name.split_once('_')?;
    let mut promises = PROMISES.iter().copied();
    promises.find(|promise| promise.eq_ignore_ascii_case(number))
}

/// The names of all functions in the tree that are named after a promise.
fn tests(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("target") {
            tests(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            // A macro that makes tests of functions names them without `fn`.
            let words = text.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
            let named = words.filter(|word| promise_of(word).is_some());
            found.extend(named.map(str::to_owned));
        }
    }
}

fn all_tests() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for folder in ["crates", "xtask"] {
        tests(&root().join(folder), &mut found);
    }
    found
}

#[test]
fn every_promise_has_its_line() {
    let lines = lines();
    for promise in PROMISES {
        let count = lines.iter().filter(|line| line.promise == *promise).count();
        assert_eq!(count, 1, "docs/promises.md has {count} lines for {promise}");
    }
}

#[test]
fn every_kept_promise_has_a_test_that_is_named_after_it() {
    let tests = all_tests();
    for line in lines() {
        if line.state.starts_with("not met") {
            continue;
        }
        let number = line.promise.to_lowercase() + "_";
        assert!(
            tests.iter().any(|test| test.starts_with(&number)),
            "docs/promises.md says that {} is kept, and no test is named after it",
            line.promise
        );
        for name in line
            .tests
            .split('`')
            .filter(|name| promise_of(name).is_some())
        {
            assert!(tests.contains(name), "there is no test `{name}`");
        }
    }
}
