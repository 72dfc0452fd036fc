//! Linked accounts: the tenant's customers.

use serde_json::{Map, Value};

use crate::Engine;
use crate::access::TenantCaller;
use crate::error::{Code, Error, Outcomes};
use crate::model::{Account, AccountId, Erasure, LinkedAccountId, Page, Paging, Tenant};
use crate::ports::StoreError;

/// What a tenant says about an account. What is left out stays as it is.
#[derive(Debug, Default)]
pub struct AccountDetails {
    /// A name for people.
    pub name: Option<String>,
    /// The tenant's own facts.
    pub udf: Option<Map<String, Value>>,
}

impl Engine {
    /// One page of the tenant's accounts.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn accounts(
        &self,
        caller: &TenantCaller,
        search: Option<&str>,
        paging: Paging,
    ) -> Outcomes<Page<Account>> {
        Ok(self.store.accounts(caller.tenant(), search, paging).await?)
    }

    /// Adds an account.
    ///
    /// # Errors
    /// [`Code::BadRequest`] where the id is taken.
    pub async fn create_account(
        &self,
        caller: &TenantCaller,
        id: AccountId,
        details: AccountDetails,
    ) -> Outcomes<Account> {
        let account = self.new_account(id, &details);
        let tenant = caller.tenant();
        match self.store.add_account(tenant, &account).await {
            Ok(()) => Ok(account),
            Err(StoreError::Exists) => {
                let (id, environment) = (&account.account_id, tenant.environment.as_str());
                let message = format!(
                    "Linked account with id {id} already exists in the {environment} environment"
                );
                Err(Error::new(Code::BadRequest, message))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Adds an account or changes it; says whether it was added.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn upsert_account(
        &self,
        tenant: &Tenant,
        id: AccountId,
        details: AccountDetails,
    ) -> Outcomes<(Account, bool)> {
        if let Some(account) = self.store.account(tenant, &id).await? {
            return self.change_account(tenant, account, details).await;
        }
        let account = self.new_account(id, &details);
        match self.store.add_account(tenant, &account).await {
            Ok(()) => Ok((account, true)),
            // Somebody else was first: theirs is changed.
            Err(StoreError::Exists) => {
                let theirs = self.existing_account(tenant, &account.account_id).await?;
                self.change_account(tenant, theirs, details).await
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn change_account(
        &self,
        tenant: &Tenant,
        mut account: Account,
        details: AccountDetails,
    ) -> Outcomes<(Account, bool)> {
        account.name = details.name.unwrap_or(account.name);
        account.udf = details.udf.unwrap_or(account.udf);
        account.updated_at = self.clock.now();
        self.store.update_account(tenant, &account).await?;
        Ok((account, false))
    }

    fn new_account(&self, id: AccountId, details: &AccountDetails) -> Account {
        let now = self.clock.now();
        Account {
            id: LinkedAccountId::generate(),
            name: details.name.clone().unwrap_or_else(|| id.to_string()),
            account_id: id,
            udf: details.udf.clone().unwrap_or_default(),
            created_at: now,
            updated_at: now,
        }
    }

    /// One account.
    ///
    /// # Errors
    /// [`Code::LinkedAccountNotFound`].
    pub async fn existing_account(&self, tenant: &Tenant, id: &AccountId) -> Outcomes<Account> {
        let found = self.store.account(tenant, id).await?;
        found.ok_or_else(|| not_found(tenant, id))
    }

    /// Removes an account with everything that belongs to it, and says what that was. Its finished executions stay, for
    /// they are a record, unless `history` says that they go too.
    ///
    /// # Errors
    /// [`Code::LinkedAccountNotFound`].
    pub async fn delete_account(
        &self,
        caller: &TenantCaller,
        id: &AccountId,
        history: bool,
    ) -> Outcomes<Erasure> {
        let tenant = caller.tenant();
        let connections = self.store.connections(tenant, id, None).await?;
        let removed = self.remove_connections(connections).await?;
        let erased = self.store.delete_account(tenant, id, history).await?;
        let mut erased = erased.ok_or_else(|| not_found(tenant, id))?;
        erased.connections += removed.len() as u64;
        // Now that nobody speaks for the account any more: a file that is still coming in finds that out at its end.
        self.remove_files(tenant, id).await?;
        Ok(erased)
    }
}

/// The name of a connection's share of the pool: connections of different owners never share a socket.
pub(crate) fn partition(tenant: &Tenant, connection: &str) -> String {
    format!("{}/{connection}", tenant.scope())
}

fn not_found(tenant: &Tenant, id: &AccountId) -> Error {
    let (org, environment) = (&tenant.org, tenant.environment.as_str());
    let message = format!(
        "Linked Account with account id {id} for org {org} in environment {environment} not found"
    );
    Error::new(Code::LinkedAccountNotFound, message)
}
