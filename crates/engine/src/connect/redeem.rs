//! From what is parked to a connection. One process does it once.

use super::callback::words;
use super::parked::Parked;
use super::{ANSWER_LIFE, Came, MINUTE};
use crate::Engine;
use crate::connections::Wish;
use crate::error::{Code, Error, Outcomes};
use crate::model::{
    AttemptState, ConnectAttempt, ConnectFault, ConnectProblem, Connection, ConnectionId,
};
use crate::oauth::{BroughtBack, Granted};

impl Engine {
    /// Makes a connection of a parked attempt. Where it is another vendor account than the connection's so far, somebody
    /// has to choose.
    pub(super) async fn redeem(
        &self,
        attempt: &ConnectAttempt,
        came: &Came,
    ) -> Outcomes<ConnectAttempt> {
        let until = self.clock.now().plus(MINUTE);
        let next = attempt.next(AttemptState::Redeeming, until);
        let Some(taken) = self.step(attempt, next).await? else {
            return self.again(attempt).await;
        };
        match Box::pin(self.grant(attempt)).await {
            Ok(granted) => Box::pin(self.settle(&taken, granted, came)).await,
            Err(problem) => self.fail(&taken, problem, came).await,
        }
    }

    /// The tokens of what is parked. The attempt is the parked one, for that is what they are sealed for.
    async fn grant(&self, attempt: &ConnectAttempt) -> Result<Granted, ConnectProblem> {
        let ground = self.ground_of(attempt).await.map_err(told)?;
        if ground.as_ref() != Some(&attempt.trust) {
            return Err(ConnectFault::Changed.into());
        }
        match self.unpark(attempt).await.map_err(told)? {
            Some(Parked::Granted(granted)) => Ok(*granted),
            Some(Parked::Code(away, code)) => {
                let (tenant, slug, auth) = (&attempt.tenant, &attempt.slug, &attempt.auth);
                let back = BroughtBack {
                    facts: attempt.wish.facts.clone(),
                    redirect_uri: &away.callback,
                    kept: &away.kept,
                    code,
                };
                let exchanging = self.exchange(tenant, slug, auth, back);
                exchanging.await.map_err(told)
            }
            Some(Parked::Away(_)) | None => Err(ConnectFault::AttemptOver.into()),
        }
    }

    /// Keeps tokens, or parks them where somebody has to choose.
    async fn settle(
        &self,
        attempt: &ConnectAttempt,
        granted: Granted,
        came: &Came,
    ) -> Outcomes<ConnectAttempt> {
        let own = self.own(attempt).await?;
        // Whoever connects an account again renews its connection, whatever was asked for.
        let again = own.iter().find(|one| is_same(&granted, one) == Some(true));
        let old = match attempt.wish.replace {
            None if again.is_some() => again.cloned(),
            _ => meant(attempt, own),
        };
        if old.as_ref().and_then(|old| is_same(&granted, old)) == Some(false) {
            return self.park_choice(attempt, granted).await;
        }
        self.become_connection(attempt, granted, old.as_ref(), came)
            .await
    }

    /// Makes the connection: over the old one, or beside those that there are.
    pub(super) async fn become_connection(
        &self,
        attempt: &ConnectAttempt,
        granted: Granted,
        old: Option<&Connection>,
        came: &Came,
    ) -> Outcomes<ConnectAttempt> {
        let wish = Wish {
            replace: old.map(|old| old.id.clone()),
            another: old.is_none(),
            label: None,
        };
        let keeping = self.keep_granted(&attempt.tenant, &attempt.account, granted, wish);
        match keeping.await {
            Ok((connection, _added)) => self.connected(attempt, &connection.id).await,
            Err(error) => self.fail(attempt, told(error), came).await,
        }
    }

    async fn connected(
        &self,
        attempt: &ConnectAttempt,
        connection: &ConnectionId,
    ) -> Outcomes<ConnectAttempt> {
        let until = self.clock.now().plus(ANSWER_LIFE);
        let mut next = attempt.next(AttemptState::Connected, until);
        next.connection = Some(connection.clone());
        match self.step(attempt, next).await? {
            Some(connected) => Ok(connected),
            None => self.again(attempt).await,
        }
    }

    /// The connection that gets the new credential: the one that was named, else the account's first of the same way.
    pub(super) async fn meant(&self, attempt: &ConnectAttempt) -> Outcomes<Option<Connection>> {
        Ok(meant(attempt, self.own(attempt).await?))
    }

    /// The account's connections at the application, of the attempt's way or the one that was named.
    async fn own(&self, attempt: &ConnectAttempt) -> Outcomes<Vec<Connection>> {
        let (tenant, account, slug) = (&attempt.tenant, &attempt.account, &attempt.slug);
        let mut own = self.store.connections(tenant, account, Some(slug)).await?;
        let named = |one: &Connection| attempt.wish.replace.as_ref() == Some(&one.id);
        own.retain(|one| named(one) || (one.auth == attempt.auth && !one.sandbox));
        Ok(own)
    }
}

fn meant(attempt: &ConnectAttempt, own: Vec<Connection>) -> Option<Connection> {
    let mut own = own.into_iter();
    match &attempt.wish.replace {
        Some(id) => own.find(|one| one.id == *id),
        None if attempt.wish.another => None,
        None => own.next(),
    }
}

/// Whether the tokens are the same vendor account's as the connection's: by their ids, or else by their names. Nothing
/// where the application did not say.
fn is_same(granted: &Granted, old: &Connection) -> Option<bool> {
    let ids = (&old.identifier, &granted.identity.identifier);
    let names = (&old.account_name, &granted.identity.name);
    match (ids, names) {
        ((Some(old), Some(new)), _) | (_, (Some(old), Some(new))) => Some(old == new),
        _ => None,
    }
}

/// An error of the way to a connection, for people.
fn told(error: Error) -> ConnectProblem {
    match error.code {
        Code::Internal | Code::CredentialUnreadable => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "an attempt to connect failed"
            );
            ConnectFault::NotGranted.into()
        }
        _ => ConnectProblem {
            fault: ConnectFault::NotGranted,
            said: Some(words(&error.message)),
        },
    }
}
