//! The whole API on a store of its own: two environments, two accounts, one of them connected to a played application.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Method, Request};
use http_body_util::BodyExt as _;
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::{Value, json};
use tenon_connector::Bundle;
use tenon_egress::{Config, Egress};
use tenon_engine::files::Files;
use tenon_engine::keychain::KeyChain;
use tenon_engine::model::Millis;
use tenon_engine::ports::{Clock, Store};
use tenon_engine::registry::Registry;
use tenon_engine::{Engine, Parts};
use tenon_sandbox::Sandbox;
use tenon_server::api;
use tenon_server::app::{ApiSettings, App};
use tenon_server::bootstrap::FileFolder;
use tenon_server::catalogue::Catalogue;
use tenon_store::SqliteStore;
use tenon_testkit::{Application, SECRET, Searched, assert_clean};
use tenon_vault::KeyRing;
use tower::ServiceExt as _;

pub(crate) const ADA: &str = "ada@example.com";
pub(crate) const BOB: &str = "bob";
pub(crate) const RUN: &str = "/api/v2/integration-schema/acme/actions/add/execute";

/// A time that stands still until a test moves it.
pub(crate) struct StillClock(AtomicI64);

impl StillClock {
    fn new() -> Self {
        Self(AtomicI64::new(1_784_000_000_000))
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, milliseconds: i64) {
        self.0.fetch_add(milliseconds, Ordering::SeqCst);
    }
}

impl Clock for StillClock {
    fn now(&self) -> Millis {
        Millis(self.0.load(Ordering::SeqCst))
    }
}

/// Everything that a test touches.
pub(crate) struct World {
    pub(crate) app: App,
    pub(crate) application: Application,
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) clock: Arc<StillClock>,
    /// The key ring's text.
    pub(crate) ring: String,
    /// The key of the test environment, where Ada and Bob are.
    pub(crate) key: String,
    /// The key of the production environment, where only Bob is.
    pub(crate) other_key: String,
    pub(crate) admin_key: String,
    router: Router,
    folder: Searched,
}

/// A call that is being written.
pub(crate) struct Ask<'a> {
    world: &'a World,
    request: http::request::Builder,
    body: Option<Vec<u8>>,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(ApiSettings::default()).await
    }

    pub(crate) async fn with(settings: ApiSettings) -> Self {
        let folder = Searched::new();
        let settings = ApiSettings {
            data_dir: Some(folder.path().to_owned()),
            ..settings
        };
        let store = SqliteStore::open(&folder.path().join("t.db")).unwrap();
        let (clock, ring) = (Arc::new(StillClock::new()), KeyRing::generate());
        let text = ring.to_text().to_string();
        let (app, application) = app(Arc::clone(&store), ring, clock.clone(), settings).await;
        let admin_key = app.engine.missing_admin_key().await.unwrap().unwrap();
        app.engine.first_start(Some(&admin_key)).await.unwrap();
        let mut world = Self {
            router: api::router(app.clone()),
            app,
            application,
            store,
            clock,
            ring: text,
            key: String::new(),
            other_key: String::new(),
            admin_key: admin_key.expose().to_owned(),
            folder,
        };
        world.key = world.make_key("environment=test").await.1;
        world.other_key = world.make_key("environment=production").await.1;
        for (key, account) in [
            (&world.key, ADA),
            (&world.key, BOB),
            (&world.other_key, BOB),
        ] {
            let body = json!({"linked_account_id": account});
            let made = world
                .post("/api/v2/public/linked-account")
                .header("x-api-key", key)
                .json(body)
                .await;
            assert_eq!(made.status, 200, "{}", made.text());
        }
        world.connect(ADA, SECRET).await;
        world
    }

    /// The folder of the database.
    pub(crate) fn path(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Makes an API key where the query says, and gives its id and the key.
    pub(crate) async fn make_key(&self, query: &str) -> (String, String) {
        let path = format!("/api/v2/admin/api-keys?{query}");
        let made = self
            .post(&path)
            .admin()
            .json(json!({"name": "k"}))
            .await
            .ok();
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        (text("api_key_id"), text("api_key"))
    }

    /// Saves a credential of an account of the test environment.
    pub(crate) async fn connect(&self, account: &str, token: &str) {
        self.connect_by(&self.key, account, token).await;
    }

    pub(crate) async fn connect_by(&self, key: &str, account: &str, token: &str) {
        let path = "/api/v2/public/linked-account/integration/save-key-credentials/acme";
        let saved = self
            .put(path)
            .header("x-api-key", key)
            .header("linked_account_id", account)
            .json(json!({"api_token": token}))
            .await;
        assert_eq!(saved.status, 200, "{}", saved.text());
    }

    /// A session token of an account of the test environment.
    pub(crate) async fn token(&self, account: &str, scopes: Value) -> String {
        self.token_by(&self.key, account, scopes).await
    }

    pub(crate) async fn token_by(&self, key: &str, account: &str, scopes: Value) -> String {
        let body = json!({"linked_account_id": account, "scopes": scopes});
        let minted = self
            .post("/api/v2/public/session-token")
            .header("x-api-key", key)
            .json(body)
            .await;
        assert_eq!(minted.status, 200, "{}", minted.text());
        minted.json()["token"].as_str().unwrap().to_owned()
    }

    pub(crate) fn ask(&self, method: Method, path: &str) -> Ask<'_> {
        Ask {
            world: self,
            request: Request::builder().method(method).uri(path),
            body: None,
        }
    }

    pub(crate) fn get(&self, path: &str) -> Ask<'_> {
        self.ask(Method::GET, path)
    }

    pub(crate) fn post(&self, path: &str) -> Ask<'_> {
        self.ask(Method::POST, path)
    }

    pub(crate) fn put(&self, path: &str) -> Ask<'_> {
        self.ask(Method::PUT, path)
    }

    pub(crate) fn delete(&self, path: &str) -> Ask<'_> {
        self.ask(Method::DELETE, path)
    }

    /// Runs the writing action for Ada, at a path of the application.
    pub(crate) fn run(&self, at: &str) -> Ask<'_> {
        self.post(RUN).account(ADA).body(json!({"path": at}))
    }
}

impl Ask<'_> {
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    pub(crate) fn admin(self) -> Self {
        let key = self.world.admin_key.clone();
        self.header("x-admin-key", &key)
    }

    pub(crate) fn key(self) -> Self {
        let key = self.world.key.clone();
        self.header("x-api-key", &key)
    }

    pub(crate) fn account(self, account: &str) -> Self {
        self.key().header("linked_account_id", account)
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn body(self, body: Value) -> Self {
        self.header("content-type", "application/json")
            .bytes(body.to_string().into_bytes())
    }

    pub(crate) fn bytes(mut self, bytes: Vec<u8>) -> Self {
        self.body = Some(bytes);
        self
    }

    pub(crate) async fn json(self, body: Value) -> Answer {
        self.body(body).send().await
    }

    pub(crate) async fn send(self) -> Answer {
        let request = self
            .request
            .body(Body::from(self.body.unwrap_or_default()))
            .unwrap();
        let response = self.world.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes().to_vec();
        assert_clean("an answer", &bytes);
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            bytes,
        }
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|_| panic!("{}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        format!("{}: {}", self.status, String::from_utf8_lossy(&self.bytes))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }

    /// Checks that it is a refusal in the envelope, with this status and code.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) -> Value {
        let body = self.json();
        assert_eq!(
            (self.status, &body["code"]),
            (status, &json!(code)),
            "{}",
            self.text()
        );
        assert_eq!(body["status_code"], status);
        assert_eq!(body["error"], body["error_code"]);
        assert_eq!(body["request_id"], self.header("x-request-id"));
        assert_eq!(body["docs"], format!("/docs/errors#{code}"));
        for member in ["http_error_type", "error_code", "message", "origin"] {
            assert!(body[member].is_string(), "{member}: {body}");
        }
        assert!(body["retryable"].is_boolean(), "{body}");
        body
    }

    /// Checks that it is a success, and gives its body.
    #[track_caller]
    pub(crate) fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text());
        self.json()
    }
}

async fn app(
    store: Arc<SqliteStore>,
    ring: KeyRing,
    clock: Arc<dyn Clock>,
    settings: ApiSettings,
) -> (App, Application) {
    let application = Application::start().await;
    let store: Arc<dyn Store> = store;
    let keys = KeyChain::open(ring, Arc::clone(&store), Arc::clone(&clock))
        .await
        .unwrap();
    let registry = Arc::new(Registry::default());
    let config = Config {
        dangerously_allow_private_networks: vec!["127.0.0.0/8".parse().unwrap()],
        ..Config::default()
    };
    let engine = Engine::new(Parts {
        store,
        keys,
        egress: Box::new(Egress::new(config).unwrap()),
        clock,
        registry: Arc::clone(&registry),
        sandbox: None,
        caps: tenon_engine::flow::Caps::default(),
        rate: None,
        spill: None,
        files: settings.data_dir.as_ref().map(|folder| Files {
            shelf: Box::new(FileFolder::new(folder.join("files"), 10_000_000)),
            most_bytes: 1_000_000,
            life_ms: 60_000,
            public_url: String::new(),
        }),
    });
    engine.begin_life().await.unwrap();
    // A port that nobody listens on any more.
    let gone = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let snapshot = registry.replace([
        connector("acme", &application.base),
        connector("gone", &format!("http://{gone}")),
        connector("private", "http://10.1.2.3"),
    ]);
    assert!(snapshot.problems().is_empty(), "{:?}", snapshot.problems());
    let app = App {
        engine,
        sandbox: Sandbox::new(Vec::new),
        catalogue: Arc::new(Catalogue::new(None)),
        metrics: PrometheusBuilder::new().build_recorder().handle(),
        settings: Arc::new(settings),
        stopping: Default::default(),
    };
    (app, application)
}

pub(crate) fn connector(slug: &str, base: &str) -> Bundle {
    let connector = format!(
        "name: Acme\ndescription: Things.\ntags: [crm]\nbase_url: {base}\nauth:\n  \
         keybased:\n    type: keybased\n    label: Token\n    fields: {{ api_token: {{ label: Token }} }}\n    \
         send: {{ bearer: '{{{{ api_token }}}}' }}\n  \
         oauth2:\n    type: oauth2\n    label: Sign in\n    \
         fields: {{ access_token: {{ label: T }}, refresh_token: {{ label: R, optional: true }} }}\n    \
         send: {{ bearer: '{{{{ access_token }}}}' }}\n\
         identity: {{ request: {{ get: /me }}, identifier: '{{{{ body.id }}}}' }}\n\
         errors:\n  - {{ when: status == 401, kind: credential, code: no, message: no }}\n"
    );
    let params = "params:\n  path: { type: string, required: true, label: Enter Path }\n  \
                  count: { type: integer }\n  flag: { type: boolean }\n  extra: { type: object }\n";
    let example = "examples:\n  - input: { path: x }\n    sends: { path: /x }\n    answers: { json: { id: n1 } }\n";
    let action = |name: &str, request: &str, more: &str| {
        format!(
            "name: {name}\ndescription: Does {name}.\n{params}request: {request}\n{more}{example}"
        )
    };
    let output = "output: { schema: { type: object, properties: { id: { type: string } } } }\n";
    let files = [
        ("connector.yaml", connector),
        (
            "actions/add.yaml",
            action("Add", "{ post: '/{{ path }}' }", "aliases: [add_v1]\n"),
        ),
        (
            "actions/get.yaml",
            action("Get", "{ get: '/{{ path }}' }", output),
        ),
    ];
    Bundle {
        slug: slug.to_owned(),
        files: files.map(|(name, text)| (name.to_owned(), text)).into(),
        proven: false,
    }
}
