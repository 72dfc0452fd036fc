//! The set and the cast: one installation, made once with the engine's own use cases, and lives of the process on it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use serde_json::json;
use tenon_connector::Bundle;
use tenon_engine::access::Presented;
use tenon_engine::accounts::AccountDetails;
use tenon_engine::connections::NewConnection;
use tenon_engine::error::Error;
use tenon_engine::keychain::KeyChain;
use tenon_engine::model::{AccountId, Environment, Tenant};
use tenon_engine::registry::Registry;
use tenon_engine::sessions::Mint;
use tenon_engine::{Engine, Parts};
use tenon_vault::{KeyRing, Secret};
use tokio::sync::Notify;

use super::application::{Application, VENDOR_KEY};
use super::quota::{LIMIT, PERIOD_MS};
use super::rows::Rows;
use super::store::SimulatedStore;
use super::world::{Life, World};

pub(crate) const ACCOUNTS: [&str; 2] = ["ada@example.com", "bob@example.com"];

/// How many executions a session token of the cast is good for.
pub(crate) const MAX_CALLS: u32 = 3;

/// What every seed begins with.
pub(crate) struct Cast {
    pub(crate) rows: Rows,
    pub(crate) api_key: Secret,
    /// One counted session token for each account.
    pub(crate) tokens: Vec<Secret>,
    ring: String,
    registry: Arc<Registry>,
}

/// A life of the process and the engine that lives it.
#[derive(Clone)]
pub(crate) struct Process {
    pub(crate) life: Life,
    pub(crate) engine: Arc<Engine>,
}

/// The world and the processes that run in it: one, or several that share the store.
pub(crate) struct Stage {
    pub(crate) world: Arc<World>,
    processes: Mutex<Vec<Process>>,
    lives: AtomicU32,
    /// A watch channel would wake its waiters in an order that no seed decides.
    started: Notify,
}

impl Cast {
    pub(crate) fn get() -> &'static Self {
        static CAST: OnceLock<Cast> = OnceLock::new();
        CAST.get_or_init(|| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .start_paused(true)
                .build()
                .unwrap();
            runtime.block_on(Self::make())
        })
    }

    async fn make() -> Self {
        let ring = KeyRing::generate().to_text().to_string();
        let registry = Arc::new(Registry::default());
        registry.replace([connector()]);
        let world = World::calm();
        let engine = engine(&world, &Life::new(u32::MAX), &ring, &registry)
            .await
            .unwrap();
        let admin_key = engine.missing_admin_key().await.unwrap();
        engine.first_start(admin_key.as_ref()).await.unwrap();
        let presented = Presented {
            admin_key,
            ..Presented::default()
        };
        let admin = engine.admin_caller(&presented).await.unwrap();
        let org = engine.organization(admin, None).await.unwrap().id;
        let tenant = Tenant {
            org,
            environment: Environment::Test,
        };
        let (_, api_key) = engine
            .create_api_key(admin, &tenant, "sim".to_owned())
            .await
            .unwrap();
        let caller = engine.tenant_for_admin(admin, tenant.clone());
        let mut tokens = Vec::new();
        for account in ACCOUNTS {
            let account = AccountId::parse(account).unwrap();
            engine
                .create_account(&caller, account.clone(), AccountDetails::default())
                .await
                .unwrap();
            let fields = json!({"api_token": "a secret"})
                .as_object()
                .unwrap()
                .clone();
            let new = NewConnection {
                fields,
                ..NewConnection::default()
            };
            engine
                .save_connection(&tenant, &account, "acme", new)
                .await
                .unwrap();
            let mint = Mint {
                max_calls: Some(MAX_CALLS),
                ..Mint::default()
            };
            tokens.push(
                engine
                    .mint_session(&caller, &account, mint)
                    .await
                    .unwrap()
                    .token,
            );
        }
        Self {
            rows: world.look(|state| state.rows.clone()),
            api_key,
            tokens,
            ring,
            registry,
        }
    }
}

impl Stage {
    pub(crate) fn new(world: Arc<World>) -> Arc<Self> {
        Arc::new(Self {
            world,
            processes: Mutex::default(),
            lives: AtomicU32::new(0),
            started: Notify::new(),
        })
    }

    /// Starts a process; where its store does not answer, another until one does.
    pub(crate) async fn start(&self) {
        let cast = Cast::get();
        loop {
            let life = Life::new(self.lives.fetch_add(1, Ordering::Relaxed));
            if let Ok(engine) = engine(&self.world, &life, &cast.ring, &cast.registry).await
                && engine.sweep().await.is_ok()
            {
                self.world
                    .note(format_args!("life {} has begun", life.number));
                self.processes
                    .lock()
                    .unwrap()
                    .push(Process { life, engine });
                self.started.notify_waiters();
                return;
            }
            life.pass(500).await;
            self.world.crash(&life);
        }
    }

    /// Ends the oldest process as `kill -9` does.
    pub(crate) fn crash(&self) -> bool {
        let mut processes = self.processes.lock().unwrap();
        let oldest = (!processes.is_empty()).then(|| processes.remove(0));
        drop(processes);
        oldest
            .inspect(|process| self.world.crash(&process.life))
            .is_some()
    }

    /// One of the processes, as soon as there is one.
    pub(crate) async fn process(&self) -> Process {
        loop {
            let started = self.started.notified();
            let processes = self.processes.lock().unwrap().clone();
            if processes.is_empty() {
                started.await;
                continue;
            }
            let chosen = self.world.draw(0..processes.len() as u64);
            let chosen = processes.into_iter().nth(usize::try_from(chosen).unwrap());
            return chosen.unwrap();
        }
    }
}

async fn engine(
    world: &Arc<World>,
    life: &Life,
    ring: &str,
    registry: &Arc<Registry>,
) -> Result<Arc<Engine>, Error> {
    let (world, life) = (Arc::clone(world), life.clone());
    let store = Arc::new(SimulatedStore {
        world: Arc::clone(&world),
        life: life.clone(),
    });
    let (ring, caps) = (
        KeyRing::parse(ring).unwrap(),
        world.look(|state| state.caps),
    );
    let keys = KeyChain::open(ring, store.clone(), world.clone()).await?;
    Ok(Engine::new(Parts {
        store,
        keys,
        egress: Box::new(Application {
            world: Arc::clone(&world),
            life,
        }),
        clock: world,
        registry: Arc::clone(registry),
        sandbox: None,
        caps,
        rate: None,
        spill: None,
        files: None,
    }))
}

fn connector() -> Bundle {
    let connector = "name: Acme\ndescription: A.\nbase_url: https://acme.example.com\nauth:\n  token:\n    type: keybased\n    label: Token\n    fields: { api_token: { label: Token } }\n    send: { headers: { x-token: '{{ api_token }}' } }\nidentity: { request: { get: /me }, identifier: '{{ body.id }}' }\n";
    let quota = format!(
        "rate: [{{ limit: {LIMIT}, per_seconds: {} }}]\n",
        PERIOD_MS / 1000
    );
    let headers = format!("headers: {{ {VENDOR_KEY}: '{{{{ idempotency_key }}}}' }}");
    let action = |what: &str| {
        format!(
            "name: A\ndescription: A.\nparams: {{ name: {{ type: string }} }}\n{}\n",
            what.replace("HEADERS", &headers)
        )
    };
    let files = [
        ("connector.yaml", [connector, &quota].concat()),
        (
            "actions/add.yaml",
            action("request: { post: /things, HEADERS, json: { name: '{{ name }}' } }"),
        ),
        (
            "actions/set.yaml",
            action("request: { put: /thing, HEADERS, json: { name: '{{ name }}' } }"),
        ),
        (
            "actions/add_once.yaml",
            action(
                "idempotent: true\nrequest: { post: /things, HEADERS, json: { name: '{{ name }}' } }",
            ),
        ),
        (
            "actions/get.yaml",
            action("request: { get: /things, HEADERS }"),
        ),
        (
            "actions/two.yaml",
            action(
                "steps:\n  - { name: first, request: { post: /first, HEADERS } }\n  - { name: second, request: { post: /second, HEADERS, json: { of: '{{ steps.first.body.id }}' } } }",
            ),
        ),
    ];
    Bundle {
        slug: "acme".to_owned(),
        files: files
            .into_iter()
            .map(|(name, text)| (name.to_owned(), text))
            .collect(),
        proven: false,
    }
}
