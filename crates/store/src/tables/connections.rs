//! Connections and their sealed credentials.

use async_trait::async_trait;
use tenon_engine::model::{
    AccountId, Connection, ConnectionId, ConnectionStatus, DataKeyId, SealedCredential, Tenant,
};
use tenon_engine::ports::{Connections, Stored};

use super::step::Step;
use crate::database::{Database, SqlStore};
use crate::fault::Fault;
use crate::record::{FromRecord, Record};
use crate::value::{Values, scoped, values};

const ADD: &str = "INSERT INTO connections (
    id, org, environment, account, slug, created_at, auth, label, facts, identifier, status,
    sandbox, trust, version, data_key, credential, connected_at
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

const UPDATE: &str = "UPDATE connections
    SET auth = ?, label = ?, facts = ?, identifier = ?, status = ?, sandbox = ?, trust = ?,
        version = ?, data_key = ?, credential = ?, connected_at = ?
    WHERE id = ? AND org = ? AND environment = ? AND version = ?";

const SET_STATUS: &str = "UPDATE connections SET status = ?
    WHERE id = ? AND org = ? AND environment = ? AND version = ?";

const OF_ACCOUNT: &str = "SELECT * FROM connections
    WHERE org = ? AND environment = ? AND account = ? ORDER BY created_at, id";

const OF_ACCOUNT_AT: &str = "SELECT * FROM connections
    WHERE org = ? AND environment = ? AND account = ? AND slug = ? ORDER BY created_at, id";

const OF_APPLICATION: &str = "SELECT * FROM connections
    WHERE org = ? AND environment = ? AND slug = ? ORDER BY created_at, id";

const DELETE: &str = "DELETE FROM connections WHERE id = ? AND org = ? AND environment = ?";

#[async_trait]
impl<D: Database> Connections for SqlStore<D> {
    async fn add_connection(&self, connection: &Connection) -> Stored<()> {
        let mut row = scoped(connection.id.as_str(), &connection.tenant);
        row.extend(values![
            connection.account.as_str(),
            connection.slug,
            connection.created_at.0,
        ]);
        row.extend(changing_values(connection)?);
        self.database.change(ADD, row).await.map(drop)
    }

    async fn update_connection(&self, connection: &Connection) -> Stored<bool> {
        let mut row = changing_values(connection)?;
        row.extend(scoped(connection.id.as_str(), &connection.tenant));
        row.push(connection.version.saturating_sub(1).into());
        Ok(self.database.change(UPDATE, row).await? > 0)
    }

    async fn set_connection_status(
        &self,
        tenant: &Tenant,
        id: &ConnectionId,
        version: i64,
        status: ConnectionStatus,
    ) -> Stored<bool> {
        let mut row = values![status.as_str()];
        row.extend(scoped(id.as_str(), tenant));
        row.push(version.into());
        Ok(self.database.change(SET_STATUS, row).await? > 0)
    }

    async fn connections(
        &self,
        tenant: &Tenant,
        account: &AccountId,
        slug: Option<&str>,
    ) -> Stored<Vec<Connection>> {
        let mut values = values![
            tenant.org.as_str(),
            tenant.environment.as_str(),
            account.as_str()
        ];
        match slug {
            None => self.database.all(OF_ACCOUNT, values).await,
            Some(slug) => {
                values.push(slug.to_owned().into());
                self.database.all(OF_ACCOUNT_AT, values).await
            }
        }
    }

    async fn connections_of_application(
        &self,
        tenant: &Tenant,
        slug: &str,
    ) -> Stored<Vec<Connection>> {
        let values = values![tenant.org.as_str(), tenant.environment.as_str(), slug];
        self.database.all(OF_APPLICATION, values).await
    }

    async fn delete_connections(&self, tenant: &Tenant, ids: &[ConnectionId]) -> Stored<u64> {
        let step = |id: &ConnectionId| Step::Change(DELETE, scoped(id.as_str(), tenant));
        let counts = self.database.together(ids.iter().map(step).collect());
        let deleted = counts.await?.into_iter().sum();
        self.database.shred();
        Ok(deleted)
    }
}

/// The columns that an update replaces, from `auth` to `connected_at`.
fn changing_values(connection: &Connection) -> Result<Values, Fault> {
    Ok(values![
        connection.auth,
        connection.label,
        serde_json::to_string(&connection.facts)?,
        connection.identifier,
        connection.status.as_str(),
        connection.sandbox,
        connection.trust,
        connection.version,
        connection.credential.key.as_str(),
        connection.credential.blob,
        connection.connected_at.0,
    ])
}

impl FromRecord for Connection {
    const TABLE: &'static str = "connections";

    fn from_record(record: &Record<'_>) -> Result<Self, Fault> {
        Ok(Self {
            id: record.parse("id", ConnectionId::parse)?,
            tenant: record.tenant()?,
            account: record.parse("account", AccountId::parse)?,
            slug: record.get("slug")?,
            auth: record.get("auth")?,
            label: record.get("label")?,
            facts: record.json("facts")?,
            identifier: record.get("identifier")?,
            status: record.parse("status", ConnectionStatus::parse)?,
            sandbox: record.get("sandbox")?,
            trust: record.get("trust")?,
            version: record.get("version")?,
            credential: SealedCredential {
                key: record.parse("data_key", DataKeyId::parse)?,
                blob: record.get("credential")?,
            },
            created_at: record.time("created_at")?,
            connected_at: record.time("connected_at")?,
        })
    }
}
