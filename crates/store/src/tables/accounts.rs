//! Linked accounts.

use async_trait::async_trait;
use tenon_engine::model::{Account, AccountId, Erasure, LinkedAccountId, Page, Paging, Tenant};
use tenon_engine::ports::{Accounts, Stored};

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

/// Whatever belongs to the account goes with it, by the schema.
const DELETE: &str = "DELETE FROM accounts WHERE account_id = ? AND org = ? AND environment = ?";

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
        _history: bool,
    ) -> Stored<Option<Erasure>> {
        let removed = self
            .database
            .change(DELETE, scoped(id.as_str(), tenant))
            .await?;
        Ok((removed > 0).then(Erasure::default))
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
