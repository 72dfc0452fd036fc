//! Records of API keys, admin keys and data keys.

use async_trait::async_trait;
use tenon_engine::model::{AdminKey, ApiKey, ApiKeyId, DataKeyId, DataKeyRow, Millis, Tenant};
use tenon_engine::ports::{Keys, Stored};

use crate::database::{Database, SqlStore};
use crate::fault::Fault;
use crate::record::{FromRecord, Record};
use crate::value::{scoped, values};

const ADD_API_KEY: &str = "INSERT INTO api_keys
    (id, org, environment, name, hint, hash, created_at, revoked_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)";

const API_KEY: &str = "SELECT * FROM api_keys WHERE hash = ? AND revoked_at IS NULL";

const API_KEYS: &str = "SELECT * FROM api_keys
    WHERE org = ? AND environment = ? ORDER BY created_at, id";

const REVOKE_API_KEY: &str = "UPDATE api_keys SET revoked_at = ?
    WHERE id = ? AND org = ? AND environment = ? AND revoked_at IS NULL";

const ADD_ADMIN_KEY: &str = "INSERT INTO admin_keys (hash, created_at) VALUES (?, ?)";

const KEEP_ADMIN_KEYS: &str = "DELETE FROM admin_keys WHERE hash <> ? AND hash <> ?";

const COUNT_ADMIN_KEY: &str = "SELECT count(*) FROM admin_keys WHERE hash = ?";

const COUNT_ADMIN_KEYS: &str = "SELECT count(*) FROM admin_keys";

const ADD_DATA_KEY: &str =
    "INSERT INTO data_keys (id, scope, generation, wrapped, created_at) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (scope, generation) DO NOTHING";

const DATA_KEYS: &str = "SELECT * FROM data_keys ORDER BY scope, generation";

#[async_trait]
impl<D: Database> Keys for SqlStore<D> {
    async fn add_api_key(&self, key: &ApiKey) -> Stored<()> {
        let row = values![
            key.id.as_str(),
            key.tenant.org.as_str(),
            key.tenant.environment.as_str(),
            key.name,
            key.hint,
            key.hash.to_vec(),
            key.created_at.0,
            key.revoked_at.map(|time| time.0),
        ];
        self.database.change(ADD_API_KEY, row).await.map(drop)
    }

    async fn api_key(&self, hash: &[u8; 32]) -> Stored<Option<ApiKey>> {
        self.database.first(API_KEY, values![hash.to_vec()]).await
    }

    async fn api_keys(&self, tenant: &Tenant) -> Stored<Vec<ApiKey>> {
        self.database
            .all(
                API_KEYS,
                values![tenant.org.as_str(), tenant.environment.as_str()],
            )
            .await
    }

    async fn revoke_api_key(&self, tenant: &Tenant, id: &ApiKeyId, now: Millis) -> Stored<bool> {
        let mut row = values![now.0];
        row.extend(scoped(id.as_str(), tenant));
        Ok(self.database.change(REVOKE_API_KEY, row).await? > 0)
    }

    async fn add_admin_key(&self, key: &AdminKey) -> Stored<()> {
        self.database
            .change(ADD_ADMIN_KEY, values![key.hash.to_vec(), key.created_at.0])
            .await
            .map(drop)
    }

    async fn keep_admin_keys(&self, [one, other]: [&[u8; 32]; 2]) -> Stored<u64> {
        let kept = values![one.to_vec(), other.to_vec()];
        self.database.change(KEEP_ADMIN_KEYS, kept).await
    }

    async fn has_admin_key(&self, hash: &[u8; 32]) -> Stored<bool> {
        let values = values![hash.to_vec()];
        Ok(self.database.count(COUNT_ADMIN_KEY, values).await? > 0)
    }

    async fn any_admin_key(&self) -> Stored<bool> {
        Ok(self.database.count(COUNT_ADMIN_KEYS, values![]).await? > 0)
    }

    async fn data_keys(&self) -> Stored<Vec<DataKeyRow>> {
        self.database.all(DATA_KEYS, values![]).await
    }

    async fn add_data_key(&self, key: &DataKeyRow) -> Stored<bool> {
        let row = values![
            key.id.as_str(),
            key.scope,
            key.generation,
            key.wrapped,
            key.created_at.0
        ];
        Ok(self.database.change(ADD_DATA_KEY, row).await? > 0)
    }
}

impl FromRecord for ApiKey {
    const TABLE: &'static str = "api_keys";

    fn from_record(record: &Record<'_>) -> Result<Self, Fault> {
        Ok(Self {
            id: record.parse("id", ApiKeyId::parse)?,
            tenant: record.tenant()?,
            name: record.get("name")?,
            hint: record.get("hint")?,
            hash: record.get("hash")?,
            created_at: record.time("created_at")?,
            revoked_at: record.time_optional("revoked_at")?,
        })
    }
}

impl FromRecord for DataKeyRow {
    const TABLE: &'static str = "data_keys";

    fn from_record(record: &Record<'_>) -> Result<Self, Fault> {
        Ok(Self {
            id: record.parse("id", DataKeyId::parse)?,
            scope: record.get("scope")?,
            generation: record.get("generation")?,
            wrapped: record.get("wrapped")?,
            created_at: record.time("created_at")?,
        })
    }
}
