//! The committed rows: what the engine's ports promise of a journal, in as few words as possible.

use tenon_engine::model::{
    Account, AccountId, AdminKey, ApiKey, BootId, Connection, DataKeyRow, EndedBy, Execution,
    ExecutionId, ExecutionState, IdempotencyKey, Millis, NodeStatus, Organization, Outcome,
    Session, SessionId, StoredResult, Tenant,
};
use tenon_engine::ports::Begun;

use super::bug::Bug;

/// How long after its deadline an execution of a living process may still write its end.
const GRACE_MS: i64 = 60_000;

#[derive(Clone, Default)]
pub(crate) struct Rows {
    pub(crate) organizations: Vec<Organization>,
    pub(crate) accounts: Vec<(Tenant, Account)>,
    pub(crate) connections: Vec<Connection>,
    pub(crate) sessions: Vec<Session>,
    pub(crate) api_keys: Vec<ApiKey>,
    pub(crate) admin_keys: Vec<AdminKey>,
    pub(crate) data_keys: Vec<DataKeyRow>,
    pub(crate) executions: Vec<Execution>,
    pub(crate) keys: Vec<(Tenant, AccountId, IdempotencyKey)>,
    pub(crate) results: Vec<(ExecutionId, StoredResult)>,
    /// The processes that gave a sign of life lately.
    pub(crate) alive: Vec<BootId>,
    /// What was swept at some time, whatever became of it.
    pub(crate) swept: Vec<ExecutionId>,
}

impl Rows {
    pub(crate) fn begin(
        &mut self,
        execution: &Execution,
        key: Option<&IdempotencyKey>,
        over: Option<&ExecutionId>,
        bug: Option<Bug>,
    ) -> Begun {
        if let Some(key) = key {
            let (tenant, account) = (&execution.tenant, &execution.account);
            let held = self.holder(tenant, account, key, execution.started_at);
            let held = held
                .filter(|held| over != Some(&held.execution) || !self.is_unknown(&held.execution));
            if let Some(held) = held.filter(|_| bug != Some(Bug::StoreGivesKeysTwice)) {
                return Begun::Held(held.clone());
            }
            self.keys.retain(|row| !is_key(row, tenant, account, key));
            self.keys
                .push((tenant.clone(), account.clone(), key.clone()));
        }
        self.executions.push(execution.clone());
        Begun::Started
    }

    pub(crate) fn finish(&mut self, execution: &Execution, result: Option<&StoredResult>) -> bool {
        let mut rows = self.executions.iter_mut();
        let Some(row) = rows.find(|row| row.id == execution.id && may_finish(row)) else {
            return false;
        };
        row.clone_from(execution);
        let result = result.map(|result| (execution.id.clone(), result.clone()));
        self.results.extend(result);
        if execution.outcome == Some(Outcome::NotSent) {
            self.keys
                .retain(|(_, _, key)| key.execution != execution.id);
        }
        true
    }

    pub(crate) fn resolve(&mut self, execution: &Execution) -> bool {
        let unknown = self.is_unknown(&execution.id);
        let mut rows = self.executions.iter_mut();
        let row = rows.find(|row| row.id == execution.id && unknown);
        row.map(|row| row.clone_from(execution)).is_some()
    }

    pub(crate) fn sweep(&mut self, boot: &BootId, now: Millis, bug: Option<Bug>) -> u64 {
        let gone = |row: &Execution| row.boot != *boot && !self.alive.contains(&row.boot);
        let left = |row: &&mut Execution| {
            is_running(row) && (gone(row) || row.deadline_at.plus(GRACE_MS) <= now)
        };
        let mut swept = 0;
        for row in self.executions.iter_mut().filter(left) {
            if bug == Some(Bug::SweepFreesKeys) {
                self.keys.retain(|(_, _, key)| key.execution != row.id);
            }
            row.state = ExecutionState::Finished;
            row.finished_at = Some(now);
            row.ended_by = Some(EndedBy::Sweep);
            self.swept.push(row.id.clone());
            (row.node_status, row.outcome) = match bug {
                Some(Bug::SweepDenies) => (Some(NodeStatus::Failed), Some(Outcome::NotSent)),
                _ => (Some(NodeStatus::Unknown), Some(Outcome::Unknown)),
            };
            swept += 1;
        }
        swept
    }

    pub(crate) fn expire(&mut self, now: Millis) -> u64 {
        let before = self.results.len() + self.keys.len();
        self.results.retain(|(_, result)| result.expires_at > now);
        let executions = &self.executions;
        self.keys.retain(|(_, _, key)| {
            key.expires_at > now
                || executions
                    .iter()
                    .any(|row| row.id == key.execution && is_running(row))
        });
        (before - self.results.len() - self.keys.len()) as u64
    }

    /// Who holds a key like this one: a key lives until its time is over and its execution has ended.
    pub(crate) fn holder(
        &self,
        tenant: &Tenant,
        account: &AccountId,
        key: &IdempotencyKey,
        now: Millis,
    ) -> Option<&IdempotencyKey> {
        let row = self
            .keys
            .iter()
            .find(|row| is_key(row, tenant, account, key));
        row.map(|(_, _, held)| held)
            .filter(|held| held.expires_at > now || self.is_running(&held.execution))
    }

    pub(crate) fn count_call(&mut self, id: &SessionId) -> bool {
        let mut sessions = self.sessions.iter_mut();
        let session = sessions.find(|session| session.id == *id).unwrap();
        let left = session.max_calls.is_none_or(|most| session.calls < most);
        session.calls += u32::from(left);
        left
    }

    pub(crate) fn execution(&self, id: &ExecutionId) -> Option<&Execution> {
        self.executions.iter().find(|row| row.id == *id)
    }

    /// The executions whose end their process has still to write.
    pub(crate) fn unfinished(&self) -> impl Iterator<Item = &ExecutionId> {
        let rows = self.executions.iter().filter(|row| may_finish(row));
        rows.map(|row| &row.id)
    }

    fn running(&self) -> impl Iterator<Item = &ExecutionId> {
        let rows = self.executions.iter().filter(|row| is_running(row));
        rows.map(|row| &row.id)
    }

    fn is_unknown(&self, id: &ExecutionId) -> bool {
        let row = self.execution(id);
        row.is_some_and(|row| row.outcome == Some(Outcome::Unknown))
    }

    fn is_running(&self, id: &ExecutionId) -> bool {
        self.running().any(|running| running == id)
    }
}

fn is_running(row: &Execution) -> bool {
    row.state == ExecutionState::Running
}

/// What was swept gets its true end.
pub(crate) fn may_finish(row: &Execution) -> bool {
    is_running(row) || row.ended_by == Some(EndedBy::Sweep)
}

fn is_key(
    (row_tenant, row_account, row): &(Tenant, AccountId, IdempotencyKey),
    tenant: &Tenant,
    account: &AccountId,
    key: &IdempotencyKey,
) -> bool {
    let scope = |key: &IdempotencyKey| (key.slug.clone(), key.action.clone(), key.key_hash.clone());
    row_tenant == tenant && row_account == account && scope(row) == scope(key)
}
