//! Reconnecting to another vendor account than before: nobody's connection changes hands without somebody saying so.

use super::parked::Parked;
use super::{ANSWER_LIFE, Came, MINUTE, Stopped, Visit};
use crate::Engine;
use crate::connections::Identity;
use crate::error::Outcomes;
use crate::model::{AttemptState, ConnectAttempt, ConnectFault, Connection};
use crate::oauth::Granted;

/// What a person decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The connection becomes the new account's.
    Replace,
    /// Both accounts stay connected.
    KeepBoth,
    /// The old account stays, the new one is forgotten.
    Cancel,
}

impl Engine {
    /// Parks tokens until somebody decides.
    pub(super) async fn park_choice(
        &self,
        attempt: &ConnectAttempt,
        granted: Granted,
    ) -> Outcomes<ConnectAttempt> {
        let until = self.clock.now().plus(ANSWER_LIFE);
        let mut next = attempt.next(AttemptState::Choosing, until);
        self.park(&mut next, &Parked::Granted(Box::new(granted)))?;
        match self.step(attempt, next).await? {
            Some(choosing) => Ok(choosing),
            None => self.again(attempt).await,
        }
    }

    /// The two accounts that somebody has to choose between: the connection so far, and whose the new tokens are.
    ///
    /// # Errors
    /// Where what is parked does not open.
    pub async fn accounts_to_choose(
        &self,
        attempt: &ConnectAttempt,
    ) -> Outcomes<Option<(Option<Connection>, Identity)>> {
        match self.unpark(attempt).await? {
            Some(Parked::Granted(granted)) => {
                Ok(Some((self.meant(attempt).await?, granted.identity)))
            }
            _ => Ok(None),
        }
    }

    /// Does what a person decided.
    ///
    /// # Errors
    /// Where there is nothing to decide any more.
    pub async fn decide_connect(
        &self,
        visit: &Visit,
        attempt: &str,
        decision: Decision,
        came: &Came,
    ) -> Result<ConnectAttempt, Stopped> {
        let attempt = self.attempt_of_visit(visit, attempt).await?;
        if attempt.state != AttemptState::Choosing {
            return Ok(attempt);
        }
        if attempt.is_late(self.clock.now()) {
            return Ok(self
                .fail(&attempt, ConnectFault::AttemptOver.into(), came)
                .await?);
        }
        if decision == Decision::Cancel {
            return Ok(self
                .fail(&attempt, ConnectFault::Cancelled.into(), came)
                .await?);
        }
        let Some(Parked::Granted(granted)) = self.unpark(&attempt).await? else {
            return Err(ConnectFault::AttemptOver.into());
        };
        let until = self.clock.now().plus(MINUTE);
        let next = attempt.next(AttemptState::Redeeming, until);
        let Some(taken) = self.step(&attempt, next).await? else {
            return Ok(self.again(&attempt).await?);
        };
        let old = match decision {
            Decision::Replace => self.meant(&taken).await?,
            Decision::KeepBoth | Decision::Cancel => None,
        };
        let becoming = self.become_connection(&taken, *granted, old.as_ref(), came);
        Ok(Box::pin(becoming).await?)
    }
}
