//! What accounts gave the tenant for calls of its own application.

use async_trait::async_trait;
use tenon_engine::model::{AccountId, Tenant};
use tenon_engine::ports::{AppCredentials, SealedValue, Stored};

use crate::database::{Database, SqlStore};
use crate::fault::Fault;
use crate::record::{FromRecord, Record};
use crate::value::{Values, values};

const ONE: &str = "SELECT * FROM app_credentials
    WHERE key = ? AND org = ? AND environment = ? AND account = ?";

const PUT: &str = "INSERT INTO app_credentials (key, org, environment, account, value, version)
    VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (org, environment, account, key) DO UPDATE
    SET value = excluded.value, version = excluded.version
    WHERE app_credentials.version = excluded.version - 1";

const DELETE: &str = "DELETE FROM app_credentials
    WHERE key = ? AND org = ? AND environment = ? AND account = ?";

#[async_trait]
impl<D: Database> AppCredentials for SqlStore<D> {
    async fn app_credential(
        &self,
        tenant: &Tenant,
        account: &AccountId,
        key: &str,
    ) -> Stored<Option<SealedValue>> {
        self.database.first(ONE, which(tenant, account, key)).await
    }

    async fn put_app_credential(
        &self,
        tenant: &Tenant,
        account: &AccountId,
        key: &str,
        value: &SealedValue,
    ) -> Stored<bool> {
        let mut row = which(tenant, account, key);
        row.extend(values![value.blob, value.version]);
        Ok(self.database.change(PUT, row).await? > 0)
    }

    async fn delete_app_credential(
        &self,
        tenant: &Tenant,
        account: &AccountId,
        key: &str,
    ) -> Stored<bool> {
        let row = which(tenant, account, key);
        let deleted = self.database.change(DELETE, row).await? > 0;
        self.database.shred();
        Ok(deleted)
    }
}

fn which(tenant: &Tenant, account: &AccountId, key: &str) -> Values {
    let (org, environment) = (tenant.org.as_str(), tenant.environment.as_str());
    values![key, org, environment, account.as_str()]
}

impl FromRecord for SealedValue {
    const TABLE: &'static str = "app_credentials";

    fn from_record(record: &Record<'_>) -> Result<Self, Fault> {
        Ok(Self {
            blob: record.get("value")?,
            version: record.get("version")?,
        })
    }
}
