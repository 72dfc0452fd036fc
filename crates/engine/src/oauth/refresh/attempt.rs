//! One attempt at renewing tokens, from taking the lease to giving it back.

use std::time::Duration;

use tenon_connector::grant::{Grant, Proof, REFRESH_TOKEN};
use tenon_connector::hosts::HostSet;
use tenon_connector::{Connector, Plan, Way};
use tenon_vault::Credential;
use tokio::time::Instant;

use super::{ended, failing};
use crate::Engine;
use crate::error::{Code, Error, Outcomes};
use crate::execute::way_of;
use crate::model::{
    Connection, ConnectionEvent, ConnectionEventKind, ConnectionStatus, LeaseOwner,
};
use crate::oauth::call::for_token_call;
use crate::oauth::consent::asked_scopes;
use crate::oauth::exchange::{granting, over, renewal};
use crate::oauth::failpoint::failpoint;
use crate::oauth::verdict::{Verdict, Words, judge};
use crate::oauth::{OWN_CLIENT, schedule};

/// How long a lease lasts, and how often it is made to last longer.
const LEASE_MS: i64 = 15_000;
const EXTENSION: Duration = Duration::from_secs(5);
/// The longest that an answer is waited for. Giving up earlier could only do harm: a provider that is slow replaces the
/// tokens all the same, and the next request with the old ones would count as theft.
const HARD_STOP: Duration = Duration::from_secs(60);
/// How long the new tokens are held while the store cannot write them, and how often it is tried.
const HOLD: Duration = Duration::from_secs(300);
const WRITE_AGAIN: Duration = Duration::from_millis(250);
/// The reason of a connection whose last refresh was sent and not answered: the tokens may have been replaced.
const IN_DOUBT: &str = "refresh_in_doubt";
/// The reason of a connection that ended because they were.
const OUTCOME_LOST: &str = "refresh_outcome_lost";

/// A token request and what fills it.
type Request = (Plan, HostSet, Credential);

/// How asking ended.
enum Asked {
    /// New tokens, not sealed yet.
    Renewed(Box<Connection>, Credential),
    /// None.
    Not(Verdict),
    /// There is nothing to renew them with.
    Unrenewable,
}

impl Engine {
    /// Renews the tokens of this version. `None` where another attempt has the lease or won.
    pub(super) async fn attempt_refresh(
        &self,
        current: Connection,
    ) -> Outcomes<Option<Connection>> {
        let owner = LeaseOwner::new(&self.boot);
        if !self.store.take_lease(&current, &owner, LEASE_MS).await? {
            return Ok(None);
        }
        match self.ask_anew(&current, &owner).await {
            Ok(Asked::Renewed(next, credential)) => {
                self.keep_renewed(*next, &owner, &credential).await
            }
            Ok(Asked::Not(verdict)) => self.give_up(current, &owner, verdict).await,
            Ok(Asked::Unrenewable) => {
                let mut after = current;
                after.renewal.due_at = None;
                self.store.give_up_refresh(&after, &owner, None).await?;
                Ok(Some(after))
            }
            Err(error) => {
                self.put_off(current, &owner, &error).await?;
                Err(error)
            }
        }
    }

    /// Nothing was asked, so the stored tokens are what they were. Whatever keeps it from being asked, such as an OAuth client
    /// that is gone, is not looked at again by every round.
    async fn put_off(
        &self,
        current: Connection,
        owner: &LeaseOwner,
        error: &Error,
    ) -> Outcomes<()> {
        let words = Words {
            code: error.code.as_str().to_owned(),
            message: error.message.clone(),
            in_doubt: false,
        };
        let lost = is_in_doubt(&current);
        let (after, event, _) = self.refresh_failed(current, &words, None, lost);
        let giving_up = self.store.give_up_refresh(&after, owner, Some(&event));
        giving_up.await?;
        Ok(())
    }

    async fn ask_anew(&self, current: &Connection, owner: &LeaseOwner) -> Outcomes<Asked> {
        let connector = self.registry.connector(&current.slug)?;
        let way = way_of(&connector, current)?;
        let grant = granting(way)?;
        let old = self.unlock(current, &connector, way).await?;
        let request = self.request(current, &connector, way, &old).await?;
        let Some((plan, hosts, credential)) = request else {
            return Ok(Asked::Unrenewable);
        };
        let asked_at = self.clock.now();
        failpoint("refresh.before_send");
        let asking = self.ask_for_tokens(grant, (plan, hosts), &credential, HARD_STOP);
        let told = self.with_lease(current, owner, asking).await;
        failpoint("refresh.after_answer");
        let granted = match judge(told, &grant.doc, self.clock.now().0) {
            Verdict::Granted(granted) => granted,
            other => return Ok(Asked::Not(other)),
        };
        let scopes = granted.scope.as_deref().map(Grant::split);
        let chance = self.clock.chance();
        let next = Connection {
            version: current.version + 1,
            status: ConnectionStatus::Active,
            reason: None,
            scopes: scopes.unwrap_or_else(|| current.scopes.clone()),
            renewal: renewal(way, granted.expires_in, asked_at, true, chance),
            ..current.clone()
        };
        let credential = over(&old, granted.fields);
        Ok(Asked::Renewed(Box::new(next), credential))
    }

    /// The request that renews, if there is anything to renew with.
    async fn request(
        &self,
        current: &Connection,
        connector: &Connector,
        way: &Way,
        old: &Credential,
    ) -> Outcomes<Option<Request>> {
        let grant = granting(way)?;
        let (tenant, auth) = (&current.tenant, &current.auth);
        let client = self.client_for(tenant, connector, auth, way).await?;
        let present = client.as_ref().map_or(OWN_CLIENT, |client| &client.id);
        if current.client.as_deref() != Some(present) {
            return Err(Error::of(Code::ConnectorChanged));
        }
        let scopes = asked_scopes(way, client.as_ref().map(|client| &client.scopes));
        let proof = match (grant.flow().mints(), old.get(REFRESH_TOKEN)) {
            (true, _) => Proof::Itself(&scopes, self.clock.now().seconds()),
            (false, Some(token)) if !token.is_empty() => Proof::Refresh,
            (false, _) => return Ok(None),
        };
        let (plan, hosts) = connector.token_plan(grant, &current.facts, proof)?;
        let credential = for_token_call(old, client.as_ref(), []);
        Ok(Some((plan, hosts, credential)))
    }

    /// Has the lease for as long as the application is waited for.
    async fn with_lease<T>(
        &self,
        current: &Connection,
        owner: &LeaseOwner,
        asking: impl Future<Output = T>,
    ) -> T {
        let mut asking = std::pin::pin!(asking);
        loop {
            match tokio::time::timeout(EXTENSION, &mut asking).await {
                Ok(told) => return told,
                Err(_elapsed) => self.extend(current, owner).await,
            }
        }
    }

    async fn extend(&self, current: &Connection, owner: &LeaseOwner) {
        if let Err(error) = self.store.extend_lease(current, owner, LEASE_MS).await {
            tracing::warn!(connection = %current.id, error = &error as &dyn std::error::Error, "a lease could not be extended");
        }
    }

    /// Writes the new tokens. They exist nowhere else, so they are held, and kept in a sealed file, while the store is away.
    /// `None` where another attempt won: then they are worth nothing.
    async fn keep_renewed(
        &self,
        mut next: Connection,
        owner: &LeaseOwner,
        credential: &Credential,
    ) -> Outcomes<Option<Connection>> {
        let held_until = Instant::now() + HOLD;
        let mut spilled = false;
        next.credential = self.seal(&next, credential).await?;
        loop {
            let event = self.event_of(&next, ConnectionEventKind::Refreshed);
            failpoint("refresh.before_commit");
            match self.store.finish_refresh(&next, owner, &event).await {
                Ok(true) => {
                    failpoint("refresh.after_commit");
                    self.unspill(spilled, &next);
                    return Ok(Some(next));
                }
                // What cannot be looked at is looked at again: the next write finds the same.
                Ok(false) => match self.resealed_meanwhile(&next, owner).await {
                    Ok(Some(version)) => {
                        next.version = version + 1;
                        next.credential = self.seal(&next, credential).await?;
                    }
                    Ok(None) => {
                        self.unspill(spilled, &next);
                        return Ok(None);
                    }
                    Err(error) if Instant::now() >= held_until => return Err(error),
                    Err(_unanswered) => tokio::time::sleep(WRITE_AGAIN).await,
                },
                Err(error) if Instant::now() >= held_until => return Err(error.into()),
                Err(error) => {
                    if !spilled {
                        tracing::error!(connection = %next.id, error = &error as &dyn std::error::Error, "new tokens cannot be written; they are held");
                        spilled = self.spill(&next, owner);
                    }
                    tokio::time::sleep(WRITE_AGAIN).await;
                }
            }
        }
    }

    /// The version of a connection whose lease this attempt still has: only its seal was replaced.
    async fn resealed_meanwhile(
        &self,
        next: &Connection,
        owner: &LeaseOwner,
    ) -> Outcomes<Option<i64>> {
        let current = self.store.connection(&next.tenant, &next.id).await?;
        let ours = current.filter(|current| {
            let lease = current.renewal.lease.as_ref();
            lease.is_some_and(|lease| lease.owner == *owner)
        });
        Ok(ours.map(|current| current.version))
    }

    /// Writes why there are no new tokens. `None` where another attempt has the lease by now.
    async fn give_up(
        &self,
        current: Connection,
        owner: &LeaseOwner,
        verdict: Verdict,
    ) -> Outcomes<Option<Connection>> {
        let lost = is_in_doubt(&current);
        let (after, event, error) = match verdict {
            Verdict::Ended(words) => self.grant_ended(current, &words, lost),
            Verdict::Failed { words, asked } => {
                let asked = asked.and_then(|asked| i64::try_from(asked.as_millis()).ok());
                self.refresh_failed(current, &words, asked, lost)
            }
            // Tokens are finished, not given up.
            Verdict::Granted(_) => return Ok(None),
        };
        match self
            .store
            .give_up_refresh(&after, owner, Some(&event))
            .await?
        {
            true => Err(error),
            false => Ok(None),
        }
    }

    fn grant_ended(
        &self,
        current: Connection,
        words: &Words,
        lost: bool,
    ) -> (Connection, ConnectionEvent, Error) {
        let reason = if lost { OUTCOME_LOST } else { &words.code };
        let mut after = current;
        after.status = ConnectionStatus::ReauthRequired;
        after.reason = Some(reason.to_owned());
        after.renewal.due_at = None;
        after.renewal.failures = 0;
        let event = self.event_of(&after, ConnectionEventKind::Expired);
        let event = event
            .because(reason)
            .with("code", words.code.as_str())
            .with("said", words.message.as_str());
        let error = ended(&after);
        (after, event, error)
    }

    fn refresh_failed(
        &self,
        current: Connection,
        words: &Words,
        asked_ms: Option<i64>,
        lost: bool,
    ) -> (Connection, ConnectionEvent, Error) {
        let (now, chance) = (self.clock.now(), self.clock.chance());
        let mut after = current;
        after.renewal = schedule::after_failure(&after.renewal, now, asked_ms, chance);
        if lost || words.in_doubt {
            after.reason = Some(IN_DOUBT.to_owned());
        }
        // The previous token may be good for a few seconds more, so whoever is in doubt asks once more at once.
        if words.in_doubt && !lost && after.renewal.failures == 1 {
            after.renewal.due_at = Some(now.plus(1_000));
        }
        let event = self.event_of(&after, ConnectionEventKind::RefreshFailed);
        let event = event
            .because(words.code.as_str())
            .with("said", words.message.as_str());
        let wait = schedule::patience(&after.renewal, now).unwrap_or_default();
        (after, event, failing(wait))
    }
}

/// Whether the tokens may have been replaced without our knowing by what: a refresh before was not ended, or not answered.
fn is_in_doubt(current: &Connection) -> bool {
    current.renewal.started_at.is_some() || current.reason.as_deref() == Some(IN_DOUBT)
}
