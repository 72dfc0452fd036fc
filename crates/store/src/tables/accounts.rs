//! Linked accounts.

use async_trait::async_trait;
use tenon_engine::model::{
    Account, AccountId, ChainEvent, Erasure, LinkedAccountId, Page, Paging, Tenant,
};
use tenon_engine::ports::{Accounts, Stored};

use super::step::Step;
use crate::database::{Database, SqlStore};
use crate::fault::Fault;
use crate::record::{FromRecord, Record};
use crate::selection::Selection;
use crate::value::{scoped, values};

const ADD: &str = "INSERT INTO accounts
    (id, org, environment, account_id, name, udf, search_text, created_at, updated_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";

const UPDATE: &str = "UPDATE accounts SET name = ?, udf = ?, search_text = ?, updated_at = ?
    WHERE account_id = ? AND org = ? AND environment = ?";

const ACCOUNT: &str = "SELECT * FROM accounts
    WHERE account_id = ? AND org = ? AND environment = ?";

/// What belongs to an account, in the order of [`Erasure`]'s members; the account goes last.
const DELETE: [&str; 5] = [
    "DELETE FROM connections WHERE account = ? AND org = ? AND environment = ?",
    "DELETE FROM sessions WHERE account = ? AND org = ? AND environment = ?",
    "DELETE FROM idempotency_keys WHERE account = ? AND org = ? AND environment = ?",
    "DELETE FROM results WHERE account = ? AND org = ? AND environment = ?",
    "DELETE FROM accounts WHERE account_id = ? AND org = ? AND environment = ?",
];

const DELETE_HISTORY: &str = "DELETE FROM executions WHERE id IN (
    SELECT id FROM executions
    WHERE account = ? AND org = ? AND environment = ? AND state = 'finished' LIMIT ?) RETURNING *";

const DELETE_TIMELINES: &str = "DELETE FROM connection_events
    WHERE account = ? AND org = ? AND environment = ?";

/// How many executions are erased at once: other writers wait for no more than that.
const AT_ONCE: u32 = 500;

const NEWEST_FIRST: &str = "created_at DESC, id DESC";

#[async_trait]
impl<D: Database> Accounts for SqlStore<D> {
    async fn add_account(&self, tenant: &Tenant, account: &Account) -> Stored<()> {
        let row = values![
            account.id.as_str(),
            tenant.org.as_str(),
            tenant.environment.as_str(),
            account.account_id.as_str(),
            account.name,
            serde_json::to_string(&account.udf).map_err(Fault::from)?,
            search_text(account),
            account.created_at.0,
            account.updated_at.0,
        ];
        self.database.change(ADD, row).await.map(drop)
    }

    async fn update_account(&self, tenant: &Tenant, account: &Account) -> Stored<()> {
        let mut row = values![
            account.name,
            serde_json::to_string(&account.udf).map_err(Fault::from)?,
            search_text(account),
            account.updated_at.0,
        ];
        row.extend(scoped(account.account_id.as_str(), tenant));
        self.database.change(UPDATE, row).await.map(drop)
    }

    async fn account(&self, tenant: &Tenant, id: &AccountId) -> Stored<Option<Account>> {
        self.database
            .first(ACCOUNT, scoped(id.as_str(), tenant))
            .await
    }

    async fn accounts(
        &self,
        tenant: &Tenant,
        search: Option<&str>,
        paging: Paging,
    ) -> Stored<Page<Account>> {
        let search = search.map(str::to_lowercase);
        let selection = Selection::of(tenant).and(D::SEARCH_TEXT_CONTAINS, search);
        self.database.page(selection, NEWEST_FIRST, paging).await
    }

    async fn delete_account(
        &self,
        tenant: &Tenant,
        id: &AccountId,
        history: bool,
    ) -> Stored<Option<Erasure>> {
        if self.account(tenant, id).await?.is_none() {
            return Ok(None);
        }
        let executions = match history {
            true => delete_history(&self.database, tenant, id).await?,
            false => 0,
        };
        let step = |sql| Step::Change(sql, scoped(id.as_str(), tenant));
        let counts = self.database.together(DELETE.map(step).into()).await?;
        self.database.shred();
        Ok(match counts.as_slice() {
            [connections, sessions, idempotency_keys, results, 1] => Some(Erasure {
                connections: *connections,
                sessions: *sessions,
                idempotency_keys: *idempotency_keys,
                results: *results,
                executions,
            }),
            // Somebody else deleted it meanwhile.
            _ => None,
        })
    }
}

async fn delete_history(database: &impl Database, tenant: &Tenant, id: &AccountId) -> Stored<u64> {
    let timelines = scoped(id.as_str(), tenant);
    database.change(DELETE_TIMELINES, timelines).await?;
    let mut which = scoped(id.as_str(), tenant);
    which.push(AT_ONCE.into());
    let mut total = 0;
    loop {
        let step = Step::Executions(DELETE_HISTORY, which.clone(), ChainEvent::Purged);
        let deleted: u64 = database.together(vec![step]).await?.into_iter().sum();
        total += deleted;
        if deleted < u64::from(AT_ONCE) {
            return Ok(total);
        }
    }
}

/// What a search looks into. The line's end keeps a search from matching across both.
fn search_text(account: &Account) -> String {
    format!("{}\n{}", account.account_id, account.name).to_lowercase()
}

impl FromRecord for Account {
    const TABLE: &'static str = "accounts";

    fn from_record(record: &Record<'_>) -> Result<Self, Fault> {
        Ok(Self {
            id: record.parse("id", LinkedAccountId::parse)?,
            account_id: record.parse("account_id", AccountId::parse)?,
            name: record.get("name")?,
            udf: record.json("udf")?,
            created_at: record.time("created_at")?,
            updated_at: record.time("updated_at")?,
        })
    }
}
