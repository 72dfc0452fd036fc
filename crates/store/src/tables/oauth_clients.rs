//! Tenants' OAuth clients.

use async_trait::async_trait;
use tenon_engine::model::{OauthClient, OauthClientId, Tenant};
use tenon_engine::ports::{OauthClients, Stored};

use crate::database::{Database, SqlStore};
use crate::fault::Fault;
use crate::record::{FromRecord, Record};
use crate::value::{Values, values};

/// A new client has version 1, so that it replaces none (version 0 does not exist).
const PUT: &str = "INSERT INTO oauth_clients
    (id, org, environment, slug, auth, client_id, secret, scopes, version, created_at, updated_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (org, environment, slug, auth) DO UPDATE
    SET client_id = excluded.client_id, secret = excluded.secret, scopes = excluded.scopes,
        version = excluded.version, updated_at = excluded.updated_at
    WHERE oauth_clients.version = excluded.version - 1 AND oauth_clients.id = excluded.id";

const ONE: &str = "SELECT * FROM oauth_clients
    WHERE org = ? AND environment = ? AND slug = ? AND auth = ?";

const ALL: &str = "SELECT * FROM oauth_clients
    WHERE org = ? AND environment = ? ORDER BY slug, auth";

const DELETE: &str = "DELETE FROM oauth_clients
    WHERE org = ? AND environment = ? AND slug = ? AND auth = ?";

#[async_trait]
impl<D: Database> OauthClients for SqlStore<D> {
    async fn put_oauth_client(&self, client: &OauthClient) -> Stored<bool> {
        let row = values![
            client.id.as_str(),
            client.tenant.org.as_str(),
            client.tenant.environment.as_str(),
            client.slug,
            client.auth,
            client.client_id,
            client.secret,
            serde_json::to_string(&client.scopes).map_err(Fault::from)?,
            client.version,
            client.created_at.0,
            client.updated_at.0,
        ];
        Ok(self.database.change(PUT, row).await? > 0)
    }

    async fn oauth_client(
        &self,
        tenant: &Tenant,
        slug: &str,
        auth: &str,
    ) -> Stored<Option<OauthClient>> {
        self.database.first(ONE, way_of(tenant, slug, auth)).await
    }

    async fn oauth_clients(&self, tenant: &Tenant) -> Stored<Vec<OauthClient>> {
        let values = values![tenant.org.as_str(), tenant.environment.as_str()];
        self.database.all(ALL, values).await
    }

    async fn delete_oauth_client(&self, tenant: &Tenant, slug: &str, auth: &str) -> Stored<bool> {
        let deleted = self.database.change(DELETE, way_of(tenant, slug, auth));
        let deleted = deleted.await? > 0;
        self.database.shred();
        Ok(deleted)
    }
}

fn way_of(tenant: &Tenant, slug: &str, auth: &str) -> Values {
    values![tenant.org.as_str(), tenant.environment.as_str(), slug, auth]
}

impl FromRecord for OauthClient {
    const TABLE: &'static str = "oauth_clients";

    fn from_record(record: &Record<'_>) -> Result<Self, Fault> {
        Ok(Self {
            id: record.parse("id", OauthClientId::parse)?,
            tenant: record.tenant()?,
            slug: record.get("slug")?,
            auth: record.get("auth")?,
            client_id: record.get("client_id")?,
            secret: record.get("secret")?,
            scopes: record.json("scopes")?,
            version: record.get("version")?,
            created_at: record.time("created_at")?,
            updated_at: record.time("updated_at")?,
        })
    }
}
