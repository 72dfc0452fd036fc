//! The journal: intents before effects, outcomes before answers.

use async_trait::async_trait;
use tenon_engine::model::{
    AccountId, BootId, ChainEvent, Execution, ExecutionFilter, ExecutionId, IdempotencyKey, Millis,
    Outcome, PRESUMED_DEAD_MS, Page, Paging, StoredResult, Tenant,
};
use tenon_engine::ports::{Begun, Journal, Stored};

use super::chain::Written;
use super::execution_list::{order, selection};
use super::executions::{end_values, execution_values};
use super::step::Step;
use crate::database::{Database, SqlStore};
use crate::value::{Values, scoped, values};

/// Takes a key that is free, or past its life and not of a running execution; else changes nothing.
pub(crate) const CLAIM_KEY: &str = "INSERT INTO idempotency_keys
    (org, environment, account, slug, action, key_hash, fingerprint, execution, expires_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
    ON CONFLICT (org, environment, account, slug, action, key_hash) DO UPDATE SET
        fingerprint = excluded.fingerprint,
        execution = excluded.execution,
        expires_at = excluded.expires_at
    WHERE (idempotency_keys.expires_at <= ?10 AND NOT EXISTS (
            SELECT 1 FROM executions
            WHERE id = idempotency_keys.execution AND state = 'running'))
        OR (idempotency_keys.execution = ?11 AND EXISTS (
            SELECT 1 FROM executions
            WHERE id = idempotency_keys.execution AND outcome = 'unknown'))";

/// Who holds a key.
pub(crate) const HOLDER: &str = "SELECT * FROM idempotency_keys
    WHERE org = ?1 AND environment = ?2 AND account = ?3
        AND slug = ?4 AND action = ?5 AND key_hash = ?6";

const LIVING_HOLDER: &str = "SELECT * FROM idempotency_keys
    WHERE org = ?1 AND environment = ?2 AND account = ?3
        AND slug = ?4 AND action = ?5 AND key_hash = ?6
        AND (expires_at > ?7 OR EXISTS (
            SELECT 1 FROM executions
            WHERE id = idempotency_keys.execution AND state = 'running'))";

/// Ends an execution that runs.
pub(crate) const FINISH: &str = "UPDATE executions
    SET state = ?, finished_at = ?, node_status = ?, outcome = ?, http_status = ?, error = ?,
        attempts = ?, ended_by = ?
    WHERE id = ? AND org = ? AND environment = ?
        AND (state = 'running' OR ended_by = 'sweep')";

const RESOLVE: &str = "UPDATE executions
    SET state = ?, finished_at = ?, node_status = ?, outcome = ?, http_status = ?, error = ?,
        attempts = ?, ended_by = ?
    WHERE id = ? AND org = ? AND environment = ? AND outcome = 'unknown' RETURNING *";

/// Gives an execution's idempotency key back.
pub(crate) const FREE_KEY: &str = "DELETE FROM idempotency_keys WHERE execution = ?";

/// Keeps an answer, unless its account was deleted while the execution ran.
pub(crate) const KEEP_RESULT: &str = "INSERT INTO results
    (execution, org, environment, account, data_key, answer, expires_at)
    SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE EXISTS (
        SELECT 1 FROM accounts WHERE org = ?2 AND environment = ?3 AND account_id = ?4)";

const EXECUTION: &str = "SELECT * FROM executions WHERE id = ? AND org = ? AND environment = ?";

const RESULT: &str = "SELECT * FROM results WHERE execution = ? AND org = ? AND environment = ?";

/// How long after its deadline an execution of this process may still write its end.
const GRACE_MS: i64 = 60_000;

const EXPIRE_RESULTS: &str = "DELETE FROM results WHERE execution IN (
    SELECT execution FROM results WHERE expires_at <= ?1 LIMIT ?2)";

const EXPIRE_KEYS: &str = "DELETE FROM idempotency_keys
    WHERE (org, environment, account, slug, action, key_hash) IN (
    SELECT org, environment, account, slug, action, key_hash FROM idempotency_keys
    WHERE expires_at <= ?1 AND NOT EXISTS (
        SELECT 1 FROM executions
        WHERE id = idempotency_keys.execution AND state = 'running')
    LIMIT ?2)";

/// How many rows are forgotten or swept at once: other writers wait for no more than that.
const AT_ONCE: u32 = 500;

#[async_trait]
impl<D: Database> Journal for SqlStore<D> {
    async fn begin(
        &self,
        execution: &Execution,
        key: Option<&IdempotencyKey>,
        over: Option<&ExecutionId>,
    ) -> Stored<Begun> {
        let beginning = Beginning {
            claim: key.map(|key| Claim::new(execution, key, over)),
            row: execution_values(execution)?,
            written: Written::execution(ChainEvent::Begun, execution)?,
        };
        self.database.begin(beginning).await
    }

    async fn finish(&self, execution: &Execution, result: Option<&StoredResult>) -> Stored<bool> {
        let mut end = end_values(execution)?;
        end.extend(scoped(execution.id.as_str(), &execution.tenant));
        let ending = Ending {
            end,
            result: result.map(|result| result_values(execution, result)),
            freed: free_key(execution),
            written: Written::execution(ChainEvent::Finished, execution)?,
        };
        self.database.finish(ending).await
    }

    async fn record(&self, execution: &Execution) -> Stored<()> {
        let written = Written::execution(ChainEvent::Recorded, execution)?;
        self.database
            .record(execution_values(execution)?, written)
            .await
    }

    async fn idempotency_key(
        &self,
        tenant: &Tenant,
        account: &AccountId,
        slug: &str,
        action: &str,
        key_hash: &str,
        now: Millis,
    ) -> Stored<Option<IdempotencyKey>> {
        let mut values = key_values(tenant, account, slug, action, key_hash);
        values.push(now.0.into());
        self.database.first(LIVING_HOLDER, values).await
    }

    async fn execution(&self, tenant: &Tenant, id: &ExecutionId) -> Stored<Option<Execution>> {
        self.database
            .first(EXECUTION, scoped(id.as_str(), tenant))
            .await
    }

    async fn executions(
        &self,
        tenant: &Tenant,
        filter: &ExecutionFilter,
        paging: Paging,
    ) -> Stored<Page<Execution>> {
        let selection = selection::<D>(tenant, filter);
        self.database.page(selection, order(filter), paging).await
    }

    async fn result(&self, tenant: &Tenant, id: &ExecutionId) -> Stored<Option<StoredResult>> {
        self.database
            .first(RESULT, scoped(id.as_str(), tenant))
            .await
    }

    async fn resolve(&self, execution: &Execution) -> Stored<bool> {
        let mut end = end_values(execution)?;
        end.extend(scoped(execution.id.as_str(), &execution.tenant));
        let steps = vec![Step::Executions(RESOLVE, end, ChainEvent::Resolved)];
        Ok(self.database.together(steps).await? == [1])
    }

    async fn sweep(&self, boot: &BootId, now: Millis) -> Stored<u64> {
        let which = values![boot.as_str(), now.0, GRACE_MS, PRESUMED_DEAD_MS, AT_ONCE];
        // Nearly always there is nothing to sweep, and then nothing is written.
        let mut left = self.database.count(D::ORPHANS, which.clone()).await?;
        let mut total = 0;
        while left > 0 {
            let step = Step::Executions(D::SWEEP, which.clone(), ChainEvent::Swept);
            let swept: u64 = self.database.together(vec![step]).await?.into_iter().sum();
            total += swept;
            left = if swept < u64::from(AT_ONCE) { 0 } else { swept };
        }
        Ok(total)
    }

    async fn expire(&self, now: Millis) -> Stored<u64> {
        let results = expire_from(&self.database, EXPIRE_RESULTS, now).await?;
        Ok(results + expire_from(&self.database, EXPIRE_KEYS, now).await?)
    }
}

/// Runs a statement that forgets a few rows until it finds none.
async fn expire_from(database: &impl Database, sql: &'static str, now: Millis) -> Stored<u64> {
    let mut total = 0;
    loop {
        let expired = database.change(sql, values![now.0, AT_ONCE]).await?;
        total += expired;
        if expired < u64::from(AT_ONCE) {
            return Ok(total);
        }
    }
}

/// The rows of an intent.
#[derive(Clone)]
pub(crate) struct Beginning {
    /// The key that has to be free.
    pub(crate) claim: Option<Claim>,
    /// The execution, for [`INSERT_EXECUTION`].
    pub(crate) row: Values,
    /// What the chain says of it.
    pub(crate) written: Written,
}

/// An attempt to take an idempotency key for an execution.
#[derive(Clone)]
pub(crate) struct Claim {
    /// The values of [`CLAIM_KEY`].
    pub(crate) take: Values,
    /// The values of [`HOLDER`].
    pub(crate) key: Values,
}

impl Claim {
    fn new(execution: &Execution, key: &IdempotencyKey, over: Option<&ExecutionId>) -> Self {
        let Execution {
            tenant, account, ..
        } = execution;
        let key_values = key_values(tenant, account, &key.slug, &key.action, &key.key_hash);
        let mut take = key_values.clone();
        take.extend(values![
            key.fingerprint,
            key.execution.as_str(),
            key.expires_at.0,
            execution.started_at.0,
            over.map(|id| id.as_str().to_owned()),
        ]);
        Self {
            take,
            key: key_values,
        }
    }
}

/// The rows of an outcome.
#[derive(Clone)]
pub(crate) struct Ending {
    /// The values of [`FINISH`].
    pub(crate) end: Values,
    /// The values of [`KEEP_RESULT`], where an answer is kept.
    pub(crate) result: Option<Values>,
    /// The value of [`FREE_KEY`], where the execution gives its key back.
    pub(crate) freed: Option<Values>,
    /// What the chain says of it.
    pub(crate) written: Written,
}

/// An execution that sent nothing gives its key back: the same call may be made again.
fn free_key(execution: &Execution) -> Option<Values> {
    let unsent = execution.outcome == Some(Outcome::NotSent);
    unsent.then(|| values![execution.id.as_str()])
}

fn key_values(
    tenant: &Tenant,
    account: &AccountId,
    slug: &str,
    action: &str,
    key_hash: &str,
) -> Values {
    let environment = tenant.environment.as_str();
    values![
        tenant.org.as_str(),
        environment,
        account.as_str(),
        slug,
        action,
        key_hash
    ]
}

fn result_values(execution: &Execution, result: &StoredResult) -> Values {
    values![
        execution.id.as_str(),
        execution.tenant.org.as_str(),
        execution.tenant.environment.as_str(),
        execution.account.as_str(),
        result.key.as_str(),
        result.blob,
        result.expires_at.0,
    ]
}
