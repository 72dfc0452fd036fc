//! One client with its own connections for each partition: tenants and credentials never share a connection.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hyper_util::client::legacy;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::client::Route;
use crate::dial::{Dialer, Network};
use crate::outgoing::Outgoing;

pub(crate) type Client = legacy::Client<Dialer, Outgoing>;

const HEADER_LIMIT_BYTES: usize = 64 * 1024;
const HEADER_LIMIT_LINES: usize = 100;
const IDLE_CONNECTIONS_PER_ORIGIN: usize = 8;
const CLIENTS: usize = 4096;
const FORGET_AFTER: Duration = Duration::from_secs(60);

/// How long a connection may have been idle to be used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Idle {
    /// For what must not be sent twice: an application that is about to close a connection has most likely done it.
    Briefly,
    /// For what may be sent again.
    Long,
}

impl Idle {
    fn limit(self) -> Duration {
        match self {
            Self::Briefly => Duration::from_secs(2),
            Self::Long => Duration::from_secs(30),
        }
    }
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    partition: String,
    route: Route,
    idle: Idle,
}

struct Entry {
    client: Client,
    used: Instant,
}

/// The clients that were used lately, bounded in number.
pub(crate) struct Pool {
    network: Arc<Network>,
    clients: Mutex<HashMap<Key, Entry>>,
}

impl Pool {
    pub(crate) fn new(network: Network) -> Self {
        Self {
            network: Arc::new(network),
            clients: Mutex::default(),
        }
    }

    /// What all connections share.
    pub(crate) fn network(&self) -> &Network {
        &self.network
    }

    /// The partition's client; a new one where there is none.
    pub(crate) fn client(&self, partition: &str, route: Route, idle: Idle) -> Client {
        let key = Key {
            partition: partition.to_owned(),
            route,
            idle,
        };
        let used = Instant::now();
        let mut clients = self.lock();
        if let Some(entry) = clients.get_mut(&key) {
            entry.used = used;
            return entry.client.clone();
        }
        make_room(&mut clients, used);
        let client = self.build(route, idle);
        clients.insert(
            key,
            Entry {
                client: client.clone(),
                used,
            },
        );
        client
    }

    /// Closes the partition's idle connections; requests under way go on.
    pub(crate) fn forget(&self, partition: &str) {
        self.lock().retain(|key, _| key.partition != partition);
    }

    fn build(&self, route: Route, idle: Idle) -> Client {
        legacy::Client::builder(TokioExecutor::new())
            // A request is sent once. Whether to send it again is not for the transport to decide.
            .retry_canceled_requests(false)
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(idle.limit())
            .pool_max_idle_per_host(IDLE_CONNECTIONS_PER_ORIGIN)
            .http1_max_buf_size(HEADER_LIMIT_BYTES)
            .http1_max_headers(HEADER_LIMIT_LINES)
            .build(Dialer {
                network: Arc::clone(&self.network),
                route,
            })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Entry>> {
        // The map is whole between any two statements, so a panic elsewhere leaves nothing to repair.
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets the clients that were not used lately, and of too many the one that was used least lately.
fn make_room(clients: &mut HashMap<Key, Entry>, now: Instant) {
    clients.retain(|_, entry| now.duration_since(entry.used) < FORGET_AFTER);
    if clients.len() < CLIENTS {
        return;
    }
    let oldest = clients
        .iter()
        .min_by_key(|(_, entry)| entry.used)
        .map(|(key, _)| key.clone());
    if let Some(oldest) = oldest {
        clients.remove(&oldest);
    }
}
