//! Connectors of an operator: checked by their author, and changed while the server runs.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;
use tenon_testkit::{Options, Server};

use crate::tenon::{TENON, run};

const CONNECTOR: &str = "\
name: Pebble
description: Keeps notes.
base_url: https://api.pebble.example/v1
auth:
  key:
    type: keybased
    label: API key
    fields:
      api_key: { label: API key }
    send: { headers: { X-Pebble-Key: \"{{ api_key }}\" } }
";

const ACTION: &str = "\
name: Create Note
description: Adds a note.
params:
  title: { type: string, required: true, label: Title }
request:
  post: /notes
  json: { title: \"{{ title }}\" }
output: { schema: { type: object } }
examples:
  - input: { title: Buy bread }
    sends: { json: { title: Buy bread } }
    answers: { status: 201, json: { id: n1 } }
";

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join("pebble").join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn pebble() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "connector.yaml", CONNECTOR);
    write(folder.path(), "actions/create_note.yaml", ACTION);
    folder
}

/// What the server says of the connector, once it fits.
fn shown(server: &Server, fits: impl Fn(&Value) -> bool) -> Value {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        let said = run(server.data(), &["connector", "show", "pebble", "--json"]);
        let shown = said.json();
        if fits(&shown) {
            return shown;
        }
        assert!(Instant::now() < end, "{shown}");
    }
}

#[test]
fn a_changed_folder_is_served_without_a_restart_and_a_bad_file_harms_nobody() {
    let folder = pebble();
    let connectors = Some(folder.path().to_owned());
    let server = Server::start(
        TENON,
        Options {
            connectors,
            ..Options::default()
        },
    );
    let actions = |shown: &Value| shown["actions"].to_string();
    shown(&server, |shown| actions(shown).contains("create_note"));

    write(folder.path(), "actions/keep_note.yaml", ACTION);
    shown(&server, |shown| actions(shown).contains("keep_note"));

    write(
        folder.path(),
        "actions/keep_note.yaml",
        &ACTION.replace("post:", "pst:"),
    );
    let bad = shown(&server, |shown| shown["problems"][0].is_string());
    let problem = bad["problems"][0].as_str().unwrap();
    assert!(problem.starts_with("actions/keep_note.yaml:"), "{problem}");
    assert!(
        actions(&bad).contains("keep_note"),
        "the last good version serves: {bad}"
    );
    let all = run(server.data(), &["connector", "list", "--json"]).json();
    assert!(all.as_array().unwrap().len() > 1);

    write(folder.path(), "actions/keep_note.yaml", ACTION);
    shown(&server, |shown| {
        shown["problems"].as_array().unwrap().is_empty()
    });
}

#[test]
fn lint_names_file_line_and_column() {
    let folder = pebble();
    let path = folder.path().to_str().unwrap();
    let lint = || run(Path::new("/proc/nowhere"), &["connector", "lint", path]);
    assert_eq!(lint().code, Some(0), "{:?}", lint());
    write(
        folder.path(),
        "actions/create_note.yaml",
        &ACTION.replace("post:", "pst:"),
    );
    let bad = lint();
    assert_eq!(bad.code, Some(1));
    let place = format!("{path}/pebble/actions/create_note.yaml:6:3: ");
    assert!(bad.out.starts_with(&place), "{bad:?}");
}

#[test]
fn test_runs_the_examples_and_counts_them() {
    let folder = pebble();
    let own = folder.path().join("pebble");
    let test = || {
        run(
            Path::new("/proc/nowhere"),
            &["connector", "test", own.to_str().unwrap()],
        )
    };
    assert!(test().out.ends_with("1 passed, 0 failed\n"), "{:?}", test());
    let wrong = ACTION.replace(
        "sends: { json: { title: Buy bread",
        "sends: { json: { title: Buy milk",
    );
    write(folder.path(), "actions/create_note.yaml", &wrong);
    let failed = test();
    assert_eq!(failed.code, Some(1));
    assert!(failed.out.contains("pebble.create_note: "), "{failed:?}");
    assert!(failed.out.ends_with("0 passed, 1 failed\n"), "{failed:?}");
}

#[test]
fn the_shipped_catalogue_is_clean() {
    let nowhere = Path::new("/proc/nowhere");
    let lint = run(nowhere, &["connector", "lint", "--json"]).json();
    assert_eq!(lint, serde_json::json!({"problems": [], "advice": []}));
    assert_eq!(run(nowhere, &["connector", "test"]).code, Some(0));
}
