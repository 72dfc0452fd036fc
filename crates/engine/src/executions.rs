//! The journal, read.

use tenon_connector::document::Effect;

use crate::Engine;
use crate::access::AccountCaller;
use crate::error::{Code, Error, Outcomes};
use crate::execute::Done;
use crate::model::{Execution, ExecutionFilter, ExecutionId, Page, Paging, Tenant};

/// An execution, and its answer where it was kept.
pub struct Inspected {
    /// The journal's record.
    pub execution: Execution,
    /// How it ended, where callers may ask again.
    pub done: Option<Done>,
}

impl Engine {
    /// One page of an account's executions; a limited token sees those of its applications.
    ///
    /// # Errors
    /// [`Code::Forbidden`] where the token covers nothing that is asked for.
    pub async fn executions(
        &self,
        caller: &AccountCaller,
        filter: ExecutionFilter,
        paging: Paging,
    ) -> Outcomes<Page<Execution>> {
        let filter = ExecutionFilter {
            account: Some(caller.account().account_id.clone()),
            slugs: visible_applications(caller, filter.slugs)?,
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

    /// One execution of the caller's account. Its answer is data, so a limited token sees only what it could have executed.
    ///
    /// # Errors
    /// [`Code::ResourceNotFound`]; [`Code::Forbidden`] where the token does not cover the action.
    pub async fn execution(&self, caller: &AccountCaller, id: &str) -> Outcomes<Inspected> {
        let execution = self.recorded(caller.tenant(), id).await?;
        if execution.account != caller.account().account_id {
            return Err(not_found());
        }
        caller.check_application(&execution.slug)?;
        if caller.scopes().actions.is_some() {
            let (_, action) = self.registry.action(&execution.slug, &execution.action)?;
            caller.check_action(&execution.slug, &action, Effect::Read)?;
        }
        // Only now: opening an answer takes a time that would tell another account's execution from none.
        self.inspected(caller.tenant(), execution).await
    }

    /// One execution of a tenant.
    ///
    /// # Errors
    /// [`Code::ResourceNotFound`].
    pub async fn tenant_execution(&self, tenant: &Tenant, id: &str) -> Outcomes<Inspected> {
        let execution = self.recorded(tenant, id).await?;
        self.inspected(tenant, execution).await
    }

    pub(crate) async fn recorded(&self, tenant: &Tenant, id: &str) -> Outcomes<Execution> {
        let id = ExecutionId::parse(id).ok_or_else(not_found)?;
        let found = self.store.execution(tenant, &id).await?;
        found.ok_or_else(not_found)
    }

    async fn inspected(&self, tenant: &Tenant, execution: Execution) -> Outcomes<Inspected> {
        let done = self.kept(tenant, &execution).await?;
        Ok(Inspected { execution, done })
    }
}

/// The applications whose executions the caller may list, of those that were asked for.
fn visible_applications(caller: &AccountCaller, asked: Vec<String>) -> Outcomes<Vec<String>> {
    let scopes = caller.scopes();
    if scopes.actions.is_some() {
        return Err(Error::new(
            Code::Forbidden,
            "A token that is limited to actions cannot list executions",
        ));
    }
    let Some(allowed) = &scopes.apps else {
        return Ok(asked);
    };
    let wanted = |slug: &&String| asked.is_empty() || asked.contains(slug);
    let visible: Vec<_> = allowed.iter().filter(wanted).cloned().collect();
    // An empty list of applications would mean all of them.
    if visible.is_empty() {
        return Err(Error::new(
            Code::Forbidden,
            "The token covers none of these applications",
        ));
    }
    Ok(visible)
}

fn not_found() -> Error {
    Error::new(Code::ResourceNotFound, "Execution not found")
}
