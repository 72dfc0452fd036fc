//! The use cases: executing actions, keeping connections, answering from the journal.
//!
//! Knows no SQL, no axum and no socket: the store stands behind [`ports`], the network behind [`transport`].
//! Every door (HTTP, and the command line through the same routes) enters by the methods of [`Engine`].

#[macro_use]
mod words;

pub mod access;
pub mod accounts;
mod app_credentials;
pub mod audit;
mod backup;
pub mod connect;
pub mod connections;
pub mod error;
pub mod execute;
pub mod executions;
pub mod files;
pub mod flow;
pub mod journal;
pub mod keychain;
pub mod listing;
pub mod model;
pub mod oauth;
pub mod organizations;
pub mod ports;
pub mod rates;
pub mod registry;
pub mod resolve;
pub mod retention;
pub mod rotation;
pub mod sessions;
pub mod transport;
pub mod webhooks;

use std::net::SocketAddr;
use std::sync::{Arc, Weak};

use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use crate::error::{Code, Error, Outcomes};
use crate::execute::Claims;
use crate::files::Files;
use crate::flow::{Caps, Flow};
use crate::keychain::KeyChain;
use crate::model::{BootId, Rate};
use crate::oauth::{Flights, Spill};
use crate::ports::{Clock, Store};
use crate::registry::Registry;
use crate::transport::Transport;
use crate::webhooks::Lanes;

/// How far this process's clock and the database's may be apart.
const MOST_APART_MS: u64 = 30_000;

/// What an engine is made of.
pub struct Parts {
    /// The durable side.
    pub store: Arc<dyn Store>,
    /// The keys.
    pub keys: KeyChain,
    /// The way out.
    pub egress: Box<dyn Transport>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The connectors.
    pub registry: Arc<Registry>,
    /// Where the sandbox listens inside this process, if it runs.
    pub sandbox: Option<SocketAddr>,
    /// How many executions may run at once.
    pub caps: Caps,
    /// How often one linked account may call; as often as it likes where nobody says.
    pub rate: Option<Rate>,
    /// Where tokens are kept that the store cannot write; nowhere where nobody says.
    pub spill: Option<Box<dyn Spill>>,
    /// Where files are kept; nowhere where nobody says.
    pub files: Option<Files>,
}

/// All use cases.
pub struct Engine {
    store: Arc<dyn Store>,
    keys: KeyChain,
    egress: Box<dyn Transport>,
    clock: Arc<dyn Clock>,
    registry: Arc<Registry>,
    sandbox: Option<SocketAddr>,
    flow: Flow,
    rate: Option<Rate>,
    claims: Claims,
    boot: BootId,
    tasks: TaskTracker,
    flights: Flights,
    /// Places for renewals that nobody asked for.
    renewing: Arc<Semaphore>,
    spill: Option<Box<dyn Spill>>,
    files: Option<Files>,
    /// Itself, for what goes on when its caller is gone.
    me: Weak<Self>,
    /// The endpoints that are told something at present.
    lanes: Arc<Lanes>,
    /// Held while keys are rotated.
    rotating: tokio::sync::Mutex<()>,
}

impl Engine {
    /// An engine for one life of the process.
    pub fn new(parts: Parts) -> Arc<Self> {
        let Parts {
            store,
            keys,
            egress,
            clock,
            registry,
            sandbox,
            caps,
            rate,
            spill,
            files,
        } = parts;
        let (boot, tasks) = (BootId::generate(), TaskTracker::new());
        Arc::new_cyclic(|me| Self {
            store,
            keys,
            egress,
            clock,
            registry,
            sandbox,
            flow: Flow::new(caps),
            rate,
            claims: Claims::default(),
            boot,
            tasks,
            flights: Flights::default(),
            renewing: Arc::new(Semaphore::new(oauth::AT_ONCE)),
            spill,
            files,
            me: me.clone(),
            lanes: Arc::default(),
            rotating: Default::default(),
        })
    }

    /// The connectors.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The time.
    pub fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }

    /// Ends as `Unknown` what other lives of the process left running, and what this one could not write the end of;
    /// says how many there were.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn sweep(&self) -> Outcomes<u64> {
        Ok(self.store.sweep(&self.boot, self.clock.now()).await?)
    }

    /// Forgets kept answers and idempotency keys past their life.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn expire(&self) -> Outcomes<u64> {
        Ok(self.store.expire(self.clock.now()).await?)
    }

    /// Whether the store can be read and written, and its clock agrees with this process's: leases go by the one, the lives
    /// of tokens and keys by the other.
    ///
    /// # Errors
    /// [`Code::Unavailable`] where it is not so.
    pub async fn ping(&self) -> Outcomes<()> {
        let there = self.store.ping().await?;
        let apart = there.map_or(0, |there| there.0.abs_diff(self.clock.now().0));
        if apart > MOST_APART_MS {
            let message = format!(
                "This process's clock and the database's are {} seconds apart; set them by the same time server",
                apart / 1000
            );
            return Err(Error::new(Code::Unavailable, message));
        }
        Ok(())
    }

    /// Waits until every execution that has begun is over.
    pub async fn drain(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}
