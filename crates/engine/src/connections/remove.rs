//! Taking connections away: unusable at once, revoked at the application, then gone.

use tokio::task::JoinSet;

use super::Choice;
use crate::Engine;
use crate::accounts::partition;
use crate::error::{Code, Error, Outcomes};
use crate::model::{AccountId, Connection, ConnectionEventKind, ConnectionId, LeaseOwner, Tenant};
use crate::oauth::{REVOCATION_MS, Revocation};

/// A connection that was removed.
#[derive(Debug)]
pub struct Removed {
    /// Which.
    pub id: ConnectionId,
    /// What the application said to the revocation of its tokens.
    pub revocation: Revocation,
}

impl Engine {
    /// Removes an account's connections at an application: the one with this id, those of this way, or all.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn delete_connections(
        &self,
        tenant: &Tenant,
        account: &AccountId,
        slug: &str,
        choice: &Choice,
    ) -> Outcomes<Vec<Removed>> {
        let chosen = self.chosen(tenant, account, slug, choice).await?;
        self.remove_connections(chosen).await
    }

    /// Removes the one connection that is chosen; none where there is none.
    ///
    /// # Errors
    /// [`Code::BadRequest`] where the choice leaves several.
    pub async fn disconnect(
        &self,
        tenant: &Tenant,
        account: &AccountId,
        slug: &str,
        choice: &Choice,
    ) -> Outcomes<Vec<Removed>> {
        let chosen = self.chosen(tenant, account, slug, choice).await?;
        if chosen.len() > 1 {
            let message = "The account has several connections to the application; choose one with `connection_id`";
            return Err(Error::new(Code::BadRequest, message));
        }
        self.remove_connections(chosen).await
    }

    async fn chosen(
        &self,
        tenant: &Tenant,
        account: &AccountId,
        slug: &str,
        choice: &Choice,
    ) -> Outcomes<Vec<Connection>> {
        let connector = self.registry.connector(slug).ok();
        let mut all = self.store.connections(tenant, account, Some(slug)).await?;
        all.retain(|one| choice.fits(one, connector.as_deref()));
        Ok(all)
    }

    /// Removes connections. First nobody can use any of them; then each one's application is asked to revoke its tokens.
    pub(crate) async fn remove_connections(
        &self,
        connections: Vec<Connection>,
    ) -> Outcomes<Vec<Removed>> {
        let mut retired = Vec::new();
        let owner = LeaseOwner::new(&self.boot);
        for connection in connections {
            let event = self.event_of(&connection, ConnectionEventKind::Deleted);
            let retiring = self
                .store
                .retire_connection(&connection, &owner, REVOCATION_MS, &event);
            if retiring.await? {
                let pool = partition(&connection.tenant, connection.id.as_str());
                self.egress.forget(&pool);
                retired.push(connection);
            }
        }
        let mut revoking = JoinSet::new();
        for connection in retired {
            let engine = self
                .me
                .upgrade()
                .ok_or_else(|| Error::of(Code::Unavailable))?;
            revoking.spawn(async move {
                let revocation = engine.revoke(&connection).await?;
                let id = connection.id;
                Ok::<_, Error>(Removed { id, revocation })
            });
        }
        revoking.join_all().await.into_iter().collect()
    }
}
