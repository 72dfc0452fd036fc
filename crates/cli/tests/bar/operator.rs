//! An operator's folder of connectors, and what an operator does by the management API.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tenon_testkit::{Answer, Caller, SECRET, Server};

/// The program under test.
pub(crate) const TENON: &str = env!("CARGO_BIN_EXE_tenon");

/// The account of these tests.
pub(crate) const ADA: &str = "ada@example.com";

/// The folder.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a connector whose credential is a bearer token. `more` is further lines of the document.
    pub(crate) fn connector(&self, slug: &str, base_url: &str, more: &str) {
        let text = format!(
            "name: {slug}\ndescription: Made by a test.\nbase_url: {}\n\
             auth:\n  key:\n    type: keybased\n    label: Key\n    fields: {{ token: {{ label: Token }} }}\n    \
             send: {{ bearer: \"{{{{ token }}}}\" }}\n{more}",
            json!(base_url)
        );
        self.write(slug, "connector.yaml", &text);
    }

    /// Writes an action; `request` and what follows it are the caller's.
    pub(crate) fn action(&self, slug: &str, id: &str, rest: &str) {
        let text = format!("name: {id}\ndescription: Made by a test.\n{rest}");
        self.write(slug, &format!("actions/{id}.yaml"), &text);
    }

    fn write(&self, slug: &str, name: &str, text: &str) {
        let path = self.path().join(slug).join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// Makes the account and a key for it.
pub(crate) fn caller(server: &Server) -> Caller {
    server.cli_json(&["linked-account", "create", ADA, "--json"]);
    let made = server.cli_json(&["api-key", "create", "test", "--json"]);
    let key = made["api_key"].as_str().unwrap();
    server.caller(key, ADA)
}

/// Connects the account to an application, with these facts.
pub(crate) async fn connect(server: &Server, slug: &str, facts: &[(&str, &str)]) -> Answer {
    let mut fields = json!({ "token": SECRET });
    for (name, value) in facts {
        fields[*name] = Value::from(*value);
    }
    let path = format!("/api/v2/admin/linked-accounts/{ADA}/connections/{slug}");
    let key = server.admin_key();
    let body = json!({ "fields": fields });
    server
        .http
        .send("POST", &path, &[("x-admin-key", &key)], Some(&body))
        .await
}
