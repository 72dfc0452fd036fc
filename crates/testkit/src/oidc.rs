//! A certified authorization server, `oidc-provider`, with an API that takes its tokens.
//!
//! PKCE is asked of every client, refresh tokens rotate, and one that is used twice takes its whole grant with it.
//! Whoever gives a name on its page is that user. Every token carries the canary.

use std::time::Duration;

use serde_json::{Value, json};

use crate::node::node;
use crate::{CANARY, Http, Process, SECRET};

const START_LIMIT: Duration = Duration::from_secs(30);

/// Somebody who may ask for tokens.
#[derive(Debug, Clone)]
pub struct Client {
    /// Its id.
    pub id: String,
    /// Its secret.
    pub secret: String,
    /// Where users may be sent back to.
    pub redirect_uris: Vec<String>,
    /// How it proves who it is at the token endpoint: `client_secret_basic` or `client_secret_post`.
    pub auth: &'static str,
}

impl Client {
    /// One with a usual id and secret.
    pub fn returning_to(redirect_uris: &[&str]) -> Self {
        Self {
            id: "tenant-client".to_owned(),
            secret: SECRET.to_owned(),
            redirect_uris: redirect_uris.iter().map(ToString::to_string).collect(),
            auth: "client_secret_basic",
        }
    }
}

/// How a provider is started.
#[derive(Debug, Clone)]
pub struct Options {
    /// Who may ask for tokens.
    pub clients: Vec<Client>,
    /// For how many seconds an access token is alive.
    pub access_token_life: u32,
    /// For how many seconds a refresh token is taken again after it was used; 0 punishes the second use at once.
    pub grace: u32,
    /// The port, where a test has to know it before.
    pub port: Option<u16>,
}

impl Options {
    /// Tokens of an hour, and no mercy for used ones.
    pub fn with(client: Client) -> Self {
        Self {
            clients: vec![client],
            access_token_life: 3600,
            grace: 0,
            port: None,
        }
    }
}

/// A running provider.
///
/// Its endpoints are `/auth`, `/token`, `/token/revocation` and `/me`; its scopes `openid`, `email`, `offline_access`
/// and `records`. Its API is `GET /api/me`, `GET /api/records` and `POST /api/records`.
pub struct Provider {
    _process: Process,
    /// Its issuer, which is also where everything of it is.
    pub base: String,
    http: Http,
}

impl Provider {
    /// Starts one.
    ///
    /// # Panics
    /// Where it does not come up.
    pub fn start(options: &Options) -> Self {
        let clients: Vec<_> = options.clients.iter().map(client).collect();
        let given = json!({
            "clients": clients, "access_token_life": options.access_token_life, "grace": options.grace,
            "port": options.port, "canary": CANARY,
        });
        let mut command = node("provider.mjs");
        let mut process = Process::start(command.arg(given.to_string()));
        let base = process.wait_for("the provider does not come up", START_LIMIT, |output| {
            let (_, address) = output.split_once("listening at ")?;
            address.split_once('\n').map(|(base, _)| base.to_owned())
        });
        Self {
            _process: process,
            http: Http::new(base.clone()),
            base,
        }
    }

    /// What it counted: `authorizations`, `codes` and `refreshes` that were exchanged, tokens `reused` and requests
    /// `refused` at the token endpoint, `client_credentials`, `revocations` that were asked for, and of the `api` what
    /// was `served`, `created`, `unauthorized` and `forbidden`.
    pub async fn seen(&self) -> Value {
        self.ask("seen", &json!({})).await
    }

    /// Changes it while it runs: `access_token_life`, `grace`, `lose_answers` (so many answers of the token endpoint
    /// are lost after the tokens were made), `slow_ms` (how long the token endpoint thinks), `iss` (what stands in
    /// authorization responses: `null` for the truth, `""` for nothing).
    pub async fn set(&self, changes: &Value) {
        self.ask("set", changes).await;
    }

    /// A user takes back, at the vendor, everything that they had allowed.
    pub async fn withdraw(&self, account: &str) {
        self.ask("withdraw", &json!({ "account": account })).await;
    }

    /// A client of its endpoints.
    pub fn http(&self) -> &Http {
        &self.http
    }

    async fn ask(&self, what: &str, body: &Value) -> Value {
        let answer = self
            .http
            .send("POST", &format!("/test/{what}"), &[], Some(body))
            .await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body
    }
}

fn client(client: &Client) -> Value {
    json!({
        "id": client.id, "secret": client.secret, "redirect_uris": client.redirect_uris, "auth": client.auth,
    })
}
