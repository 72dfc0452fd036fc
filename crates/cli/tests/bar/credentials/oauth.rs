//! Tokens that are granted, in front of a provider that rotates them and punishes reuse.

mod changed;
mod clocks;
mod garbage;
mod lost;
mod refresh;
mod revoked;

use serde_json::{Value, json};
use tenon_testkit::provider::Provider;
use tenon_testkit::{Answer, Caller, Options, Postgres, Server};

use crate::engines::Engine;
use crate::operator::{Folder, TENON};

/// A provider, and servers in front of it that share a database.
pub(crate) struct Stage {
    pub(crate) provider: Provider,
    pub(crate) servers: Vec<Server>,
    folder: Folder,
}

/// An account that is connected to the provider.
pub(crate) struct Linked {
    pub(crate) connection: String,
    /// The account's caller at each server.
    pub(crate) callers: Vec<Caller>,
}

/// Each database with as many servers as it is for.
pub(crate) fn engines() -> [(Engine, usize); 2] {
    [
        (Engine::Sqlite, 1),
        (Engine::postgres(Postgres::shared()), 2),
    ]
}

/// A database and its servers, in words.
pub(crate) fn place(engine: &Engine, servers: usize) -> String {
    match servers {
        1 => format!("{} (1 process)", engine.name()),
        _ => format!("{} ({servers} processes)", engine.name()),
    }
}

impl Stage {
    /// `failing` names the place where the first server dies.
    pub(crate) async fn start(engine: &Engine, servers: usize, failing: Option<&str>) -> Self {
        let failing = failing.map(|place| ("TENON_FAILPOINT".to_owned(), place.to_owned()));
        let first = failing.into_iter().collect();
        let others = (1..servers).map(|_| Vec::new());
        Self::with(engine, std::iter::once(first).chain(others)).await
    }

    /// A server for each of these additions to the environment.
    pub(crate) async fn with(
        engine: &Engine,
        servers: impl IntoIterator<Item = Vec<(String, String)>>,
    ) -> Self {
        let provider = Provider::start().await;
        let folder = Folder::new();
        provider.write_connector(folder.path(), |text| text);
        let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let mut environment = engine.environment();
        environment.push(own(("TENON_MAX_IN_FLIGHT_PER_CONNECTION", "512")));
        let start = |more: Vec<(String, String)>| {
            let options = Options {
                connectors: Some(folder.path().into()),
                allow_loopback: true,
                environment: environment.iter().cloned().chain(more).collect(),
                ..Options::default()
            };
            Server::start(TENON, options)
        };
        let servers = servers.into_iter().map(start);
        let stage = Self {
            servers: servers.collect(),
            provider,
            folder,
        };
        stage.set_client(Provider::CLIENT_ID).await;
        stage
    }

    /// Writes the connector anew.
    pub(crate) fn change_connector(&self, change: impl Fn(String) -> String) {
        self.provider.write_connector(self.folder.path(), change);
    }

    /// A call of the management API of the last server, which never dies.
    pub(crate) async fn manage(&self, method: &str, path: &str, body: &Value) -> Answer {
        let server = self.servers.last().unwrap();
        let path = format!("/api/v2/admin/{path}");
        let key = server.admin_key();
        let headers = [("x-admin-key", &*key)];
        server.http.send(method, &path, &headers, Some(body)).await
    }

    /// Sets the tenant's client.
    pub(crate) async fn set_client(&self, id: &str) {
        let path = format!("oauth-clients/{}", Provider::SLUG);
        let body = json!({"client_id": id, "client_secret": Provider::CLIENT_SECRET});
        let set = self.manage("PUT", &path, &body).await;
        assert_eq!(set.status, 200, "{}", set.body);
    }

    /// Connects an account with tokens that the provider gave it elsewhere.
    pub(crate) async fn link(&self, account: &str) -> Linked {
        let body = json!({ "linked_account_id": account });
        let made = self.manage("POST", "linked-accounts", &body).await;
        assert_eq!(made.status, 200, "{}", made.body);
        let pair = self.provider.grant(account);
        let path = format!("linked-accounts/{account}/connections/{}", Provider::SLUG);
        let fields = json!({"access_token": pair.access, "refresh_token": pair.refresh});
        let body = json!({ "fields": fields });
        let made = self.manage("POST", &path, &body).await;
        assert_eq!(made.status, 200, "{}", made.body);
        let connection = made.body["connection_id"].as_str().unwrap().to_owned();
        let made = self.manage("POST", "api-keys", &json!({"name": "k"})).await;
        let key = made.body["api_key"].as_str().unwrap();
        let callers = self.servers.iter();
        let callers = callers.map(|server| server.caller(key, account)).collect();
        Linked {
            connection,
            callers,
        }
    }

    /// How often the provider was asked for new tokens.
    pub(crate) fn refreshes(&self) -> usize {
        self.provider.token_calls("refresh_token")
    }

    pub(crate) async fn finish(self) {
        for server in self.servers {
            server.finish().await;
        }
    }
}

impl Linked {
    /// The account's caller at the last server.
    pub(crate) fn caller(&self) -> &Caller {
        self.callers.last().unwrap()
    }

    /// A call about the connection, such as `POST …/refresh`.
    pub(crate) async fn ask(&self, method: &str, what: &str) -> Answer {
        let path = format!("/api/v2/public/connection/{}{what}", self.connection);
        let answer = self.caller().try_call(method, &path, &[], None).await;
        answer.unwrap()
    }

    /// Reads a record at the provider.
    pub(crate) async fn read(&self) -> Answer {
        read(self.caller()).await
    }

    /// What happened to the connection, oldest first: each event with its reason.
    pub(crate) async fn timeline(&self) -> Vec<(String, String)> {
        let page = self.ask("GET", "/timeline?limit=100").await;
        let events = page.body["docs"].as_array().unwrap().iter().rev();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        events
            .map(|event| (text(&event["event"]), text(&event["reason"])))
            .collect()
    }
}

/// Reads a record at the provider.
pub(crate) async fn read(caller: &Caller) -> Answer {
    execute(caller, "get_record").await
}

/// Executes an action at the provider.
pub(crate) async fn execute(caller: &Caller, action: &str) -> Answer {
    caller
        .execute(Provider::SLUG, action, &[], &json!({}))
        .await
}

/// Whether an execution did what it should.
pub(crate) fn succeeded(answer: &Answer) -> bool {
    answer.status == 200 && answer.body["success"] == true
}
