//! Vendors' descriptions judge the catalogue over HTTP: an example of every action that a description covers is executed
//! against Prism, which serves it. `described.json` lists the applications; one Prism runs at a time.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tempfile::TempDir;
use tenon_connector::{Connector, HTTP_REQUEST};
use tenon_testkit::{
    CANARY, Caller, Http, Options, Prism, Server, cut, emulated, free_port, json_file, specs,
};
use url::Url;

use crate::TENON;
use crate::overlay::{bundle, copy, root};

/// As many actions are taken as were when this was written, or more.
const TAKEN: usize = 239;

/// One line of `described.json`: `slug`, the `description`'s file, what stands `below` Prism's address where the
/// connector's `base_url` stands, texts to `replace`, the way of `auth` and its `fields`, of which one
/// without a value is a secret, and which actions are `refused` for reasons that are not the connector's.
struct Application {
    row: Value,
    base: String,
    port: u16,
}

impl Application {
    fn slug(&self) -> &str {
        self.row["slug"].as_str().unwrap()
    }

    fn new(row: Value) -> Self {
        let port = free_port();
        let below = row["below"].as_str().unwrap();
        let base = format!("http://127.0.0.1:{port}{below}");
        Self { row, base, port }
    }

    /// The shipped connector, which speaks to where Prism will be.
    fn overlay(&self, connector: &str) -> TempDir {
        let line = connector.lines().find(|line| line.starts_with("base_url:"));
        let here = format!("base_url: {}", self.base);
        let mut replace = vec![(line.unwrap(), here.as_str())];
        let more = self.row["replace"].as_array().into_iter().flatten();
        replace.extend(more.map(|pair| (pair[0].as_str().unwrap(), pair[1].as_str().unwrap())));
        copy(&root().join("connectors").join(self.slug()), &replace)
    }

    fn connect(&self, server: &Server) -> Caller {
        let mut arguments = Vec::new();
        if let Some(auth) = self.row["auth"].as_str() {
            arguments.extend(["--auth".to_owned(), auth.to_owned()]);
        }
        for field in self.row["fields"].as_array().unwrap() {
            let field = field.as_str().unwrap();
            let secret = || format!("{field}={CANARY}");
            let field = field
                .split_once('=')
                .map_or_else(secret, |_| field.to_owned());
            arguments.extend(["--field".to_owned(), field]);
        }
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        server.connect(self.slug(), "prism@example.com", &arguments)
    }

    /// Where an example's first request goes: its method and its path.
    async fn request(
        &self,
        caller: &Caller,
        action: &str,
        body: &Value,
    ) -> Option<(String, String)> {
        let dry = format!("{action}?dry_run=true");
        let shown = caller.execute(self.slug(), &dry, &[], body).await.body;
        let request = &shown["requests"][0];
        let url = Url::parse(request["url"].as_str()?).ok()?;
        let method = request["method"].as_str()?.to_owned();
        (url.port() == Some(self.port)).then(|| (method, url.path().to_owned()))
    }
}

/// The first example of each action that succeeds, as a body.
fn examples(connector: &Connector) -> Vec<(String, Value)> {
    let actions = connector
        .actions
        .values()
        .filter(|action| action.id != HTTP_REQUEST);
    let first = actions.filter_map(|action| {
        let good = action
            .examples
            .iter()
            .find(|example| example.fails.is_none());
        good.map(|example| (action.id.clone(), example.body()))
    });
    first.collect()
}

/// Which actions Prism took, which it refused and why, and how many the description does not cover.
#[derive(Default)]
struct Verdict {
    taken: BTreeSet<String>,
    refused: BTreeMap<String, String>,
    uncovered: usize,
}

impl Verdict {
    /// Where Prism refused what `described.json` gives no reason for, or took what it says is refused.
    fn surprises(&self, row: &Value) -> Vec<String> {
        let expected = |action: &str| row["refused"].get(action).is_some();
        let refused = self.refused.iter().filter(|(action, _)| !expected(action));
        let refused = refused.map(|(action, why)| format!("{}.{action}: {why}", row["slug"]));
        let taken = self.taken.iter().filter(|action| expected(action));
        let taken = taken.map(|action| format!("{}.{action} is not refused any more", row["slug"]));
        refused.chain(taken).collect()
    }
}

async fn judge(row: Value) -> Verdict {
    let application = Application::new(row);
    let files = bundle(&root().join("connectors").join(application.slug()));
    let overlay = application.overlay(&files.files["connector.yaml"]);
    let connector = files.compile().unwrap();
    let server = Server::start(
        TENON,
        Options {
            connectors: Some(overlay.path().into()),
            allow_loopback: true,
            ..Options::default()
        },
    );
    let caller = application.connect(&server);
    let mut known = Vec::new();
    // By a client of its own: the connections of this one would be too old once Prism is up.
    let asking = caller.at(&Http::new(caller.base()));
    for (action, body) in examples(&connector) {
        let request = application.request(&asking, &action, &body).await;
        known.push((action, body, request));
    }
    let description = json_file(&specs().join(application.row["description"].as_str().unwrap()));
    let mut verdict = Verdict::default();
    known.retain(|(_, _, request)| {
        let covered = request
            .as_ref()
            .is_some_and(|request| cut::covers(&description, request));
        verdict.uncovered += usize::from(!covered);
        covered
    });
    let requests: Vec<_> = known
        .iter()
        .filter_map(|(_, _, request)| request.clone())
        .collect();
    let file = overlay.path().join("description.json");
    std::fs::write(&file, cut::cut(&description, &requests).to_string()).unwrap();
    let _prism = Prism::serve_on(application.port, &file);
    for (action, body, _) in known {
        let answer = caller
            .execute(application.slug(), &action, &[], &body)
            .await
            .body;
        match answer["http_status"].as_u64() {
            Some(200..=299) => _ = verdict.taken.insert(action),
            _ => {
                let data = &answer["data"];
                let why = format!("{} {}", data["detail"], data["validation"]);
                verdict.refused.insert(action, why);
            }
        }
    }
    server.finish().await;
    verdict
}

#[tokio::test]
#[ignore = "needs Prism and the vendors' descriptions: run by `cargo xtask test`"]
async fn every_application_with_a_description_is_judged_by_it() {
    let rows = json_file(&root().join("crates/cli/tests/real/described.json"));
    let (mut surprises, mut taken) = (Vec::new(), 0);
    for row in rows.as_array().unwrap() {
        let verdict = judge(row.clone()).await;
        emulated::executed(row["slug"].as_str().unwrap(), "prism", &verdict.taken);
        taken += verdict.taken.len();
        println!(
            "{}: {} taken, {} refused, {} not described",
            row["slug"],
            verdict.taken.len(),
            verdict.refused.len(),
            verdict.uncovered
        );
        surprises.extend(verdict.surprises(row));
    }
    assert!(surprises.is_empty(), "{surprises:#?}");
    assert!(taken >= TAKEN, "{taken}");
}
