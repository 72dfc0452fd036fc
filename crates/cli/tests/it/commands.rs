//! The commands say the same whether a server answers or they open the directory themselves.

use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use tenon_testkit::{Options, Server};

use crate::tenon::{TENON, command, run, said};

const ACCOUNT: &str = "ada@example.com";

/// A customer is added, connected and worked for; what was made is found again.
fn tour(data: &Path) {
    let json = |arguments: &[&str]| {
        let said = run(data, arguments);
        assert_eq!(said.code, Some(0), "{arguments:?}: {said:?}");
        said.json()
    };
    json(&["linked-account", "create", ACCOUNT, "--json"]);
    let made = json(&[
        "connection",
        "create",
        "hubspot",
        "--account",
        ACCOUNT,
        "--sandbox",
        "--json",
    ]);
    let list = json(&["connection", "list", "--account", ACCOUNT, "--json"]);
    assert_eq!(list[0]["connection_id"], made["connection_id"]);

    let create = ["execute", "hubspot", "create_contact", "--account", ACCOUNT];
    let with = |more: &[&'static str]| {
        [
            &create[..],
            &["--json", "--data", r#"{"email": "g@example.com"}"#],
            more,
        ]
        .concat()
    };
    let plan = json(&with(&["--dry-run"]));
    assert!(plan.to_string().contains("g@example.com"), "{plan}");
    let answer = json(&with(&["--idempotency-key", "one"]));
    assert_eq!(answer["node_status"], "Success");
    assert_eq!(json(&with(&["--idempotency-key", "one"])), answer);

    let id = answer["execution_id"].as_str().unwrap();
    assert_eq!(
        json(&["executions", "show", id, "--json"])["execution_id"],
        id
    );
    assert_eq!(
        json(&["executions", "list", "--json"])["docs"]
            .as_array()
            .unwrap()
            .len(),
        1
    );

    let key = json(&["api-key", "create", "backend", "--json"]);
    assert_eq!(
        run(
            data,
            &["api-key", "revoke", key["api_key_id"].as_str().unwrap()]
        )
        .code,
        Some(0)
    );
    let keys = json(&["api-key", "list", "--json"]);
    assert!(!keys[0]["revoked_at"].is_null());
    let removed = json(&[
        "connection",
        "delete",
        "hubspot",
        "--account",
        ACCOUNT,
        "--json",
    ]);
    assert_eq!(removed["removed"], 1);
    json(&["linked-account", "delete", ACCOUNT, "--json"]);
    let accounts = json(&["linked-account", "list", "--json"]);
    assert_eq!(accounts["docs"], serde_json::json!([]));
}

#[test]
fn the_tour_works_with_a_running_server() {
    let server = Server::start(TENON, Options::default());
    tour(server.data());
    let fault =
        |arguments: &[&str]| run(server.data(), &[&["sandbox", "fault"], arguments].concat());
    assert_eq!(
        fault(&["set", "hubspot", "drop", "--times", "2"]).code,
        Some(0)
    );
    assert!(fault(&["list"]).out.contains("drop"));
    assert_eq!(fault(&["clear", "hubspot", "--json"]).out.trim(), "{}");
    let doctor = run(server.data(), &["doctor"]);
    assert!(doctor.out.contains("runs and is ready"), "{doctor:?}");
    assert_eq!(doctor.code, Some(0));
}

#[test]
fn the_tour_works_without_a_server() {
    let data = tempfile::tempdir().unwrap();
    tour(data.path());
    let fault = run(data.path(), &["sandbox", "fault", "set", "hubspot", "drop"]);
    assert!(fault.err.contains("hint: start it"), "{fault:?}");
    let doctor = run(data.path(), &["doctor", "--json"]);
    assert_eq!(doctor.code, Some(0), "{doctor:?}");
}

#[test]
fn an_application_that_is_switched_off_runs_no_action_until_it_is_on_again() {
    let data = tempfile::tempdir().unwrap();
    run(data.path(), &["linked-account", "create", ACCOUNT]);
    let sandbox = [
        "connection",
        "create",
        "hubspot",
        "--account",
        ACCOUNT,
        "--sandbox",
    ];
    assert_eq!(run(data.path(), &sandbox).code, Some(0));
    let execute = || {
        run(
            data.path(),
            &["execute", "hubspot", "list_owners", "--account", ACCOUNT],
        )
    };
    let switch = |how: &str| run(data.path(), &["application", how, "hubspot"]).code;
    assert_eq!(switch("disable"), Some(0));
    assert!(
        run(data.path(), &["application", "list"])
            .out
            .contains("off")
    );
    let refused = execute();
    assert!(
        refused.err.contains("switched the application off"),
        "{refused:?}"
    );
    assert_eq!(switch("enable"), Some(0));
    assert_eq!(execute().code, Some(0));
}

#[test]
fn organizations_are_made_and_renamed() {
    let data = tempfile::tempdir().unwrap();
    let made = run(data.path(), &["organization", "create", "Acme", "--json"]).json();
    let id = made["organization_id"].as_str().unwrap();
    assert_eq!(
        run(data.path(), &["organization", "rename", id, "Acme Inc."]).code,
        Some(0)
    );
    let list = run(data.path(), &["organization", "list"]);
    assert!(
        list.out.contains("Acme Inc.") && list.out.contains("Default"),
        "{list:?}"
    );
}

#[test]
fn the_address_of_a_killed_server_is_not_trusted() {
    let mut server = Server::start(TENON, Options::default());
    server.kill();
    assert!(server.data().join("server.json").exists());
    let list = run(server.data(), &["executions", "list"]);
    assert_eq!(list.code, Some(0), "{list:?}");
    assert!(!server.data().join("server.json").exists());
}

#[test]
fn a_credential_is_read_from_standard_input_and_checked() {
    let data = tempfile::tempdir().unwrap();
    run(data.path(), &["linked-account", "create", ACCOUNT]);
    let arguments = [
        "connection",
        "create",
        "hubspot",
        "--account",
        ACCOUNT,
        "--auth",
        "keybased",
        "--field",
        "wrong=-",
    ];
    let mut child = command(data.path(), &arguments)
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"canary\n").unwrap();
    let output = child.wait_with_output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{err}");
    assert!(!err.contains("canary"), "{err}");
}

#[test]
fn refusals_say_what_to_do_and_end_with_their_code() {
    let data = tempfile::tempdir().unwrap();
    run(data.path(), &["linked-account", "create", ACCOUNT]);
    let execute = |slug: &str, data_text: &str| {
        run(
            data.path(),
            &[
                "execute",
                slug,
                "list_owners",
                "--account",
                ACCOUNT,
                "--data",
                data_text,
            ],
        )
    };
    let unconnected = execute("hubspot", "{}");
    assert_eq!(unconnected.code, Some(4), "{unconnected:?}");
    assert!(
        unconnected.err.contains("hint: connect the account"),
        "{unconnected:?}"
    );
    assert_eq!(execute("nowhere", "{}").code, Some(3));
    let broken = execute("hubspot", "{email: x}");
    assert_eq!(broken.code, Some(2), "{broken:?}");
    assert!(!broken.err.contains('\u{1b}'), "colour in a pipe");
}

#[test]
fn help_and_descriptions_need_no_data_directory() {
    let nowhere = Path::new("/proc/nowhere");
    for arguments in [
        &["--help"][..],
        &["openapi"],
        &["openapi", "hubspot"],
        &["connector", "schema"],
        &["connector", "lint"],
    ] {
        let said = said(&mut command(nowhere, arguments));
        assert_eq!(said.code, Some(0), "{arguments:?}: {said:?}");
    }
    let openapi = run(nowhere, &["openapi"]).json();
    assert_eq!(openapi["openapi"], "3.1.0");
    let unknown = said(&mut command(nowhere, &["openapi", "nowhere"]));
    assert_eq!(unknown.code, Some(2), "{unknown:?}");
    assert!(unknown.err.contains("tenon connector list"), "{unknown:?}");
}
