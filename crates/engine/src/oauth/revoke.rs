//! Revoking tokens at the application when their connection is removed.

use std::time::Duration;

use tenon_connector::grant::REFRESH_TOKEN;
use tenon_egress::{Call, Route};
use tokio::time::Instant;

use super::call::for_token_call;
use crate::Engine;
use crate::error::Outcomes;
use crate::execute::way_of;
use crate::model::{Connection, ConnectionEventKind, LeaseOwner};

/// How long the application may take.
const LIMIT: Duration = Duration::from_secs(10);
/// Longer than the limit, so that nobody else asks meanwhile.
pub(crate) const REVOCATION_MS: i64 = 30_000;
/// How many connections a round of the job takes.
const ROUND: u32 = 32;

/// What the application said to a revocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revocation {
    /// It has no revocation, or these tokens cannot be revoked.
    NotOffered,
    /// It answered with this status. Below 400 it revoked them, or they were worth nothing any more (RFC 7009, 2.2).
    Answered(u16),
    /// It was not reached, or could not be asked; why is said.
    NotReached(String),
}

impl Revocation {
    /// The word for it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::NotOffered => "not_offered",
            Self::Answered(status) if *status < 400 => "revoked",
            Self::Answered(_) => "refused",
            Self::NotReached(_) => "not_reached",
        }
    }
}

impl Engine {
    /// Asks the application to revoke the tokens of a connection that was retired, and removes it. Whatever it answers is
    /// in the timeline. For whoever has the connection's lease.
    pub(crate) async fn revoke(&self, connection: &Connection) -> Outcomes<Revocation> {
        let revocation = self.ask_to_revoke(connection).await;
        let revocation = revocation.unwrap_or_else(|error| Revocation::NotReached(error.message));
        let event = self.event_of(connection, ConnectionEventKind::Revoked);
        let event = event.because(revocation.as_str());
        let event = match &revocation {
            Revocation::Answered(status) => event.with("http_status", *status),
            Revocation::NotReached(why) => event.with("said", why.as_str()),
            Revocation::NotOffered => event,
        };
        let told = (revocation != Revocation::NotOffered).then_some(&event);
        self.store.delete_connection(connection, told).await?;
        Ok(revocation)
    }

    async fn ask_to_revoke(&self, connection: &Connection) -> Outcomes<Revocation> {
        if connection.sandbox || connection.client.is_none() {
            return Ok(Revocation::NotOffered);
        }
        let connector = self.registry.connector(&connection.slug)?;
        let way = way_of(&connector, connection)?;
        let Some(grant) = &way.grant else {
            return Ok(Revocation::NotOffered);
        };
        let own = self.unlock(connection, &connector, way).await?;
        let has_refresh_token = own.get(REFRESH_TOKEN).is_some();
        let plan = connector.revocation_plan(grant, &connection.facts, has_refresh_token)?;
        let Some((plan, hosts)) = plan else {
            return Ok(Revocation::NotOffered);
        };
        let (tenant, auth) = (&connection.tenant, &connection.auth);
        let client = self.client_for(tenant, &connector, auth, way).await?;
        let credential = for_token_call(&own, client.as_ref(), []);
        let pool = crate::accounts::partition(&connection.tenant, connection.id.as_str());
        let call = Call {
            plan: &plan,
            credential: Some(&credential),
            hosts: &hosts,
            partition: &pool,
            route: Route::Network,
            deadline: Instant::now() + LIMIT,
        };
        let sent = self.egress.send(call).await;
        self.egress.forget(&pool);
        Ok(match sent {
            Ok(response) => Revocation::Answered(response.status),
            Err(error) => Revocation::NotReached(error.message()),
        })
    }

    /// Revokes what was retired by a process that died before it asked; says how many.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn revoke_retired(&self) -> Outcomes<usize> {
        let retired = self.store.revoking(ROUND).await?;
        let owner = LeaseOwner::new(&self.boot);
        let mut revoked = 0;
        for connection in &retired {
            let taking = self.store.take_lease(connection, &owner, REVOCATION_MS);
            if taking.await? {
                self.revoke(connection).await?;
                revoked += 1;
            }
        }
        Ok(revoked)
    }
}
