//! Who is calling: from what a request presents to a caller that only this module can make.
//!
//! Two credentials that disagree in anything are refused; the stronger never wins. Ids in a request choose among
//! what the credential already owns.

mod token;

use tenon_connector::Action;
use tenon_connector::document::Effect;
use tenon_vault::{Secret, digest};

use crate::Engine;
use crate::error::{Code, Error, Outcomes};
use crate::model::{Account, AccountId, Actor, Session, SessionScopes, Tenant};

/// What a request presents, unchecked.
#[derive(Debug, Default)]
pub struct Presented {
    /// `x-api-key`.
    pub api_key: Option<Secret>,
    /// `Authorization: Bearer`.
    pub bearer: Option<Secret>,
    /// Every linked account that the request names, in headers and query.
    pub accounts: Vec<String>,
    /// `x-admin-key`.
    pub admin_key: Option<Secret>,
}

/// A caller with an API key: a whole environment.
#[derive(Debug, Clone)]
pub struct TenantCaller {
    tenant: Tenant,
    actor: Actor,
}

impl TenantCaller {
    /// Who it is, for the audit log.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Whose data the caller may touch.
    pub fn tenant(&self) -> &Tenant {
        &self.tenant
    }
}

/// A caller who speaks for exactly one linked account: by session token, or by API key and account.
#[derive(Debug, Clone)]
pub struct AccountCaller {
    tenant: Tenant,
    account: Account,
    session: Option<Session>,
    actor: Actor,
}

impl AccountCaller {
    /// Who it is, for the audit log.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Whose data the caller may touch.
    pub fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// The account.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// The session, where the caller came with a token.
    pub fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }

    /// What the caller may do.
    pub fn scopes(&self) -> &SessionScopes {
        self.session
            .as_ref()
            .map_or(&SessionScopes::UNLIMITED, |session| &session.scopes)
    }

    /// Refuses an application that the caller's token does not cover.
    ///
    /// # Errors
    /// [`Code::Forbidden`].
    pub fn check_application(&self, slug: &str) -> Outcomes<()> {
        let apps = self.scopes().apps.as_ref();
        let allowed = apps.is_none_or(|apps| apps.iter().any(|app| app == slug));
        if allowed {
            Ok(())
        } else {
            Err(Error::new(
                Code::Forbidden,
                format!("The token does not cover the application `{slug}`"),
            ))
        }
    }

    /// Refuses what only a token may do that is not limited.
    ///
    /// # Errors
    /// [`Code::Forbidden`].
    pub fn check_unlimited(&self) -> Outcomes<()> {
        if self.scopes().is_unlimited() {
            Ok(())
        } else {
            Err(Error::new(
                Code::Forbidden,
                "A token that is limited to applications, actions or reading does not cover this",
            ))
        }
    }

    /// Refuses connecting with a token that is for running actions only, and an application that it does not cover.
    ///
    /// # Errors
    /// [`Code::Forbidden`].
    pub fn check_connecting(&self, slug: Option<&str>) -> Outcomes<()> {
        let scopes = self.scopes();
        if scopes.read_only || scopes.actions.is_some() {
            let message = "A token that is limited to actions or reading does not cover connecting";
            return Err(Error::new(Code::Forbidden, message));
        }
        slug.map_or(Ok(()), |slug| self.check_application(slug))
    }

    /// Refuses an action that the caller's token does not cover.
    ///
    /// # Errors
    /// [`Code::Forbidden`].
    pub fn check_action(&self, slug: &str, action: &Action, effect: Effect) -> Outcomes<()> {
        self.check_application(slug)?;
        let scopes = self.scopes();
        let names = |listed: &String| {
            let id = listed
                .strip_prefix(slug)
                .and_then(|rest| rest.strip_prefix('.'))
                .unwrap_or(listed);
            id == action.id || action.aliases.iter().any(|alias| alias == id)
        };
        if !scopes
            .actions
            .as_ref()
            .is_none_or(|actions| actions.iter().any(names))
        {
            return Err(Error::new(
                Code::Forbidden,
                format!("The token does not cover the action `{}`", action.id),
            ));
        }
        if scopes.read_only && effect != Effect::Read {
            return Err(Error::new(
                Code::Forbidden,
                "The token is read-only and the action changes something",
            ));
        }
        Ok(())
    }
}

/// A caller with an admin key: the whole installation.
#[derive(Debug, Clone, Copy)]
pub struct AdminCaller {
    /// The first bytes of the key's hash: enough to tell admin keys apart, and of no use to anybody.
    mark: [u8; 4],
}

impl AdminCaller {
    /// Who it is, for the audit log.
    pub fn actor(self) -> Actor {
        actor("admin_key", digest::hex(&self.mark))
    }
}

fn actor(kind: &str, id: String) -> Actor {
    Actor {
        kind: kind.to_owned(),
        id,
    }
}

impl Engine {
    /// A caller by API key. A bearer beside it must belong to the same environment, and to the account that the request names, if it names one.
    ///
    /// # Errors
    /// [`Code::InvalidCredentials`].
    pub async fn tenant_caller(&self, presented: &Presented) -> Outcomes<TenantCaller> {
        let caller = self
            .by_api_key(presented)
            .await?
            .ok_or_else(invalid_credentials)?;
        let named = named_account(presented)?;
        if let Some(bearer) = &presented.bearer {
            let session = self
                .session_of(bearer)
                .await
                .map_err(|error| refused_as(error, invalid_credentials()))?;
            let agrees = session.tenant == caller.tenant
                && named.is_none_or(|named| named == session.account);
            if !agrees {
                return Err(disagreement());
            }
        }
        Ok(caller)
    }

    /// A caller who speaks for one account.
    ///
    /// # Errors
    /// [`Code::InvalidCredentials`] or [`Code::InvalidSessionToken`]; without an account [`Code::MissingLinkedAccountId`]; for one that does not exist [`Code::LinkedAccountNotFound`].
    pub async fn account_caller(&self, presented: &Presented) -> Outcomes<AccountCaller> {
        let session = match &presented.bearer {
            Some(bearer) => Some(self.session_of(bearer).await?),
            None => None,
        };
        let key = self.by_api_key(presented).await?;
        let named = named_account(presented)?;
        let (tenant, account_id, actor) = match (session.as_ref(), key, named) {
            (Some(session), key, named) => {
                let agrees = key.is_none_or(|key| key.tenant == session.tenant)
                    && named.is_none_or(|named| named == session.account);
                if !agrees {
                    return Err(disagreement());
                }
                let actor = actor("session", session.id.to_string());
                (session.tenant.clone(), session.account.clone(), actor)
            }
            (None, Some(key), Some(named)) => (key.tenant, named, key.actor),
            (None, Some(_), None) => {
                let message =
                    "linked_account_id header is required when using org API key authentication.";
                return Err(Error::new(Code::MissingLinkedAccountId, message));
            }
            (None, None, _) => return Err(invalid_credentials()),
        };
        let account = self.existing_account(&tenant, &account_id).await?;
        Ok(AccountCaller {
            tenant,
            account,
            session,
            actor,
        })
    }

    /// A caller by session token alone.
    ///
    /// # Errors
    /// [`Code::InvalidToken`].
    pub async fn session_caller(&self, presented: &Presented) -> Outcomes<AccountCaller> {
        let missing = || Error::new(Code::InvalidToken, "Authorization Token Missing");
        presented.bearer.as_ref().ok_or_else(missing)?;
        let invalid = |error| refused_as(error, Error::new(Code::InvalidToken, "Invalid token"));
        // Where there is a token, the caller is its session's.
        self.account_caller(presented).await.map_err(invalid)
    }

    /// An admin.
    ///
    /// # Errors
    /// [`Code::InvalidCredentials`].
    pub async fn admin_caller(&self, presented: &Presented) -> Outcomes<AdminCaller> {
        let key = presented
            .admin_key
            .as_ref()
            .ok_or_else(invalid_credentials)?;
        let hash = self.hash_key(key);
        let [a, b, c, d, ..] = hash;
        if self.store.has_admin_key(&hash).await? {
            Ok(AdminCaller { mark: [a, b, c, d] })
        } else {
            Err(invalid_credentials())
        }
    }

    /// A caller who may do what the tenant's own API keys may. An admin may act for every tenant.
    pub fn tenant_for_admin(&self, admin: AdminCaller, tenant: Tenant) -> TenantCaller {
        TenantCaller {
            tenant,
            actor: admin.actor(),
        }
    }

    /// A caller who speaks for one account, as an API key with that account does.
    ///
    /// # Errors
    /// [`Code::LinkedAccountNotFound`].
    pub async fn account_for_admin(
        &self,
        admin: AdminCaller,
        tenant: Tenant,
        account: &AccountId,
    ) -> Outcomes<AccountCaller> {
        Ok(AccountCaller {
            account: self.existing_account(&tenant, account).await?,
            tenant,
            session: None,
            actor: admin.actor(),
        })
    }

    /// The hash under which a key is kept.
    pub(crate) fn hash_key(&self, key: &Secret) -> [u8; 32] {
        self.keys.instance().mac("api-key", key.expose().as_bytes())
    }

    async fn by_api_key(&self, presented: &Presented) -> Outcomes<Option<TenantCaller>> {
        let Some(key) = &presented.api_key else {
            return Ok(None);
        };
        // A flood of invented keys ends here, before the store is asked.
        if !digest::token_is_well_formed(key.expose()) {
            return Err(invalid_credentials());
        }
        let found = self
            .store
            .api_key(&self.hash_key(key))
            .await?
            .ok_or_else(invalid_credentials)?;
        Ok(Some(TenantCaller {
            tenant: found.tenant,
            actor: actor("api_key", found.id.to_string()),
        }))
    }
}

/// The one account that the request names.
fn named_account(presented: &Presented) -> Outcomes<Option<AccountId>> {
    let mut accounts = presented.accounts.iter();
    let Some(first) = accounts.next() else {
        return Ok(None);
    };
    if accounts.any(|other| !digest::equal(other.as_bytes(), first.as_bytes())) {
        return Err(disagreement());
    }
    let invalid = || {
        Error::new(
            Code::InvalidLinkedAccountId,
            "linked_account_id must be 1 to 255 characters without control characters",
        )
    };
    AccountId::parse(first).map(Some).ok_or_else(invalid)
}

fn invalid_credentials() -> Error {
    Error::new(Code::InvalidCredentials, "Invalid Credentials")
}

/// A token's refusal in the words of the route. That the store does not answer is no refusal.
fn refused_as(error: Error, refusal: Error) -> Error {
    match error.code {
        Code::InvalidSessionToken => refusal,
        _ => error,
    }
}

fn disagreement() -> Error {
    let mut error = invalid_credentials();
    error.source = Some("two credentials of one request disagree".into());
    error
}
