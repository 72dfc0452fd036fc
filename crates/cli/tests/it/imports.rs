//! A vendor's description becomes a connector, from a file and from the web, and the connector is used like any other.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tenon_testkit::{Options, Server};

use crate::tenon::{Said, TENON, run};

fn description() -> Value {
    json!({
        "openapi": "3.0.3",
        "info": { "title": "Pebble", "version": "7" },
        "servers": [{ "url": "https://api.pebble.example/v1" }],
        "components": { "securitySchemes": { "key": { "type": "apiKey", "in": "header", "name": "X-Pebble-Key" } } },
        "paths": {
            "/notes": {
                "get": { "operationId": "listNotes", "tags": ["notes"], "responses": { "200": { "description": "", "content": { "application/json": { "schema": { "type": "array", "items": { "type": "object" } } } } } } },
                "post": {
                    "operationId": "createNote", "tags": ["notes"], "summary": "Create a note",
                    "requestBody": { "required": true, "content": { "application/json": { "schema": {
                        "type": "object", "required": ["title"], "properties": { "title": { "type": "string", "example": "Buy bread" } }
                    } } } },
                    "responses": { "201": { "description": "", "content": { "application/json": { "schema": { "type": "object", "properties": { "id": { "type": "string" } } } } } } }
                }
            },
            "/broken": { "get": { "operationId": "getBroken", "parameters": [{ "$ref": "#/nowhere" }], "responses": {} } }
        }
    })
}

fn written(folder: &Path) -> PathBuf {
    let file = folder.join("pebble.json");
    std::fs::write(&file, description().to_string()).unwrap();
    file
}

fn import(data: &Path, from: &str, more: &[&str]) -> Said {
    let mut arguments = vec!["connector", "import", from, "--slug", "pebble"];
    arguments.extend(more);
    run(data, &arguments)
}

#[test]
fn what_was_imported_is_linted_tested_and_executed_like_any_other_connector() {
    let folder = tempfile::tempdir().unwrap();
    let from = written(folder.path());
    let into = folder.path().join("connectors");
    let nowhere = Path::new("/proc/nowhere");
    let more = ["--all", "--into", into.to_str().unwrap()];
    let said = import(nowhere, from.to_str().unwrap(), &more);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.out.starts_with("2 actions of Pebble in "), "{said:?}");
    assert!(
        said.err
            .contains("getBroken: `$ref: #/nowhere` leads nowhere"),
        "{said:?}"
    );

    let own = into.join("pebble");
    let own = own.to_str().unwrap();
    let test = run(nowhere, &["connector", "test", own]);
    assert!(test.out.ends_with("2 passed, 0 failed\n"), "{test:?}");
    assert_eq!(run(nowhere, &["connector", "lint", own]).code, Some(0));
    let verify = run(
        nowhere,
        &["connector", "verify", own, "--spec", from.to_str().unwrap()],
    );
    assert_eq!(verify.code, Some(0), "{verify:?}");

    let again = import(nowhere, from.to_str().unwrap(), &more);
    assert_eq!(again.code, Some(1));
    assert!(again.err.contains("is there already"), "{again:?}");

    let options = Options {
        connectors: Some(into),
        ..Options::default()
    };
    let server = Server::start(TENON, options);
    let account = "ada@example.com";
    let act = |arguments: &[&str]| {
        let said = run(server.data(), arguments);
        assert_eq!(said.code, Some(0), "{said:?}");
        said
    };
    act(&["linked-account", "create", account]);
    act(&[
        "connection",
        "create",
        "pebble",
        "--account",
        account,
        "--sandbox",
    ]);
    let execute = [
        "execute",
        "pebble",
        "create_note",
        "--account",
        account,
        "--json",
    ];
    let data = ["--data", "{\"title\": \"Buy milk\"}"];
    let answer = act(&[execute.as_slice(), data.as_slice()].concat()).json();
    assert_eq!(answer["success"], true, "{answer}");
}

#[test]
fn a_choice_of_operations_is_imported_and_told_to_scripts() {
    let folder = tempfile::tempdir().unwrap();
    let from = written(folder.path());
    let nowhere = Path::new("/proc/nowhere");
    let into = folder.path().to_str().unwrap();
    let more = ["--operations", "createNote", "--into", into, "--json"];
    let told = import(nowhere, from.to_str().unwrap(), &more).json();
    let wanted = json!([{ "action_id": "create_note", "operation": "createNote" }]);
    assert_eq!(told["actions"], wanted);
    assert_eq!(told["left_out"], json!([]));
    let unknown = import(
        nowhere,
        from.to_str().unwrap(),
        &["--operations", "fly", "--into", into],
    );
    assert_eq!(unknown.code, Some(1));
    let neither = import(nowhere, from.to_str().unwrap(), &["--into", into]);
    assert_eq!(neither.code, Some(2), "{neither:?}");
}

/// A web server that refers once and then gives the description.
fn web(description: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0_u8; 1024];
            let length = stream.read(&mut request).unwrap();
            let moved = request[..length].starts_with(b"GET /moved ");
            let answer = match moved {
                true => "HTTP/1.1 302 Found\r\nlocation: /here\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned(),
                false => format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{description}", description.len()),
            };
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    format!("http://{address}/moved")
}

#[test]
fn a_description_is_fetched_from_the_web_and_not_from_private_networks() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = Path::new("/proc/nowhere");
    let from = web(description().to_string());
    let more = ["--tag", "notes", "--into", folder.path().to_str().unwrap()];
    let refused = import(nowhere, &from, &more);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    let allowed = [
        more.as_slice(),
        &["--dangerously-allow-private-networks", "127.0.0.1/32"],
    ]
    .concat();
    let said = import(nowhere, &from, &allowed);
    assert_eq!(said.code, Some(0), "{said:?}");
    let readme = std::fs::read_to_string(folder.path().join("pebble/README.md")).unwrap();
    assert!(readme.contains(&from), "{readme}");
}
