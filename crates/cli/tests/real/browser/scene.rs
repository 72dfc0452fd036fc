//! A tenant's application, an authorization server and Tenon between them, for browsers to connect through.

use std::net::TcpListener;
use std::path::Path;

use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tenon_testkit::browser::{Page, Site};
use tenon_testkit::oidc::{Client, Options as Issuing, Provider};
use tenon_testkit::{Options, SECRET, Server};

use crate::TENON;

/// The tenant's users. Each has an account and, under the same name, one at the authorization server.
const USERS: [&str; 4] = ["ada", "bob", "cem", "mallory"];

/// The tenant's page: it has the SDK and the script that confirms, and remembers what became of each attempt.
const APPLICATION: &str = "<!doctype html><html lang=en><meta charset=utf-8><title>The tenant's application</title>\
    <link rel=icon href=data:,><h1>The tenant's application</h1>\
    <script>var exports = {}; window.said = [];</script><script src=/sdk/cobalt.js></script>\
    <script src=TENON/connect/confirm.js></script>\
    <script>const say = (end) => (result) => said.push({ end, ...result });\
    if (localStorage.token) tenonConnect({ token: () => localStorage.token, onConnected: say('connected'), \
    onFailed: say('failed') });</script>";

/// Mallory's: whoever comes is sent on to the honest authorization server with the honest client and our `state`.
const BOUNCE: &str = "<!doctype html><title>Mallory's</title><link rel=icon href=data:,><script>\
    const asked = new URL('PROVIDER/auth' + location.search), query = asked.searchParams;\
    query.set('client_id', 'tenant-client'); query.set('redirect_uri', \
    query.get('redirect_uri').replace('/evil/', '/vend/')); location.replace(asked);</script>";

/// Another page of Mallory's, which shows inside of it what the address names.
const FRAME: &str = "<!doctype html><title>Mallory's</title><link rel=icon href=data:,><iframe></iframe><script>\
    document.querySelector('iframe').src = decodeURIComponent(location.search.slice(1));</script>";

/// Another one, which sends a form for whoever comes.
const FORGE: &str = "<!doctype html><title>Mallory's</title><link rel=icon href=data:,><form method=post></form><script>\
    const form = document.forms[0]; form.action = decodeURIComponent(location.search.slice(1)); form.submit();</script>";

pub(super) struct Scene {
    pub(super) server: Server,
    pub(super) provider: Provider,
    pub(super) site: Site,
    pub(super) evil: Site,
    _connectors: TempDir,
    input: Map<String, Value>,
}

impl Scene {
    /// Starts everything; the environments confirm or do not.
    pub(super) async fn new(confirm: &str) -> Self {
        let port = free_port();
        let issuer = format!("http://127.0.0.1:{port}");
        let pages = [
            (
                "/authorize",
                Page::html(BOUNCE.replace("PROVIDER", &issuer)),
            ),
            ("/frame", Page::html(FRAME)),
            ("/forge", Page::html(FORGE)),
        ];
        let evil = Site::start("evil", pages).await;
        let connectors = tempfile::tempdir().unwrap();
        for (slug, text) in [
            ("vend", oauth("Vend", &issuer, &format!("{issuer}/auth"))),
            ("twin", oauth("Twin", &issuer, &format!("{issuer}/auth"))),
            (
                "evil",
                oauth("Evil", &evil.origin, &format!("{}/authorize", evil.origin)),
            ),
            ("keys", keys(&issuer)),
        ] {
            let folder = connectors.path().join(slug);
            std::fs::create_dir_all(folder.join("actions")).unwrap();
            std::fs::write(folder.join("connector.yaml"), text).unwrap();
            std::fs::write(folder.join("actions/list.yaml"), ACTION).unwrap();
        }
        let server = Server::start(
            TENON,
            Options {
                connectors: Some(connectors.path().to_owned()),
                allow_loopback: true,
                ..Options::default()
            },
        );
        let tenon = server.http.base().to_owned();
        let back = ["vend", "twin"].map(|slug| format!("{tenon}/api/v1/{slug}/callback"));
        let honest = Client::returning_to(&[&back[0], &back[1]]);
        let mut foreign = honest.clone();
        foreign.id = "mallory-client".to_owned();
        let mut issuing = Issuing::with(honest);
        issuing.clients.push(foreign);
        issuing.port = Some(port);
        let provider = Provider::start(&issuing);
        let page = Page::html(APPLICATION.replace("TENON", &tenon));
        let pages = [
            ("/", page.clone()),
            ("/back", page),
            ("/popup", example("popup", &tenon)),
            ("/connected", example("redirect", &tenon)),
        ];
        let site = Site::start("app", pages).await;
        let mut scene = Self {
            server,
            provider,
            site,
            evil,
            _connectors: connectors,
            input: Map::new(),
        };
        scene.prepare(confirm).await;
        scene
    }

    /// Two organizations, each with its own client; the second one is Mallory's.
    async fn prepare(&mut self, confirm: &str) {
        let own = self.world(&[], confirm, "tenant-client").await;
        let made = ["organization", "create", "Mallory's company", "--json"];
        let made = self.server.cli_json(&made);
        let world = ["--organization", made["organization_id"].as_str().unwrap()];
        let foreign = self.world(&world, confirm, "mallory-client").await;
        self.input = json!({
            "tenon": self.server.http.base(), "site": self.site.origin, "evil": self.evil.origin,
            "provider": self.provider.base, "tokens": own, "foreign": foreign,
        })
        .as_object()
        .unwrap()
        .clone();
    }

    /// Sets up an organization's environment and gives a session token for each of the users.
    async fn world(&self, world: &[&str], confirm: &str, client: &str) -> Value {
        let run = |command: &[&str]| {
            self.server
                .cli_json(&[command, world, &["--json"]].concat())
        };
        let back = format!("{}/back", self.site.origin);
        let set = ["environment", "set", "--confirm", confirm];
        let open = ["--origin", &self.site.origin, "--redirect-url", &back];
        let look = ["--property", "name=Acme", "--property", "color=#3b5bdb"];
        run(&[&set[..], &open, &look].concat());
        for slug in ["vend", "twin", "evil"] {
            self.register(world, slug, client).await;
        }
        let key = run(&["api-key", "create", "test"]);
        let mut tokens = Map::new();
        for user in USERS {
            run(&["linked-account", "create", user]);
            let caller = self.server.caller(key["api_key"].as_str().unwrap(), user);
            let body = json!({ "linked_account_id": user });
            let path = "/api/v2/public/session-token";
            let minted = caller.try_call("POST", path, &[], Some(&body)).await;
            tokens.insert(user.to_owned(), minted.unwrap().body["token"].clone());
        }
        tokens.into()
    }

    async fn register(&self, world: &[&str], slug: &str, client: &str) {
        let organization = world.last().map(|id| format!("&organization_id={id}"));
        let path = format!(
            "/api/v2/admin/oauth-clients/{slug}?environment=test{}",
            organization.unwrap_or_default()
        );
        let key = self.server.admin_key();
        let body = json!({ "client_id": client, "client_secret": SECRET });
        let headers = [("x-admin-key", key.as_str())];
        let set = self.server.http.send("PUT", &path, &headers, Some(&body));
        let set = set.await;
        assert_eq!(set.status, 200, "{set:?}");
    }

    /// What a scenario is given.
    pub(super) fn input(&self, more: &Value) -> Value {
        let mut input = self.input.clone();
        input.extend(more.as_object().unwrap().clone());
        input.into()
    }
}

/// An example of the documentation, with its placeholders filled.
fn example(name: &str, tenon: &str) -> Page {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/connect");
    let text = std::fs::read_to_string(folder.join(format!("{name}.html"))).unwrap();
    Page::html(text.replace("TENON", tenon).replace("SLUG", "vend"))
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

const ACTION: &str = "name: List\ndescription: Lists records.\nrequest: { get: /api/records }\n\
    examples:\n  - input: {}\n    sends: { path: /api/records }\n    answers: { json: { records: [] } }\n";

const IDENTITY: &str = "identity: { request: { get: /api/me }, identifier: '{{ body.id }}', name: '{{ body.email }}' }\n";

fn oauth(name: &str, base: &str, authorize_url: &str) -> String {
    format!(
        "name: {name}\ndescription: Orders, invoices and stock of a shop, with everything that belongs to them.\n\
         tags: [crm]\nbase_url: {base}\nauth:\n  oauth2:\n    type: oauth2\n    label: Sign in\n    \
         fields: {{ access_token: {{ label: Token }}, refresh_token: {{ label: Refresh token, optional: true }} }}\n    \
         send: {{ bearer: '{{{{ access_token }}}}' }}\n    grant:\n      flow: authorization_code\n      \
         authorize_url: {authorize_url}\n      token_url: {base}/token\n      client_auth: basic\n      \
         issuer: {base}\n      scopes: [openid, email, records]\n      authorize_params: {{ prompt: consent }}\n{IDENTITY}"
    )
}

fn keys(base: &str) -> String {
    format!(
        "name: Keys\ndescription: Notes.\ntags: [crm]\nbase_url: {base}\nconnection:\n  region:\n    label: Region\n    \
         help: Where your notes are kept.\n    choices: [eu, us]\n    default: eu\n    example: eu\nauth:\n  keybased:\n    \
         type: keybased\n    label: API key\n    fields:\n      api_key: {{ label: API key, help: \
         'In Keys, Settings > API.', placeholder: key-… }}\n      note: {{ label: Note, optional: true }}\n    \
         send: {{ bearer: '{{{{ api_key }}}}' }}\n{IDENTITY}errors:\n  - {{ when: status == 401, kind: credential, \
         code: '{{{{ body.error }}}}', message: '{{{{ body.message }}}}' }}\n"
    )
}
