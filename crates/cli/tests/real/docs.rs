//! The code of the catalogue pages, run as a reader would who copies it: it does what the page says, whatever stands in
//! an example.

use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;
use tenon_testkit::{Caller, Options, Server};

use crate::TENON;

const ADA: &str = "ada@example.com";

const CONNECTOR: &str = "name: Echo\ndescription: Says things again.\nbase_url: https://api.echo.example\nauth:\n  key:\n    \
    type: keybased\n    label: Key\n    fields: { key: { label: Key } }\n    send: { bearer: '{{ key }}' }\n";

/// What gets lost where somebody quotes carelessly.
const AWKWARD: &str = r#"it's "so" $HOME `id` \n 50% ü </code> & &amp; <b>"#;

fn echo() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().join("echo");
    std::fs::create_dir_all(at.join("actions")).unwrap();
    std::fs::write(at.join("connector.yaml"), CONNECTOR).unwrap();
    let action = serde_json::json!({
        "name": "Say", "description": "Says it again.",
        "params": {
            "text": {"type": "string", "required": true}, "flag": {"type": "boolean"},
            "nothing": {"type": "string", "nullable": true}, "list": {"type": "array"},
        },
        "request": {"post": "/say", "json": {"text": "{{ text }}"}},
        "result": {"text": "{{ text }}", "flag": "{{ flag }}", "nothing": "{{ nothing }}", "list": "{{ list }}"},
        "examples": [{
            "input": {"text": AWKWARD, "flag": true, "nothing": null, "list": [1.5, "a", []]},
            "sends": {"json": {"text": AWKWARD}}, "answers": {"json": {"said": true}},
            "data": {"text": AWKWARD, "flag": true, "nothing": null, "list": [1.5, "a", []]},
        }],
    });
    // JSON is YAML.
    std::fs::write(at.join("actions/say.yaml"), action.to_string()).unwrap();
    folder
}

/// What a browser shows, and copies, of the block with this heading.
async fn code(server: &Server, path: &str, language: &str) -> String {
    let page = server.http.send("GET", path, &[], None).await;
    assert_eq!(page.status, 200, "{page:?}");
    let text = page.body.as_str().unwrap();
    let from = text.split_once(&format!("<pre aria-labelledby=\"{language}\"><code>"));
    let code = from.unwrap().1.split("</code>").next().unwrap();
    let names = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#x27;", "'"),
        ("&#x2f;", "/"),
        ("&amp;", "&"),
    ];
    let shown = names.iter().fold(code.to_owned(), |text, (name, letter)| {
        text.replace(name, letter)
    });
    assert!(shown.contains("/execute"), "{shown}");
    shown
}

fn run(program: &[&str], code: &str, caller: &Caller) -> Value {
    let output = Command::new(program[0])
        .args(&program[1..])
        .arg(code)
        .env("TENON_API_KEY", &caller.key)
        .env("LINKED_ACCOUNT_ID", &caller.account)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{code}");
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {output:?}\n{code}"))
}

const LANGUAGES: [(&str, &[&str]); 3] = [
    ("curl", &["sh", "-c"]),
    ("python", &["python3", "-c"]),
    // The page's code prints for people; this prints the same object for machines.
    ("javascript", &["node", "--input-type=module", "-e"]),
];

#[tokio::test]
async fn code_that_is_copied_runs_the_action_with_the_pages_example() {
    let connectors = echo();
    let server = Server::start(
        TENON,
        Options {
            connectors: Some(connectors.path().to_owned()),
            ..Options::default()
        },
    );
    let hubspot = server.connect("hubspot", ADA, &["--sandbox"]);
    let echo = server.connect("echo", "bob", &["--sandbox"]);
    for (language, program) in LANGUAGES {
        for (caller, path) in [
            (&hubspot, "/docs/hubspot/create_contact"),
            (&echo, "/docs/echo/say"),
        ] {
            let shown = code(&server, path, language).await;
            let shown = shown.replace(
                "console.log(await response.json())",
                "console.log(JSON.stringify(await response.json()))",
            );
            let answer = run(program, &shown, caller);
            assert_eq!(answer["node_status"], "Success", "{language}: {answer}");
            assert_eq!(answer["http_status"], 200, "{language}: {answer}");
            if caller.account == "bob" {
                assert_eq!(answer["data"]["text"], AWKWARD, "{language}");
                assert_eq!(answer["data"]["nothing"], Value::Null, "{language}");
                assert_eq!(
                    answer["data"]["list"],
                    serde_json::json!([1.5, "a", []]),
                    "{language}"
                );
            }
        }
    }
    server.finish().await;
}
