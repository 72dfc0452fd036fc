//! Session tokens: minted for one account, scoped, counted, revoked at once.

use std::time::Duration;

use tenon_vault::Secret;

use crate::Engine;
use crate::access::{AccountCaller, TenantCaller};
use crate::error::{Code, Error, Outcomes};
use crate::model::{AccountId, Millis, Session, SessionId, SessionScopes};

/// How long a session token lives where nobody says.
const DEFAULT_LIFE: Duration = Duration::from_secs(24 * 3600);
/// The longest life that can be asked for.
const LONGEST_LIFE: Duration = Duration::from_secs(30 * 24 * 3600);

/// What a token is asked for.
#[derive(Debug, Default)]
pub struct Mint {
    /// What it may do.
    pub scopes: SessionScopes,
    /// How long it lives.
    pub life: Option<Duration>,
    /// How many executions it is good for.
    pub max_calls: Option<u32>,
    /// A new token even where an equal one is still good.
    pub fresh: bool,
}

/// A token and what is left of its life.
#[derive(Debug)]
pub struct Minted {
    /// The token.
    pub token: Secret,
    /// Seconds until it ends.
    pub expires_in: i64,
}

impl Engine {
    /// Mints a session token; the same one again where an equal one is still good.
    ///
    /// # Errors
    /// [`Code::InvalidLinkedAccountId`] for an account that does not exist; [`Code::ValidationError`] for a life or a number of calls that cannot be.
    pub async fn mint_session(
        &self,
        caller: &TenantCaller,
        account: &AccountId,
        mint: Mint,
    ) -> Outcomes<Minted> {
        let tenant = caller.tenant();
        if self.store.account(tenant, account).await?.is_none() {
            let environment = tenant.environment.as_str();
            let message = format!(
                "No linked account found for account id : {account} in environment {environment}"
            );
            return Err(Error::new(Code::InvalidLinkedAccountId, message));
        }
        let session = match self.equal_session(caller, account, &mint).await? {
            Some(session) => session,
            None => self.new_session(caller, account, mint).await?,
        };
        let expires_in = session.expires_at.seconds() - self.clock.now().seconds();
        Ok(Minted {
            token: self.write_token(&session)?,
            expires_in,
        })
    }

    /// A live token with equal scopes and the usual life. Never one that counts its calls, nor for a life that was
    /// asked for: who does not say gets the usual one, not what is left of a shorter one.
    async fn equal_session(
        &self,
        caller: &TenantCaller,
        account: &AccountId,
        mint: &Mint,
    ) -> Outcomes<Option<Session>> {
        if mint.fresh || mint.max_calls.is_some() || mint.life.is_some() {
            return Ok(None);
        }
        let live = self
            .store
            .live_sessions(caller.tenant(), account, self.clock.now())
            .await?;
        Ok(live.into_iter().find(|session| {
            session.max_calls.is_none()
                && session.has_life(DEFAULT_LIFE)
                && session.scopes == mint.scopes
        }))
    }

    async fn new_session(
        &self,
        caller: &TenantCaller,
        account: &AccountId,
        mint: Mint,
    ) -> Outcomes<Session> {
        let life = mint.life.unwrap_or(DEFAULT_LIFE);
        if life.is_zero() || life > LONGEST_LIFE {
            let message = format!("expires_in must be 1 to {} seconds", LONGEST_LIFE.as_secs());
            return Err(Error::invalid("expires_in", "range", message));
        }
        if mint.max_calls == Some(0) {
            let message =
                "max_calls must be at least 1; leave it out for a token that is not counted";
            return Err(Error::invalid("max_calls", "range", message));
        }
        // Whole seconds, so that the token can be made again from the row.
        let issued_at = Millis(self.clock.now().seconds() * 1000);
        let session = Session {
            id: SessionId::generate(),
            tenant: caller.tenant().clone(),
            account: account.clone(),
            scopes: mint.scopes,
            issued_at,
            expires_at: issued_at.plus(
                i64::try_from(life.as_secs())
                    .unwrap_or(i64::MAX)
                    .saturating_mul(1000),
            ),
            max_calls: mint.max_calls,
            calls: 0,
            revoked_at: None,
        };
        self.store.add_session(&session).await?;
        Ok(session)
    }

    /// Revokes the caller's own token, and says whether it was live.
    ///
    /// # Errors
    /// [`Code::InvalidToken`] for a caller without a token.
    pub async fn revoke_session(&self, caller: &AccountCaller) -> Outcomes<bool> {
        let session = caller
            .session()
            .ok_or_else(|| Error::new(Code::InvalidToken, "Invalid token"))?;
        Ok(self
            .store
            .revoke_session(caller.tenant(), &session.id, self.clock.now())
            .await?)
    }

    /// Counts an execution against the caller's token.
    pub(crate) async fn count_call(&self, caller: &AccountCaller) -> Outcomes<()> {
        match caller.session() {
            Some(session) if session.max_calls.is_some() => {
                let left = self.store.count_call(caller.tenant(), &session.id).await?;
                if left {
                    Ok(())
                } else {
                    Err(Error::new(Code::Forbidden, "The token's calls are used up"))
                }
            }
            _ => Ok(()),
        }
    }
}
