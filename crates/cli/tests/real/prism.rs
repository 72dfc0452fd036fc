//! Somebody else's server judges our requests: every example of every action is executed against Prism, which serves
//! the vendor's own description and refuses what it does not allow.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;
use tenon_connector::{Connector, HTTP_REQUEST};
use tenon_testkit::{CANARY, Caller, Options, Prism, Server, emulated, json_file, specs};

use crate::TENON;
use crate::overlay::{bundle, copy, root};

/// What a description lacks, by a part of the path or by the action: these requests are judged by nobody.
const UNCOVERED: &[(&str, &str, &str)] = &[
    (
        "salesforce",
        "/query",
        "the description has sObject paths only",
    ),
    (
        "salesforce",
        "list_objects",
        "the description has single objects' paths only",
    ),
    (
        "salesforce",
        "/describe",
        "the description takes the word for a record's id",
    ),
];

struct Judged {
    succeeded: BTreeSet<String>,
    accepted: usize,
    uncovered: usize,
    refused: Vec<String>,
}

/// Executes every example and counts what Prism says.
async fn judge(connector: &Connector, caller: &Caller) -> Judged {
    let mut judged = Judged {
        succeeded: BTreeSet::new(),
        accepted: 0,
        uncovered: 0,
        refused: Vec::new(),
    };
    for action in connector
        .actions
        .values()
        .filter(|action| action.id != HTTP_REQUEST)
    {
        for example in &action.examples {
            let answer = caller
                .execute(&connector.slug, &action.id, &[], &example.body())
                .await;
            let path = first_path(caller, &answer.body).await;
            let uncovered = UNCOVERED
                .iter()
                .filter(|(slug, _, _)| *slug == connector.slug)
                .any(|(_, what, _)| *what == action.id || path.contains(what));
            match (answer.body["http_status"].as_u64(), uncovered) {
                (Some(200..=299), false) => {
                    judged.accepted += 1;
                    judged.succeeded.insert(action.id.clone());
                }
                (Some(_), true) => judged.uncovered += 1,
                _ => judged
                    .refused
                    .push(format!("{}: {}", action.id, answer.body)),
            }
        }
    }
    emulated::executed(&connector.slug, "prism", &judged.succeeded);
    judged
}

/// The path that the journal recorded for an execution.
async fn first_path(caller: &Caller, body: &Value) -> String {
    let id = body["execution_id"]
        .as_str()
        .unwrap_or_else(|| panic!("{body}"));
    let record = caller
        .try_call(
            "GET",
            &format!("/api/v2/public/action-execution/{id}"),
            &[],
            None,
        )
        .await
        .unwrap();
    record.body["request"]["path"]
        .as_str()
        .unwrap_or_else(|| panic!("{:?}", record.body))
        .to_owned()
}

fn serve(overlay: &TempDir) -> Server {
    Server::start(
        TENON,
        Options {
            connectors: Some(overlay.path().into()),
            allow_loopback: true,
            ..Options::default()
        },
    )
}

/// The trimmed description, with the operations of another file that it lacks.
fn description(folder: &Path, trimmed: &str, more: &[&str]) -> std::path::PathBuf {
    let mut merged = json_file(&specs().join("trimmed").join(trimmed));
    for file in more {
        for (path, item) in json_file(&specs().join(file))["paths"].as_object().unwrap() {
            if let Some(get) = item.get("get") {
                merged["paths"][path] = json!({"get": readable(get)});
            }
        }
    }
    let target = folder.join(trimmed);
    std::fs::write(&target, merged.to_string()).unwrap();
    target
}

/// An operation without its answers (Prism would make them up from circular schemas) and without the `example: null` that it chokes on.
fn readable(operation: &Value) -> Value {
    let mut operation = operation.clone();
    operation["responses"] =
        json!({"200": {"description": "ok", "content": {"application/json": {"schema": {}}}}});
    without_null_examples(&mut operation);
    operation
}

fn without_null_examples(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|key, value| key != "example" || !value.is_null());
            map.values_mut().for_each(without_null_examples);
        }
        Value::Array(items) => items.iter_mut().for_each(without_null_examples),
        _ => {}
    }
}

#[tokio::test]
#[ignore = "needs Prism and the vendors' descriptions: run by `cargo xtask test`"]
async fn every_hubspot_request_is_accepted_by_the_vendors_description() {
    let folder = tempfile::tempdir().unwrap();
    let prism = Prism::serve(&description(
        folder.path(),
        "hubspot.json",
        &[
            "hubspot/crm-pipelines.v3.145896.json",
            "hubspot/crm-properties.v3.145899.json",
        ],
    ));
    let source = root().join("connectors/hubspot");
    // The description knows deals by their type id alone; the API takes both.
    let overlay = copy(
        &source,
        &[
            ("https://api.hubapi.com", &prism.base),
            ("/crm/v3/objects/deals", "/crm/v3/objects/0-3"),
        ],
    );
    let server = serve(&overlay);
    let field = format!("access_token=pat-{CANARY}");
    let caller = server.connect(
        "hubspot",
        "prism@example.com",
        &["--auth", "keybased", "--field", &field],
    );
    let connector = bundle(&source).compile().unwrap();

    let judged = judge(&connector, &caller).await;
    assert!(judged.refused.is_empty(), "{:#?}", judged.refused);
    assert_eq!(judged.uncovered, 0);
    assert!(judged.accepted >= 38, "{}", judged.accepted);

    let free = json!({"method": "GET", "url_path": "/crm/v3/objects/contacts", "query_params": {"limit": 1}});
    assert_eq!(
        caller
            .execute("hubspot", "httprequest", &[], &free)
            .await
            .body["http_status"],
        200
    );
    let wrong =
        json!({"method": "POST", "url_path": "/crm/v3/objects/contacts", "body": {"props": {}}});
    let refused = caller.execute("hubspot", "httprequest", &[], &wrong).await;
    assert_eq!(
        refused.body["http_status"], 422,
        "the check can fail: {:?}",
        refused.body
    );
    server.finish().await;
}

#[tokio::test]
#[ignore = "needs Prism and the vendors' descriptions: run by `cargo xtask test`"]
async fn every_salesforce_request_that_the_description_covers_is_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let prism = Prism::serve(&description(folder.path(), "salesforce.json", &[]));
    let source = root().join("connectors/salesforce");
    // The description's paths begin below the version.
    let overlay = copy(
        &source,
        &[
            ("\"{{ connection.instance_url }}\"", &prism.base),
            ("/services/data/v59.0", ""),
        ],
    );
    let server = serve(&overlay);
    let field = format!("access_token=00D{CANARY}");
    let more = [
        "--field",
        &field,
        "--field",
        "instance_url=https://acme.my.salesforce.com",
    ];
    let caller = server.connect("salesforce", "prism@example.com", &more);
    let connector = bundle(&source).compile().unwrap();

    let judged = judge(&connector, &caller).await;
    assert!(judged.refused.is_empty(), "{:#?}", judged.refused);
    assert!(judged.accepted >= 16, "{}", judged.accepted);
    assert!(
        judged.uncovered >= 2,
        "the list of what is uncovered has become stale"
    );

    let wrong = json!({"method": "PATCH", "url_path": "/sobjects/Contact/003", "body": {"IsDeleted": "perhaps"}});
    let refused = caller
        .execute("salesforce", "httprequest", &[], &wrong)
        .await;
    assert_eq!(
        refused.body["http_status"], 422,
        "the check can fail: {:?}",
        refused.body
    );
    server.finish().await;
}
