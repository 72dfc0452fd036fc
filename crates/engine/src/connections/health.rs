//! Whether a connection works, and what an account decides about one: asked, renewed, named, removed, looked back on.

use std::time::Duration;

use tenon_connector::Verdict;
use tokio::time::Instant;

use super::{Identity, Question, Removed};
use crate::Engine;
use crate::accounts::partition;
use crate::error::{Code, Error, Outcomes};
use crate::execute::way_of;
use crate::model::{
    AccountId, Connection, ConnectionEvent, ConnectionEventKind, ConnectionId, ConnectionStatus,
    Page, Paging, Tenant,
};
use crate::oauth::Demand;

/// How long a test or a renewal may take.
const LIMIT: Duration = Duration::from_secs(20);

/// What the application said of a connection.
#[derive(Debug)]
pub struct Health {
    /// The connection as it now is.
    pub connection: Connection,
    /// Whether it works: `None` where the application was not reached, or has no request that would tell.
    pub works: Option<bool>,
    /// Whose it is, as far as the application said.
    pub identity: Identity,
    /// What the application said where it does not work, or why that is not known.
    pub message: Option<String>,
}

/// What is changed about a connection.
#[derive(Debug, Default)]
pub struct Description {
    /// A name for people.
    pub label: Option<String>,
    /// Whether it is meant where a call names none.
    pub is_default: Option<bool>,
}

impl Engine {
    /// One of an account's connections.
    ///
    /// # Errors
    /// [`Code::ConnectionNotFound`].
    pub async fn own_connection(
        &self,
        tenant: &Tenant,
        account: &AccountId,
        id: &ConnectionId,
    ) -> Outcomes<Connection> {
        let found = self.store.connection(tenant, id).await?;
        found
            .filter(|connection| connection.account == *account)
            .ok_or_else(|| Error::of(Code::ConnectionNotFound))
    }

    /// Asks the application whose the connection is, after renewing it where that is due. One that is refused for good is
    /// marked.
    ///
    /// # Errors
    /// Where it cannot be opened or renewed.
    pub async fn test_connection(&self, connection: Connection) -> Outcomes<Health> {
        let deadline = Instant::now() + LIMIT;
        let connection = self.fresh(connection, Demand::Stale, deadline).await?;
        let health = self.ask_health(connection, deadline).await?;
        let renewable = health.connection.client.is_some();
        if health.works != Some(false) || !renewable {
            return self.noted(health).await;
        }
        let version = health.connection.version;
        let renewed = self
            .fresh(health.connection.clone(), Demand::Refused, deadline)
            .await?;
        match renewed.version > version {
            true => {
                let health = self.ask_health(renewed, deadline).await?;
                self.noted(health).await
            }
            false => self.noted(health).await,
        }
    }

    async fn ask_health(&self, connection: Connection, deadline: Instant) -> Outcomes<Health> {
        let connector = self.registry.connector(&connection.slug)?;
        let way = way_of(&connector, &connection)?;
        let credential = self.unlock(&connection, &connector, way).await?;
        let pool = partition(&connection.tenant, connection.id.as_str());
        let question = Question {
            connector: &connector,
            way,
            credential: &credential,
            facts: &connection.facts,
            route: self.route(&connection),
            partition: &pool,
            deadline,
        };
        let (works, identity, message) = match self.identify(question).await {
            None => (None, Identity::default(), Some(NOT_TOLD.to_owned())),
            Some((Verdict::Success, answer)) => {
                let identity = Identity {
                    identifier: connector.identifier(&answer),
                    name: connector.account_name(&answer),
                };
                (Some(true), identity, None)
            }
            Some((Verdict::CredentialRejected(failure), _)) => {
                (Some(false), Identity::default(), Some(failure.message))
            }
            Some((Verdict::Failed(failure) | Verdict::RateLimited(failure), _)) => {
                (None, Identity::default(), Some(failure.message))
            }
        };
        Ok(Health {
            connection,
            works,
            identity,
            message,
        })
    }

    /// Marks a connection that does not work.
    async fn noted(&self, mut health: Health) -> Outcomes<Health> {
        if health.works == Some(false) && health.connection.status == ConnectionStatus::Active {
            let said = health.message.clone().unwrap_or_default();
            self.mark_dead(&health.connection, "credential_rejected", &said)
                .await;
            let (tenant, id) = (&health.connection.tenant, &health.connection.id);
            if let Some(current) = self.store.connection(tenant, id).await? {
                health.connection = current;
            }
        }
        Ok(health)
    }

    /// Renews a connection's tokens whatever their life, also where it counts as dead.
    ///
    /// # Errors
    /// [`Code::BadRequest`] where there is nothing to renew them with; else as [`Engine::fresh`].
    pub async fn renew_connection(&self, connection: Connection) -> Outcomes<Connection> {
        let (version, deadline) = (connection.version, Instant::now() + LIMIT);
        let renewed = self.fresh(connection, Demand::Forced, deadline).await?;
        if renewed.version > version {
            return Ok(renewed);
        }
        let message = "The connection has nothing to be renewed with: no refresh token that was granted to the tenant's OAuth client";
        Err(Error::new(Code::BadRequest, message))
    }

    /// Names a connection, or makes it the one that is meant where a call names none.
    ///
    /// # Errors
    /// [`Code::ValidationError`] for a name that is too long; [`Code::ConnectionNotFound`].
    pub async fn describe_connection(
        &self,
        connection: Connection,
        description: Description,
    ) -> Outcomes<Connection> {
        let long = |label: &String| label.chars().count() > LONGEST_LABEL;
        if description.label.as_ref().is_some_and(long) {
            let message = format!("`label` must be at most {LONGEST_LABEL} characters");
            return Err(Error::invalid("label", "maxLength", message));
        }
        let described = Connection {
            label: description.label.or(connection.label),
            is_default: description.is_default.unwrap_or(connection.is_default),
            ..connection
        };
        let event = self.event_of(&described, ConnectionEventKind::Changed);
        match self.store.describe_connection(&described, &event).await? {
            true => Ok(described),
            false => Err(Error::of(Code::ConnectionNotFound)),
        }
    }

    /// Removes one connection, and says what the application answered.
    ///
    /// # Errors
    /// [`Code::ConnectionNotFound`] where somebody else did.
    pub async fn delete_connection(&self, connection: Connection) -> Outcomes<Removed> {
        let removed = self.remove_connections(vec![connection]).await?;
        let mut removed = removed.into_iter();
        removed
            .next()
            .ok_or_else(|| Error::of(Code::ConnectionNotFound))
    }

    /// What happened to a connection of an account, newest first, also when it is gone.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn timeline(
        &self,
        tenant: &Tenant,
        account: &AccountId,
        id: &ConnectionId,
        paging: Paging,
    ) -> Outcomes<Page<ConnectionEvent>> {
        Ok(self.store.timeline(tenant, account, id, paging).await?)
    }
}

/// The longest name of a connection.
const LONGEST_LABEL: usize = 255;

const NOT_TOLD: &str =
    "The application was not reached, or its connector has no request that would tell";
