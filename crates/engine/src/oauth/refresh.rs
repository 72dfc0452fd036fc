//! Renewing a connection's tokens: one process at a time, and never without the lease.
//!
//! 1. Within a process one caller leads and the others wait for it ([`super::flight`]).
//! 2. The leader takes the lease by a durable write, which also proves that new tokens could be written. Its attempt has a
//!    name of its own, so a leader that was paused cannot pass for the one that came after it.
//! 3. It asks the application, for less time than the lease lasts, and has the lease for longer while it waits.
//! 4. It writes the new tokens only while it has the lease and the version is the one that it read. Otherwise somebody else
//!    won: it discards what it got and reads again.
//! 5. Where the write fails, the tokens exist nowhere else: they are spilled to a sealed file and written when the store is back.
//! 6. A leader that died leaves a lease that ends. Whoever finds it asks with the stored token again at once: the provider may
//!    still accept it. `invalid_grant` then means that the tokens were replaced and lost.
//!
//! Nobody ever refreshes because waiting took too long: whoever waits in vain answers 503.

mod attempt;

use std::time::Duration;

use tokio::time::Instant;

use super::flight::Flight;
use super::schedule;
use crate::Engine;
use crate::error::{Code, Error, Outcomes};
use crate::model::{Connection, ConnectionStatus};

/// How often a process looks whether another one is done.
const LOOK: Duration = Duration::from_millis(100);
/// When a caller who waited in vain is told to come again.
const COME_AGAIN_MS: u64 = 2_000;

/// Why tokens are to be renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// They are over. Tokens that are still good are left alone.
    Stale,
    /// They will be over soon. Renewing them may fail and be tried again while they are still good.
    Due,
    /// The application refused them, whatever their life.
    Refused,
    /// Somebody asks for it, also where the connection counts as dead.
    Forced,
}

/// What there is to do.
enum Found {
    /// Nothing: somebody else was first.
    Good(Connection),
    /// Tokens to renew.
    Old(Connection),
}

impl Engine {
    /// The connection with other tokens than the ones that are known, where these are over or refused. One that cannot be
    /// renewed comes back as it is.
    ///
    /// # Errors
    /// [`Code::ReauthRequired`] where the application ended the grant; [`Code::CredentialRefreshTimeout`] where the tokens
    /// could not be renewed before `deadline`, or a failed refresh is not to be repeated yet.
    pub async fn fresh(
        &self,
        known: Connection,
        demand: Demand,
        deadline: Instant,
    ) -> Outcomes<Connection> {
        if !self.wants(&known, demand) {
            return Ok(known);
        }
        loop {
            match self.flights.board(&known.id) {
                Flight::Lead(_lead) => {
                    let current = match self.look(&known, demand).await? {
                        Found::Good(renewed) => return Ok(renewed),
                        Found::Old(current) => current,
                    };
                    if let Some(renewed) = self.lead(current, deadline).await? {
                        return Ok(renewed);
                    }
                    pause(deadline).await?;
                }
                Flight::Follow(mut going) => {
                    let done = tokio::time::timeout_at(deadline, going.changed()).await;
                    done.map_err(|_elapsed| late())?.ok();
                    if let Found::Good(renewed) = self.look(&known, demand).await? {
                        return Ok(renewed);
                    }
                }
            }
        }
    }

    /// Whether there is anything to renew, and a reason to.
    fn wants(&self, connection: &Connection, demand: Demand) -> bool {
        let can = connection.client.is_some() && !connection.sandbox;
        let stale = || schedule::is_over(&connection.renewal, self.clock.now());
        can && (demand != Demand::Stale || stale())
    }

    /// Looks at the connection as it now is. Whatever replaced the known tokens is taken.
    async fn look(&self, known: &Connection, demand: Demand) -> Outcomes<Found> {
        let current = self.store.connection(&known.tenant, &known.id).await?;
        let current = current.ok_or_else(|| Error::of(Code::ConnectionNotFound))?;
        if current.status != ConnectionStatus::Active && demand != Demand::Forced {
            return Err(ended(&current));
        }
        if current.version > known.version {
            return Ok(Found::Good(current));
        }
        match schedule::patience(&current.renewal, self.clock.now()) {
            Some(wait) if demand != Demand::Forced => Err(failing(wait)),
            _ => Ok(Found::Old(current)),
        }
    }

    /// One attempt. `None` where another process is at it.
    async fn lead(&self, current: Connection, deadline: Instant) -> Outcomes<Option<Connection>> {
        if Instant::now() >= deadline {
            return Err(late());
        }
        let engine = self
            .me
            .upgrade()
            .ok_or_else(|| Error::of(Code::Unavailable))?;
        // It goes on when this caller is gone, for the token may be spent already.
        let attempt = async move { Box::pin(engine.attempt_refresh(current)).await };
        let attempt = self.tasks.spawn(attempt);
        match tokio::time::timeout_at(deadline, attempt).await {
            Ok(done) => done.map_err(Error::internal)?,
            Err(_elapsed) => Err(late()),
        }
    }
}

async fn pause(deadline: Instant) -> Outcomes<()> {
    let next = Instant::now() + LOOK;
    tokio::time::sleep_until(next.min(deadline)).await;
    if next < deadline { Ok(()) } else { Err(late()) }
}

fn late() -> Error {
    let message = "The connection's tokens are being renewed, and that did not end in time";
    Error::new(Code::CredentialRefreshTimeout, message).after(COME_AGAIN_MS)
}

/// A refresh failed a short while ago, and is not repeated by everyone who comes.
fn failing(wait_ms: i64) -> Error {
    let message = "The connection's tokens could not be renewed; it is tried again soon";
    let wait = u64::try_from(wait_ms).unwrap_or(COME_AGAIN_MS);
    Error::new(Code::CredentialRefreshTimeout, message).after(wait)
}

fn ended(connection: &Connection) -> Error {
    let reason = connection.reason.as_deref().unwrap_or("unknown");
    let message = format!(
        "The application ended the connection's authorization ({reason}); the linked account has to connect again"
    );
    Error::new(Code::ReauthRequired, message)
}
