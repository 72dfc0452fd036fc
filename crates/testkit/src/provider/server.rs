//! The handle of a running provider: what a test can ask and change.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::SECRET;
use crate::vendor::ports;

use super::assertion;
use super::behaviour::Behaviour;
use super::garbage::Garbage;
use super::ledger::{Grant, Issued, Pair};
use super::record::Received;
use super::state::{Executed, State};

/// The longest wait for the provider to be asked something.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running provider.
#[derive(Clone)]
pub struct Provider {
    /// Where it is: `http://127.0.0.1:PORT`, which is also its name as an issuer.
    pub base: String,
    state: Arc<Mutex<State>>,
    /// How many answers are held.
    pub(super) held: watch::Sender<usize>,
    /// How often answers were let go.
    pub(super) released: watch::Sender<usize>,
}

impl Provider {
    /// The client that it knows at first.
    pub const CLIENT_ID: &str = "client-of-tests";
    /// What that client proves itself with.
    pub const CLIENT_SECRET: &str = SECRET;

    /// Starts on a free port of loopback.
    pub async fn start() -> Self {
        let mut provider = Self {
            base: String::new(),
            state: Arc::default(),
            held: watch::Sender::new(0),
            released: watch::Sender::new(0),
        };
        let (sender, address) = watch::channel(String::new());
        let desk = provider.clone();
        let bound = ports::listening(move |stream| {
            let base = address.borrow().clone();
            Self {
                base,
                ..desk.clone()
            }
            .converse(stream)
        });
        provider.base = format!("http://{}", bound.await);
        sender.send_replace(provider.base.clone());
        provider
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes how it behaves from now on.
    pub fn change(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.state().behaviour);
    }

    /// Answers the next token calls with these, one each, before it behaves again.
    pub fn script(&self, answers: impl IntoIterator<Item = Garbage>) {
        self.state().script.extend(answers);
    }

    /// Makes one more client known, or gives a known one another secret.
    pub fn register(&self, id: &str, secret: &str) {
        let mut state = self.state();
        state.clients.insert(id.to_owned(), secret.to_owned());
    }

    /// Gives a pair of tokens to its first client, as if an account had consented.
    pub fn grant(&self, account: &str) -> Pair {
        let mut state = self.state();
        let terms = state.terms();
        let grant = Grant {
            client: Self::CLIENT_ID.to_owned(),
            account: account.to_owned(),
            scope: String::new(),
        };
        state.ledger.begin(grant, true, terms, Instant::now())
    }

    /// The private key of service accounts, in PEM, for assertions in RS256.
    pub fn service_key() -> String {
        assertion::key()
    }

    /// Ends every access token that was given so far.
    pub fn expire_access_tokens(&self) {
        self.state().ledger.expire(Instant::now());
    }

    /// Ends every grant of an account, as its owner does in the settings of the provider. Says how many that were.
    pub fn revoke_grant(&self, account: &str) -> usize {
        self.state().ledger.revoke_account(account)
    }

    /// Sends the answers that are held. Later ones are held again.
    pub fn release(&self) {
        self.released.send_modify(|times| *times += 1);
    }

    /// Waits until so many answers are held: the calls were acted on, and nobody knows yet.
    ///
    /// # Panics
    /// Where it takes too long.
    pub async fn held(&self, count: usize) {
        let mut held = self.held.subscribe();
        let enough = held.wait_for(|held| *held >= count);
        let enough = tokio::time::timeout(PATIENCE, enough).await;
        assert!(enough.is_ok(), "{count} token calls never came");
    }

    /// Everything that it was asked, in order.
    pub fn received(&self) -> Vec<Received> {
        self.state().received.clone()
    }

    /// The token calls of a grant, such as `refresh_token`.
    pub fn token_calls(&self, grant: &str) -> usize {
        let state = self.state();
        let calls = state.received.iter().filter(|call| call.path == "/token");
        calls
            .filter(|call| call.parameter("grant_type") == grant)
            .count()
    }

    /// How many token calls were waited for at once, at most. A call is over when its caller is gone.
    pub fn most_token_calls_at_once(&self) -> usize {
        self.state().flights.most
    }

    /// How many token calls are waited for now.
    pub fn token_calls_in_flight(&self) -> usize {
        self.state().flights.now
    }

    /// How many families of tokens are over.
    pub fn families_revoked(&self) -> usize {
        self.state().ledger.revoked()
    }

    /// Every token that was given, in order.
    pub fn issued(&self) -> Vec<Issued> {
        self.state().ledger.issued()
    }

    /// What the API executed, in order.
    pub fn executed(&self) -> Vec<Executed> {
        self.state().executed.clone()
    }
}
