//! An engine on a store of its own, with one account connected to an application that a test plays.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use tenon_connector::Bundle;
use tenon_egress::{Config, Egress};
use tenon_engine::access::{AccountCaller, AdminCaller, Presented, TenantCaller};
use tenon_engine::accounts::AccountDetails;
use tenon_engine::connections::NewConnection;
use tenon_engine::error::Error;
use tenon_engine::execute::{Answered, Done, ExecuteRequest, Reply};
use tenon_engine::flow::Caps;
use tenon_engine::keychain::KeyChain;
use tenon_engine::model::{
    AccountId, Environment, Execution, ExecutionFilter, Millis, Paging, Tenant,
};
use tenon_engine::ports::{Clock, Store};
use tenon_engine::registry::Registry;
use tenon_engine::{Engine, Parts};
use tenon_store::SqliteStore;
use tenon_testkit::{Application, SECRET, Searched};
use tenon_vault::{KeyRing, Secret};

/// A clock that a test can move.
pub(crate) struct Still(std::sync::atomic::AtomicI64);

impl Still {
    pub(crate) fn pass(&self, milliseconds: i64) {
        self.0
            .fetch_add(milliseconds, std::sync::atomic::Ordering::SeqCst);
    }
}

impl Clock for Still {
    fn now(&self) -> Millis {
        Millis(self.0.load(std::sync::atomic::Ordering::SeqCst))
    }
}

/// Everything that a test touches.
pub(crate) struct World {
    pub(crate) engine: Arc<Engine>,
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) clock: Arc<Still>,
    pub(crate) application: Application,
    pub(crate) admin: AdminCaller,
    pub(crate) tenant: TenantCaller,
    pub(crate) caller: AccountCaller,
    pub(crate) key: Secret,
    ring: String,
    _folder: Searched,
}

const PEOPLE: &str = r#"
name: List People
description: L.
params: { page: { type: integer } }
request: { get: /people, query: { page: "{{ page }}" } }
result: "{{ body.people }}"
paged: { cursor: { param: page, next: "{{ body.next }}", query: page, items: "{{ body.people }}" } }
choices: { value: "{{ item.id }}", label: "{{ item.name }}" }
"#;

const FIELDS: &str = r#"
name: List Fields
description: L.
params: { of: { type: string, required: true } }
request: { get: /fields }
fields:
  items: "{{ body.fields }}"
  name: "{{ item.key }}"
  label: "{{ item.label }}"
  type: "{{ item.kind }}"
  types: { int: integer, choice: string, text: string }
  only: "{{ not item.locked }}"
  choices: "{{ item['values'] }}"
  choice: "{{ choice.id }}"
"#;

const GREET: &str = r#"
name: Greet
description: G.
params:
  person: { type: string, options: list_people }
  kind: { type: string, default: people }
  more: { type: object, default: {}, fields: { action: list_fields, params: { of: "{{ kind }}" } } }
request: { post: /greet, json: { person: "{{ person }}", ...: "{{ more }}" } }
"#;

pub(crate) fn connector(base: &str, header: &str) -> Bundle {
    let connector = format!(
        "name: Acme\ndescription: A.\nbase_url: {base}\nauth:\n  token:\n    type: keybased\n    label: Token\n    fields: {{ api_token: {{ label: Token }} }}\n    send: {{ headers: {{ {header}: '{{{{ api_token }}}}' }} }}\nidentity: {{ request: {{ get: /me }}, identifier: '{{{{ body.id }}}}' }}\n"
    );
    let action = |line: &str| {
        format!(
            "name: A\ndescription: A.\nparams: {{ name: {{ type: string }}, path: {{ type: string }} }}\n{line}\n"
        )
    };
    let request = |request: &str| action(&format!("request: {request}"));
    let files = [
        ("connector.yaml".to_owned(), connector),
        ("actions/list_people.yaml".to_owned(), PEOPLE.to_owned()),
        ("actions/list_fields.yaml".to_owned(), FIELDS.to_owned()),
        ("actions/greet.yaml".to_owned(), GREET.to_owned()),
        (
            "actions/add.yaml".to_owned(),
            request("{ post: '/{{ path }}', json: { name: '{{ name }}' } }"),
        ),
        (
            "actions/get.yaml".to_owned(),
            request("{ get: '/{{ path }}' }"),
        ),
        (
            "actions/two.yaml".to_owned(),
            action(
                "steps:\n  - { name: first, request: { post: /first } }\n  - { name: second, request: { post: '/{{ path }}', json: { of: '{{ steps.first.body.id }}' } } }",
            ),
        ),
    ];
    Bundle {
        slug: "acme".to_owned(),
        files: files.into_iter().collect(),
        proven: false,
    }
}

pub(crate) async fn engine(
    store: Arc<SqliteStore>,
    clock: Arc<Still>,
    ring: KeyRing,
) -> Arc<Engine> {
    let engine = built(store, clock, ring).await;
    engine.begin_life().await.unwrap();
    engine
}

async fn built(store: Arc<SqliteStore>, clock: Arc<Still>, ring: KeyRing) -> Arc<Engine> {
    let keys = KeyChain::open(
        ring,
        Arc::clone(&store) as Arc<dyn Store>,
        Arc::clone(&clock) as Arc<dyn Clock>,
    )
    .await
    .unwrap();
    let config = Config {
        dangerously_allow_private_networks: vec!["127.0.0.0/8".parse().unwrap()],
        ..Config::default()
    };
    let egress = Egress::new(config).unwrap();
    Engine::new(Parts {
        store,
        keys,
        egress: Box::new(egress),
        clock,
        registry: Arc::new(Registry::default()),
        sandbox: None,
        caps: Caps::default(),
        rate: None,
        spill: None,
        files: None,
    })
}

/// Another process on the same store, for what writes no journal.
pub(crate) async fn engine_beside(world: &World) -> Arc<Engine> {
    let ring = KeyRing::parse(&world.ring).unwrap();
    built(Arc::clone(&world.store), Arc::clone(&world.clock), ring).await
}

pub(crate) fn clock() -> Arc<Still> {
    Arc::new(Still(1_784_000_000_000.into()))
}

impl World {
    pub(crate) async fn new() -> Self {
        let folder = Searched::new();
        let store = SqliteStore::open(&folder.path().join("t.db")).unwrap();
        let (clock, application) = (clock(), Application::start().await);
        let ring = KeyRing::generate();
        let text = ring.to_text().to_string();
        let engine = engine(Arc::clone(&store), Arc::clone(&clock), ring).await;
        engine
            .registry()
            .replace([connector(&application.base, "x-token")]);
        let admin_key = engine.missing_admin_key().await.unwrap().unwrap();
        engine.first_start(Some(&admin_key)).await.unwrap();
        let admin = engine
            .admin_caller(&Presented {
                admin_key: Some(admin_key),
                ..Presented::default()
            })
            .await
            .unwrap();
        let org = engine.organization(admin, None).await.unwrap().id;
        let tenant = Tenant {
            org,
            environment: Environment::Test,
        };
        let (_, key) = engine
            .create_api_key(admin, &tenant, "test".to_owned())
            .await
            .unwrap();
        let presented = Presented {
            api_key: Some(key.clone()),
            ..Presented::default()
        };
        let tenant = engine.tenant_caller(&presented).await.unwrap();
        engine
            .create_account(&tenant, account(), AccountDetails::default())
            .await
            .unwrap();
        let caller = engine.account_caller(&presenting(&key)).await.unwrap();
        let world = Self {
            engine,
            store,
            clock,
            application,
            admin,
            tenant,
            caller,
            key,
            ring: text,
            _folder: folder,
        };
        world.connect().await;
        world
    }

    /// Saves the account's credential.
    pub(crate) async fn connect(&self) {
        let new = NewConnection {
            fields: fields(SECRET),
            ..NewConnection::default()
        };
        self.engine
            .save_connection(self.tenant.tenant(), &account(), "acme", new)
            .await
            .unwrap();
    }

    pub(crate) async fn run(&self, action: &str, body: Value) -> Result<Reply, Error> {
        self.engine
            .execute(&self.caller, ExecuteRequest::new("acme", action, body))
            .await
    }

    /// An execution that must come to an end.
    pub(crate) async fn done(&self, action: &str, body: Value) -> Done {
        match self
            .run(action, body)
            .await
            .unwrap_or_else(|error| panic!("{error:?}"))
        {
            Reply::Done(done) => done,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn answered(&self, action: &str, path: &str) -> Answered {
        self.done(action, json!({"path": path})).await.unwrap()
    }

    pub(crate) async fn refused(&self, action: &str, path: &str) -> Error {
        self.done(action, json!({"path": path})).await.unwrap_err()
    }

    /// The journal's newest row.
    pub(crate) async fn newest(&self) -> Execution {
        self.journal().await.into_iter().next().unwrap()
    }

    pub(crate) async fn journal(&self) -> Vec<Execution> {
        let paging = Paging {
            page: 1,
            limit: 100,
        };
        self.engine
            .executions(&self.caller, ExecutionFilter::default(), paging)
            .await
            .unwrap()
            .items
    }
}

pub(crate) fn account() -> AccountId {
    AccountId::parse("ada@example.com").unwrap()
}

pub(crate) fn presenting(key: &Secret) -> Presented {
    Presented {
        api_key: Some(key.clone()),
        accounts: vec![account().to_string()],
        ..Presented::default()
    }
}

pub(crate) fn fields(secret: &str) -> Map<String, Value> {
    json!({"api_token": secret}).as_object().unwrap().clone()
}
