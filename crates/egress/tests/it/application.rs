//! An application on 127.0.0.1 that says exactly what a test wants, and keeps every byte that it was sent.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tenon_connector::auth::{Placement, Slot, SlotPart, SlotText};
use tenon_connector::document::{AuthKind, Effect};
use tenon_connector::hosts::{HostPattern, HostSet};
use tenon_connector::plan::{Body, Method, Plan};
use tenon_egress::{Call, Config, Egress, Response, Route, SendError};
use tenon_vault::{Credential, Secret};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::Instant;
use url::Url;

/// What the application does once it has read a request.
#[derive(Clone)]
pub(crate) enum Manner {
    Answer(Vec<u8>),
    Close,
    Silence,
}

pub(crate) struct Application {
    pub(crate) address: SocketAddr,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    connections: AtomicUsize,
    requests: Mutex<Vec<String>>,
}

impl Application {
    pub(crate) async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Seen::default());
        let shared = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                shared.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(converse(stream, manner.clone(), Arc::clone(&shared)));
            }
        });
        Self { address, seen }
    }

    pub(crate) async fn answering(head: &str, body: &[u8]) -> Self {
        let head = format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n", body.len());
        Self::start(Manner::Answer([head.as_bytes(), body].concat())).await
    }

    pub(crate) fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }

    /// The requests as they came over the wire.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.seen.requests.lock().unwrap().clone()
    }

    pub(crate) fn url(&self, path: &str) -> Url {
        Url::parse(&format!("http://{}{path}", self.address)).unwrap()
    }
}

async fn converse(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    manner: Manner,
    seen: Arc<Seen>,
) {
    while let Some(request) = read_request(&mut stream).await {
        seen.requests.lock().unwrap().push(request);
        match &manner {
            // A client that had enough closes the connection, so a write may fail.
            Manner::Answer(bytes) => drop(stream.write_all(bytes).await),
            Manner::Close => return,
            Manner::Silence => std::future::pending().await,
        }
    }
}

/// One request, or nothing where the connection ended.
pub(crate) async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut request = String::new();
    while !is_complete(&request) {
        let byte = stream.read_u8().await.ok()?;
        request.push(char::from(byte));
    }
    Some(request)
}

fn is_complete(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    length.map_or(0, |length| length.parse().unwrap()) == body.len()
}

/// A client that may reach this machine.
pub(crate) fn open() -> Egress {
    egress(Config {
        dangerously_allow_private_networks: vec!["127.0.0.0/8".parse().unwrap()],
        ..Config::default()
    })
}

pub(crate) fn egress(config: Config) -> Egress {
    Egress::new(config).unwrap()
}

/// Reads `url` without a credential.
pub(crate) fn get(url: Url) -> Plan {
    Plan {
        step: "request".to_owned(),
        method: Method::Get,
        url,
        headers: Vec::new(),
        body: Body::Empty,
        placement: placement([]),
        effect: Effect::Read,
        idempotent: true,
    }
}

/// Writes to `url`, which must not happen twice.
pub(crate) fn post(url: Url) -> Plan {
    let body = Body::Json(serde_json::json!({ "name": "Ada" }));
    Plan {
        method: Method::Post,
        body,
        effect: Effect::Write,
        idempotent: false,
        ..get(url)
    }
}

pub(crate) fn placement<const N: usize>(slots: [Slot; N]) -> Arc<Placement> {
    Arc::new(Placement {
        name: "key".to_owned(),
        kind: AuthKind::Keybased,
        slots: slots.into_iter().collect(),
    })
}

pub(crate) fn field(name: &str) -> SlotText {
    SlotText(vec![SlotPart::Field(name.to_owned())])
}

pub(crate) fn credential(fields: &[(&str, &str)]) -> Credential {
    let secret = |(name, text): &(&str, &str)| ((*name).to_owned(), Secret::new(*text));
    Credential::from_fields(fields.iter().map(secret))
}

/// Sends a plan to the host that it names.
pub(crate) async fn send(
    egress: &Egress,
    plan: &Plan,
    credential: Option<&Credential>,
) -> Result<Response, SendError> {
    let hosts = HostSet::new(HostPattern::of(&plan.url));
    egress.send(call(plan, credential, &hosts)).await
}

pub(crate) fn call<'a>(
    plan: &'a Plan,
    credential: Option<&'a Credential>,
    hosts: &'a HostSet,
) -> Call<'a> {
    Call {
        plan,
        credential,
        hosts,
        partition: "org_1/con_1",
        route: Route::Network,
        deadline: Instant::now() + Duration::from_secs(20),
    }
}
