//! The journal, read.

use crate::Engine;
use crate::access::AccountCaller;
use crate::error::{Code, Error, Outcomes};
use crate::execute::Done;
use crate::model::{Execution, ExecutionFilter, ExecutionId, Page, Paging, Tenant};

/// An execution, and its answer where it was kept.
pub struct Inspected {
    /// The journal's record.
    pub execution: Execution,
    /// The key that the application may have seen with its requests.
    pub vendor_key: String,
    /// How it ended, where callers may ask again.
    pub done: Option<Done>,
}

impl Engine {
    /// One page of an account's executions.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn executions(
        &self,
        caller: &AccountCaller,
        filter: ExecutionFilter,
        paging: Paging,
    ) -> Outcomes<Page<Execution>> {
        let filter = ExecutionFilter {
            account: Some(caller.account().account_id.clone()),
            ..filter
        };
        Ok(self
            .store
            .executions(caller.tenant(), &filter, paging)
            .await?)
    }

    /// One page of a tenant's executions, of all accounts.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn tenant_executions(
        &self,
        tenant: &Tenant,
        filter: &ExecutionFilter,
        paging: Paging,
    ) -> Outcomes<Page<Execution>> {
        Ok(self.store.executions(tenant, filter, paging).await?)
    }

    /// One execution of the caller's account.
    ///
    /// # Errors
    /// [`Code::ResourceNotFound`].
    pub async fn execution(&self, caller: &AccountCaller, id: &str) -> Outcomes<Inspected> {
        let inspected = self.tenant_execution(caller.tenant(), id).await?;
        if inspected.execution.account == caller.account().account_id {
            Ok(inspected)
        } else {
            Err(not_found())
        }
    }

    /// One execution of a tenant.
    ///
    /// # Errors
    /// [`Code::ResourceNotFound`].
    pub async fn tenant_execution(&self, tenant: &Tenant, id: &str) -> Outcomes<Inspected> {
        let id = ExecutionId::parse(id).ok_or_else(not_found)?;
        let execution = self
            .store
            .execution(tenant, &id)
            .await?
            .ok_or_else(not_found)?;
        let done = self.kept(tenant, &execution).await?;
        Ok(Inspected {
            vendor_key: self.vendor_key(tenant, &id).await?,
            execution,
            done,
        })
    }
}

fn not_found() -> Error {
    Error::new(Code::ResourceNotFound, "Execution not found")
}
