//! The steps of an attempt: each is taken once, and what is parked is sealed for its attempt and its step alone.

use tenon_vault::Purpose;

use super::parked::Parked;
use super::{ANSWER_LIFE, Came};
use crate::Engine;
use crate::error::{Error, Outcomes};
use crate::model::{AttemptState, ConnectAttempt, ConnectProblem, Millis};

impl Engine {
    /// Takes an attempt to its next state; `None` where somebody else took a step.
    pub(super) async fn step(
        &self,
        attempt: &ConnectAttempt,
        next: ConnectAttempt,
    ) -> Outcomes<Option<ConnectAttempt>> {
        let moved = self
            .store
            .move_connect_attempt(&next, attempt.state)
            .await?;
        Ok(moved.then_some(next))
    }

    /// Ends an attempt without a connection; what was parked is forgotten. Where somebody else took a step, theirs counts.
    pub(super) async fn fail(
        &self,
        attempt: &ConnectAttempt,
        problem: ConnectProblem,
        came: &Came,
    ) -> Outcomes<ConnectAttempt> {
        let mut next = attempt.next(AttemptState::Failed, self.clock.now().plus(ANSWER_LIFE));
        next.problem = Some(problem.clone());
        match self.step(attempt, next).await? {
            Some(failed) => {
                self.note_failure(&failed, &problem, came).await;
                Ok(failed)
            }
            None => self.again(attempt).await,
        }
    }

    /// The attempt as it is now.
    pub(super) async fn again(&self, attempt: &ConnectAttempt) -> Outcomes<ConnectAttempt> {
        let found = self.store.connect_attempt(&attempt.tenant, &attempt.id);
        let gone = || Error::of(crate::error::Code::ResourceNotFound);
        found.await?.ok_or_else(gone)
    }

    /// Seals what an attempt parks. The attempt is the one that is written: its version is part of the seal.
    pub(super) fn park(&self, attempt: &mut ConnectAttempt, parked: &Parked) -> Outcomes<()> {
        let key = self.keys.instance();
        let sealed = key.seal_credential(&purpose(attempt), &parked.to_secrets()?);
        attempt.parked = Some(sealed.map_err(Error::internal)?);
        Ok(())
    }

    /// Opens what an attempt parked; `None` where nothing is parked any more.
    pub(super) async fn unpark(&self, attempt: &ConnectAttempt) -> Outcomes<Option<Parked>> {
        let Some(blob) = &attempt.parked else {
            return Ok(None);
        };
        match self
            .keys
            .instance()
            .open_credential(&purpose(attempt), blob)
        {
            Ok(secrets) => Ok(Parked::of(&secrets, attempt)),
            Err(error) => {
                let (what, reason) = (attempt.id.as_str(), error.to_string());
                self.report_unreadable(&attempt.tenant, what, &reason).await;
                Err(Error::internal(error))
            }
        }
    }
}

impl ConnectAttempt {
    /// The attempt in its next state, with nothing parked.
    pub(super) fn next(&self, state: AttemptState, expires_at: Millis) -> Self {
        Self {
            state,
            parked: None,
            version: self.version + 1,
            expires_at,
            ..self.clone()
        }
    }

    /// Whether its next step comes too late.
    pub fn is_late(&self, now: Millis) -> bool {
        !self.state.is_over() && self.expires_at <= now
    }
}

fn purpose(attempt: &ConnectAttempt) -> Purpose<'_> {
    Purpose {
        org: attempt.tenant.org.as_str(),
        environment: attempt.tenant.environment.as_str(),
        account: attempt.account.as_str(),
        subject: attempt.id.as_str(),
        connector: &attempt.slug,
        trust: &attempt.trust,
        field: "parked",
        version: u64::try_from(attempt.version).unwrap_or_default(),
    }
}
