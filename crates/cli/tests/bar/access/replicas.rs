//! Two servers on one PostgreSQL, with one key file and one admin key.

use serde_json::{Value, json};
use tenon_testkit::{Answer, Caller, Options, Postgres, Server};

use crate::operator::{ADA, Folder, TENON};

const ADMIN_KEY: &str = "ak_two_replicas_share_this_one";

/// The two servers, and a connector whose application is a test's.
pub(crate) struct Replicas {
    pub(crate) servers: [Server; 2],
    _folder: Folder,
    _keys: tempfile::TempDir,
}

impl Replicas {
    /// Starts both on a new database. `application` is what the connector `acme` calls.
    pub(crate) fn start(application: &str, more: &[(&str, &str)]) -> Self {
        let folder = Folder::new();
        folder.connector("acme", application, "");
        folder.action("acme", "add", "request: { post: /things }\n");
        let keys = tempfile::tempdir().unwrap();
        let key_file = keys.path().join("shared.key").display().to_string();
        let own = [
            ("DATABASE_URL", Postgres::shared().database()),
            ("TENON_KEY_FILE", key_file),
            ("TENON_ADMIN_KEY", ADMIN_KEY.to_owned()),
        ];
        let own = own
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value));
        let more = more
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_string()));
        let options = Options {
            connectors: Some(folder.path().into()),
            allow_loopback: true,
            environment: own.chain(more).collect(),
            ..Options::default()
        };
        let servers = [(); 2].map(|()| Server::start(TENON, options.clone()));
        Self {
            servers,
            _folder: folder,
            _keys: keys,
        }
    }

    /// A call of the management API of the first server.
    pub(crate) async fn manage(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let path = format!("/api/v2/admin/{path}");
        let headers = [("x-admin-key", ADMIN_KEY)];
        let http = &self.servers[0].http;
        http.send(method, &path, &headers, body.as_ref()).await
    }

    /// An account with a connection, and an API key; the key's id too.
    pub(crate) async fn account(&self, account: &str) -> (Caller, String) {
        let body = json!({ "linked_account_id": account });
        let made = self.manage("POST", "linked-accounts", Some(body)).await;
        assert_eq!(made.status, 200, "{}", made.body);
        let path = format!("linked-accounts/{account}/connections/acme");
        let body = json!({"fields": {"token": tenon_testkit::SECRET}});
        let made = self.manage("POST", &path, Some(body)).await;
        assert_eq!(made.status, 200, "{}", made.body);
        let made = self
            .manage("POST", "api-keys", Some(json!({"name": "k"})))
            .await;
        let text = |name: &str| made.body[name].as_str().unwrap().to_owned();
        (
            self.servers[0].caller(&text("api_key"), account),
            text("api_key_id"),
        )
    }

    /// The same caller at each server.
    pub(crate) fn everywhere(&self, caller: &Caller) -> [Caller; 2] {
        [0, 1].map(|at: usize| caller.at(&self.servers[at].http))
    }

    pub(crate) async fn finish(self) {
        for server in self.servers {
            server.finish().await;
        }
    }
}

/// Ada with her connection.
pub(crate) async fn ada(replicas: &Replicas) -> Caller {
    replicas.account(ADA).await.0
}
