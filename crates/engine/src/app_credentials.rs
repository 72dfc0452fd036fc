//! Credentials that an account gives the tenant for calls of the tenant's own application. Taken in, sealed under the
//! installation's own key, and never shown.

use tenon_vault::{Purpose, Secret};

use crate::Engine;
use crate::access::AccountCaller;
use crate::error::{Code, Error, Outcomes};
use crate::model::{AccountId, Tenant};
use crate::ports::SealedValue;

/// The longest name, in characters.
const LONGEST_KEY: usize = 255;

impl Engine {
    /// Keeps a credential of the caller's account under a name; says whether it was added.
    ///
    /// # Errors
    /// [`Code::ValidationError`] for a name that is empty or too long; [`Code::Conflict`] where it was changed at the same time.
    pub async fn set_app_credential(
        &self,
        caller: &AccountCaller,
        key: &str,
        value: &Secret,
    ) -> Outcomes<bool> {
        let fits = (1..=LONGEST_KEY).contains(&key.chars().count());
        if !fits || key.chars().any(char::is_control) {
            let message =
                format!("the key must be 1 to {LONGEST_KEY} characters without control characters");
            return Err(Error::invalid("key", "pattern", message));
        }
        let (tenant, account) = (caller.tenant(), &caller.account().account_id);
        let old = self.store.app_credential(tenant, account, key).await?;
        let version = old.as_ref().map_or(1, |old| old.version + 1);
        let purpose = purpose(tenant, account, key, version);
        let sealed = self
            .keys
            .instance()
            .seal(&purpose, value.expose().as_bytes());
        let sealed = SealedValue {
            blob: sealed.map_err(Error::internal)?,
            version,
        };
        let kept = self
            .store
            .put_app_credential(tenant, account, key, &sealed)
            .await?;
        match kept {
            true => Ok(old.is_none()),
            false => Err(Error::new(
                Code::Conflict,
                "The credential was changed at the same time; try again",
            )),
        }
    }

    /// Removes a credential of the caller's account.
    ///
    /// # Errors
    /// [`Code::ResourceNotFound`].
    pub async fn delete_app_credential(&self, caller: &AccountCaller, key: &str) -> Outcomes<()> {
        let (tenant, account) = (caller.tenant(), &caller.account().account_id);
        match self
            .store
            .delete_app_credential(tenant, account, key)
            .await?
        {
            true => Ok(()),
            false => {
                let message = format!("Auth credential key '{key}' not found");
                Err(Error::new(Code::ResourceNotFound, message))
            }
        }
    }
}

fn purpose<'a>(
    tenant: &'a Tenant,
    account: &'a AccountId,
    key: &'a str,
    version: i64,
) -> Purpose<'a> {
    Purpose {
        org: tenant.org.as_str(),
        environment: tenant.environment.as_str(),
        account: account.as_str(),
        subject: key,
        connector: "",
        trust: "",
        field: "app_credential",
        version: u64::try_from(version).unwrap_or_default(),
    }
}
