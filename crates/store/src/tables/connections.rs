//! Connections and their sealed credentials.

use async_trait::async_trait;
use tenon_engine::model::{
    AccountId, Connection, ConnectionEvent, ConnectionId, ConnectionStatus, DataKeyId, Lease,
    LeaseOwner, Renewal, SealedCredential, Tenant,
};
use tenon_engine::ports::{Connections, Stored};

use super::events;
use super::step::Step;
use crate::database::{Database, SqlStore};
use crate::fault::Fault;
use crate::record::{FromRecord, Record};
use crate::value::{Values, scoped, values};

const ADD: &str = "INSERT INTO connections (
    id, org, environment, account, slug, created_at, auth, label, facts, identifier, account_name,
    sandbox, connected_at, trust, client, version, data_key, credential, status, reason, scopes,
    expires_at, due_at, failures
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

const UPDATE: &str = "UPDATE connections
    SET auth = ?, label = ?, facts = ?, identifier = ?, account_name = ?, sandbox = ?,
        connected_at = ?, trust = ?, client = ?, version = ?, data_key = ?, credential = ?,
        status = ?, reason = ?, scopes = ?, expires_at = ?, due_at = ?, failures = ?,
        lease_owner = NULL, lease_until = NULL, refresh_started_at = NULL
    WHERE id = ? AND org = ? AND environment = ? AND version = ? AND status <> 'revoking'";

const RESEAL: &str = "UPDATE connections
    SET trust = ?, client = ?, version = ?, data_key = ?, credential = ?
    WHERE id = ? AND org = ? AND environment = ? AND version = ?";

const MARK: &str = "UPDATE connections SET status = ?, reason = ?
    WHERE id = ? AND org = ? AND environment = ? AND version = ?
        AND status <> ? AND status <> 'revoking'";

const DESCRIBE: &str = "UPDATE connections SET label = ?, is_default = ?
    WHERE id = ? AND org = ? AND environment = ? AND status <> 'revoking'";

const ONLY_DEFAULT: &str = "UPDATE connections SET is_default = ?
    WHERE id <> ? AND org = ? AND environment = ? AND account = ? AND slug = ? AND is_default = ?";

const ONE: &str = "SELECT * FROM connections
    WHERE id = ? AND org = ? AND environment = ? AND status <> 'revoking'";

const OF_ACCOUNT: &str = "SELECT * FROM connections
    WHERE org = ? AND environment = ? AND account = ? AND status <> 'revoking'
    ORDER BY created_at, id";

const OF_ACCOUNT_AT: &str = "SELECT * FROM connections
    WHERE org = ? AND environment = ? AND account = ? AND slug = ? AND status <> 'revoking'
    ORDER BY created_at, id";

const OF_APPLICATION: &str = "SELECT * FROM connections
    WHERE org = ? AND environment = ? AND slug = ? AND status <> 'revoking' ORDER BY created_at, id";

const DELETE: &str = "DELETE FROM connections
    WHERE id = ? AND org = ? AND environment = ? AND status = 'revoking'";

#[async_trait]
impl<D: Database> Connections for SqlStore<D> {
    async fn add_connection(&self, connection: &Connection, event: &ConnectionEvent) -> Stored<()> {
        let mut row = scoped(connection.id.as_str(), &connection.tenant);
        row.extend(values![
            connection.account.as_str(),
            connection.slug,
            connection.created_at.0,
        ]);
        row.extend(identity_values(connection)?);
        row.extend(seal_values(connection));
        row.extend(state_values(connection)?);
        let steps = vec![Step::Change(ADD, row), events::add(event)?];
        let told = events::tell(&self.database, steps, Some(event));
        told.await.map(drop)
    }

    async fn update_connection(
        &self,
        connection: &Connection,
        event: &ConnectionEvent,
    ) -> Stored<bool> {
        let mut row = identity_values(connection)?;
        row.extend(seal_values(connection));
        row.extend(state_values(connection)?);
        row.extend(at_version_before(connection));
        changed(&self.database, UPDATE, row, Some(event)).await
    }

    async fn reseal_connection(
        &self,
        connection: &Connection,
        event: Option<&ConnectionEvent>,
    ) -> Stored<bool> {
        let mut row = seal_values(connection);
        row.extend(at_version_before(connection));
        changed(&self.database, RESEAL, row, event).await
    }

    async fn mark_connection(
        &self,
        connection: &Connection,
        event: &ConnectionEvent,
    ) -> Stored<bool> {
        let status = connection.status.as_str();
        let mut row = values![status, connection.reason];
        row.extend(scoped(connection.id.as_str(), &connection.tenant));
        row.extend(values![connection.version, status]);
        changed(&self.database, MARK, row, Some(event)).await
    }

    async fn describe_connection(
        &self,
        connection: &Connection,
        event: &ConnectionEvent,
    ) -> Stored<bool> {
        let mut row = values![connection.label, connection.is_default];
        let scoped = scoped(connection.id.as_str(), &connection.tenant);
        row.extend(scoped.clone());
        let mut others = values![false];
        others.extend(scoped);
        others.extend(values![
            connection.account.as_str(),
            connection.slug,
            // Where it is no default itself, no other one ceases to be one.
            connection.is_default
        ]);
        let mut steps = vec![Step::Must(DESCRIBE, row), events::add(event)?];
        if connection.is_default {
            steps.push(Step::Change(ONLY_DEFAULT, others));
        }
        Ok(was_changed(&self.database.together(steps).await?))
    }

    async fn connection(&self, tenant: &Tenant, id: &ConnectionId) -> Stored<Option<Connection>> {
        self.database.first(ONE, scoped(id.as_str(), tenant)).await
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

    async fn retire_connection(
        &self,
        connection: &Connection,
        owner: &LeaseOwner,
        milliseconds: i64,
        event: &ConnectionEvent,
    ) -> Stored<bool> {
        let mut row = values![owner.as_str(), milliseconds];
        row.extend(scoped(connection.id.as_str(), &connection.tenant));
        changed(&self.database, D::RETIRE, row, Some(event)).await
    }

    async fn revoking(&self, limit: u32) -> Stored<Vec<Connection>> {
        self.database.all(D::REVOKING, values![limit]).await
    }

    async fn delete_connection(
        &self,
        connection: &Connection,
        event: Option<&ConnectionEvent>,
    ) -> Stored<()> {
        let row = scoped(connection.id.as_str(), &connection.tenant);
        changed(&self.database, DELETE, row, event).await?;
        self.database.shred();
        Ok(())
    }
}

/// Runs a statement about one connection, and writes the event where it changed something.
pub(super) async fn changed(
    database: &impl Database,
    sql: &'static str,
    row: Values,
    event: Option<&ConnectionEvent>,
) -> Stored<bool> {
    let mut steps = vec![Step::Must(sql, row)];
    steps.extend(event.map(events::add).transpose()?);
    let counts = events::tell(database, steps, event).await?;
    Ok(was_changed(&counts))
}

fn was_changed(counts: &[u64]) -> bool {
    counts.first().is_some_and(|count| *count > 0)
}

/// The columns that say whose the credential is and what for, from `auth` to `connected_at`.
fn identity_values(connection: &Connection) -> Result<Values, Fault> {
    Ok(values![
        connection.auth,
        connection.label,
        serde_json::to_string(&connection.facts)?,
        connection.identifier,
        connection.account_name,
        connection.sandbox,
        connection.connected_at.0,
    ])
}

/// The columns of the credential and what it is sealed for, from `trust` to `credential`.
pub(super) fn seal_values(connection: &Connection) -> Values {
    values![
        connection.trust,
        connection.client,
        connection.version,
        connection.credential.key.as_str(),
        connection.credential.blob,
    ]
}

/// The columns of its health, from `status` to `failures`.
pub(super) fn state_values(connection: &Connection) -> Result<Values, Fault> {
    Ok(values![
        connection.status.as_str(),
        connection.reason,
        serde_json::to_string(&connection.scopes)?,
        connection.renewal.expires_at.map(|time| time.0),
        connection.renewal.due_at.map(|time| time.0),
        connection.renewal.failures,
    ])
}

/// The values of `id = ? AND org = ? AND environment = ? AND version = ?`, of the row that is to be replaced.
pub(super) fn at_version_before(connection: &Connection) -> Values {
    let mut row = scoped(connection.id.as_str(), &connection.tenant);
    row.push(connection.version.saturating_sub(1).into());
    row
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
            account_name: record.get("account_name")?,
            is_default: record.get("is_default")?,
            status: record.parse("status", ConnectionStatus::parse)?,
            reason: record.get("reason")?,
            client: record.get("client")?,
            scopes: record.json("scopes")?,
            renewal: renewal(record)?,
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

fn renewal(record: &Record<'_>) -> Result<Renewal, Fault> {
    let owner: Option<String> = record.get("lease_owner")?;
    let until = record.time_optional("lease_until")?;
    Ok(Renewal {
        expires_at: record.time_optional("expires_at")?,
        due_at: record.time_optional("due_at")?,
        failures: record.get("failures")?,
        lease: owner.zip(until).map(|(owner, until)| Lease {
            owner: LeaseOwner::stored(owner),
            until,
        }),
        started_at: record.time_optional("refresh_started_at")?,
    })
}
