//! Nouns to try a store with. Their numbers make them differ.

use std::collections::BTreeMap;

use serde_json::{Map, json};
use tenon_engine::error::Origin;
use tenon_engine::model::{
    Account, AccountId, ApiKey, ApiKeyId, Attempt, BootId, Connection, ConnectionEvent,
    ConnectionEventKind, ConnectionId, ConnectionStatus, DataKeyId, Delivery, DeliveryId,
    DeliveryPayload, DeliveryState, Effect, EndedBy, Environment, Execution, ExecutionError,
    ExecutionId, ExecutionState, IdempotencyKey, LeaseOwner, LinkedAccountId, Millis, NodeStatus,
    OrgId, Outcome, Paging, Renewal, RequestId, RequestRecord, SealedCredential, Session,
    SessionId, SessionScopes, Source, StoredResult, Tenant, Webhook, WebhookDefinition,
    WebhookEvent, WebhookId, WebhookMethod,
};
use tenon_engine::ports::{Begun, Store};

/// When everything happens that has no time of its own.
pub(crate) const NOW: Millis = Millis(1_800_000_000_000);

/// A whole list, as far as these tests fill one.
pub(crate) const ALL: Paging = Paging {
    page: 1,
    limit: 100,
};

pub(crate) fn tenant() -> Tenant {
    Tenant {
        org: OrgId::parse("org_1").unwrap(),
        environment: Environment::Test,
    }
}

/// The worlds that must not see what [`tenant`] owns.
pub(crate) fn strangers() -> [Tenant; 2] {
    let org = OrgId::parse("org_2").unwrap();
    [
        Tenant {
            environment: Environment::Production,
            ..tenant()
        },
        Tenant {
            org,
            environment: Environment::Test,
        },
    ]
}

pub(crate) fn account_id(text: &str) -> AccountId {
    AccountId::parse(text).unwrap()
}

pub(crate) fn account(text: &str) -> Account {
    let mut udf = Map::new();
    udf.insert("plan".into(), json!({"seats": 3}));
    Account {
        id: LinkedAccountId::generate(),
        account_id: account_id(text),
        name: format!("{text} Ltd"),
        udf,
        created_at: NOW,
        updated_at: NOW,
    }
}

/// Adds the accounts to the tenant.
pub(crate) async fn with_accounts(store: &dyn Store, texts: &[&str]) {
    for text in texts {
        store.add_account(&tenant(), &account(text)).await.unwrap();
    }
}

/// A running execution of the account `a`.
pub(crate) fn execution() -> Execution {
    Execution {
        id: ExecutionId::generate(),
        tenant: tenant(),
        account: account_id("a"),
        connection: ConnectionId::parse("conn_1").unwrap(),
        slug: "crm".into(),
        action: "create".into(),
        connector_version: 3,
        effect: Effect::Write,
        source: Source::Api,
        request_id: RequestId::parse("req_1").unwrap(),
        boot: BootId::parse("boot_1").unwrap(),
        asynchronous: true,
        request: request(),
        started_at: NOW,
        deadline_at: NOW.plus(30_000),
        state: ExecutionState::Running,
        finished_at: None,
        node_status: None,
        outcome: None,
        http_status: None,
        error: None,
        attempts: Vec::new(),
        ended_by: None,
    }
}

fn request() -> RequestRecord {
    RequestRecord {
        method: "POST".into(),
        host: "api.example.com".into(),
        path: "/things".into(),
        sha256: "ab".repeat(32),
        idempotency_key: "key".into(),
    }
}

/// The execution, failed, with everything that an end can have.
pub(crate) fn finished(execution: &Execution) -> Execution {
    Execution {
        state: ExecutionState::Finished,
        finished_at: Some(execution.started_at.plus(250)),
        node_status: Some(NodeStatus::Failed),
        outcome: Some(Outcome::Failed),
        http_status: Some(422),
        error: Some(error()),
        attempts: vec![attempt()],
        ended_by: Some(EndedBy::Process),
        ..execution.clone()
    }
}

fn error() -> ExecutionError {
    ExecutionError {
        origin: Origin::Application,
        code: "INVALID".into(),
        message: "The e-mail address is invalid.".into(),
        retryable: false,
        retry_after_ms: Some(1_500),
        hint: None,
    }
}

fn attempt() -> Attempt {
    Attempt {
        step: "request".into(),
        method: "POST".into(),
        host: "api.example.com".into(),
        path: "/things".into(),
        started_at: NOW,
        duration_ms: 240,
        http_status: Some(422),
        error: None,
        sent: true,
    }
}

/// Begins the execution without a key.
pub(crate) async fn begun(store: &dyn Store, execution: &Execution) {
    assert_eq!(
        store.begin(execution, None, None).await.unwrap(),
        Begun::Started
    );
}

/// A key that the execution wants, good for a minute from its beginning.
pub(crate) fn key(execution: &Execution) -> IdempotencyKey {
    IdempotencyKey {
        slug: execution.slug.clone(),
        action: execution.action.clone(),
        key_hash: "0123".into(),
        fingerprint: "4567".into(),
        execution: execution.id.clone(),
        expires_at: execution.started_at.plus(60_000),
    }
}

/// An answer that is kept for a minute.
pub(crate) fn result() -> StoredResult {
    StoredResult {
        key: DataKeyId::parse("dek_1").unwrap(),
        blob: vec![0, 1, 255],
        expires_at: NOW.plus(60_000),
    }
}

/// A connection of the account `a`.
pub(crate) fn connection(slug: &str) -> Connection {
    Connection {
        id: ConnectionId::generate(),
        tenant: tenant(),
        account: account_id("a"),
        slug: slug.into(),
        auth: "oauth".into(),
        label: Some("Main".into()),
        facts: BTreeMap::from([("instance".into(), "eu1".into())]),
        identifier: Some("42".into()),
        account_name: Some("ada@example.com".into()),
        is_default: false,
        status: ConnectionStatus::Active,
        reason: None,
        client: Some("client-1".into()),
        scopes: vec!["read".into()],
        renewal: Renewal {
            expires_at: Some(NOW.plus(3_600_000)),
            due_at: Some(NOW.plus(3_000_000)),
            failures: 1,
            ..Renewal::default()
        },
        sandbox: true,
        trust: "api.example.com".into(),
        version: 1,
        credential: SealedCredential {
            key: DataKeyId::parse("dek_1").unwrap(),
            blob: vec![9, 0, 254],
        },
        created_at: NOW,
        connected_at: NOW.plus(1),
    }
}

/// What happened to this connection.
pub(crate) fn event(connection: &Connection, kind: ConnectionEventKind) -> ConnectionEvent {
    ConnectionEvent::of(connection, kind, NOW)
        .because("a reason")
        .with("said", "so")
}

/// Adds the connection.
pub(crate) async fn add(store: &dyn Store, connection: &Connection) {
    let event = event(connection, ConnectionEventKind::Created);
    store.add_connection(connection, &event).await.unwrap();
}

/// Removes the connection.
pub(crate) async fn remove(store: &dyn Store, connection: &Connection) -> bool {
    let event = event(connection, ConnectionEventKind::Deleted);
    let owner = LeaseOwner::new(&BootId::generate());
    let retiring = store.retire_connection(connection, &owner, 60_000, &event);
    let retired = retiring.await.unwrap();
    store.delete_connection(connection, None).await.unwrap();
    retired
}

/// A session of the account `a` that is good for a minute.
pub(crate) fn session() -> Session {
    Session {
        id: SessionId::generate(),
        tenant: tenant(),
        account: account_id("a"),
        scopes: SessionScopes {
            apps: Some(vec!["crm".into()]),
            actions: None,
            read_only: true,
        },
        issued_at: NOW,
        expires_at: NOW.plus(60_000),
        max_calls: Some(2),
        calls: 0,
        revoked_at: None,
    }
}

pub(crate) fn api_key(number: u8) -> ApiKey {
    ApiKey {
        id: ApiKeyId::generate(),
        tenant: tenant(),
        name: "CI".into(),
        hint: "tk_abc".into(),
        hash: [number; 32],
        created_at: NOW.plus(number.into()),
        revoked_at: None,
    }
}

/// An endpoint that wants to be told of everything there is.
pub(crate) fn webhook() -> Webhook {
    Webhook {
        id: WebhookId::generate(),
        tenant: tenant(),
        definition: WebhookDefinition {
            url: "https://example.com/hook".into(),
            events: vec![
                WebhookEvent::ConnectionCreated,
                WebhookEvent::WorkflowTimedOut,
            ],
            method: WebhookMethod::Put,
            body: "\"{{event}}\"".into(),
            headers: [("x-a".into(), Some("b".into())), ("x-key".into(), None)].into(),
            slug: Some("crm".into()),
            workflow_ids: vec!["w".into()],
            group: Some("ours".into()),
            description: None,
            webhook_description: Some("for us".into()),
            compat_signature: true,
        },
        is_enabled: true,
        disabled_because: None,
        secrets: vec![0, 255],
        version: 1,
        created_at: NOW,
        updated_at: NOW,
    }
}

/// The event on its way to the endpoint, due at once.
pub(crate) fn delivery(to: &Webhook, of: &ConnectionEvent) -> Delivery {
    let mut event = Map::new();
    event.insert("event".into(), json!("Connection Created"));
    Delivery {
        id: DeliveryId::generate(),
        webhook: to.id.clone(),
        tenant: tenant(),
        event: of.id.clone(),
        payload: DeliveryPayload {
            event,
            linked_account_name: "Ada".into(),
        },
        state: DeliveryState::Pending,
        attempts: Vec::new(),
        tries: 0,
        fence: 0,
        due_at: Some(NOW),
        created_at: NOW,
        finished_at: None,
    }
}
