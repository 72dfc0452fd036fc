//! Leases on refreshing tokens, by the database's clock.

use async_trait::async_trait;
use tenon_engine::model::{Connection, ConnectionEvent, LeaseOwner, Millis};
use tenon_engine::ports::{Renewals, Stored};

use super::connections::{at_version_before, changed, seal_values, state_values};
use crate::database::{Database, SqlStore};
use crate::value::{Values, scoped, values};

const FINISH: &str = "UPDATE connections
    SET trust = ?, client = ?, version = ?, data_key = ?, credential = ?,
        status = ?, reason = ?, scopes = ?, expires_at = ?, due_at = ?, failures = ?,
        lease_owner = NULL, lease_until = NULL, refresh_started_at = NULL
    WHERE id = ? AND org = ? AND environment = ? AND version = ? AND lease_owner = ?
        AND status <> 'revoking'";

const GIVE_UP: &str = "UPDATE connections
    SET status = ?, reason = ?, scopes = ?, expires_at = ?, due_at = ?, failures = ?,
        lease_owner = NULL, lease_until = NULL, refresh_started_at = NULL
    WHERE id = ? AND org = ? AND environment = ? AND lease_owner = ? AND status <> 'revoking'";

#[async_trait]
impl<D: Database> Renewals for SqlStore<D> {
    async fn take_lease(
        &self,
        connection: &Connection,
        owner: &LeaseOwner,
        for_ms: i64,
    ) -> Stored<bool> {
        let mut row = values![owner.as_str(), for_ms];
        row.extend(scoped(connection.id.as_str(), &connection.tenant));
        row.push(connection.version.into());
        Ok(self.database.change(D::TAKE_LEASE, row).await? > 0)
    }

    async fn extend_lease(
        &self,
        connection: &Connection,
        owner: &LeaseOwner,
        for_ms: i64,
    ) -> Stored<bool> {
        let mut row = values![for_ms];
        row.extend(owned(connection, owner));
        Ok(self.database.change(D::EXTEND_LEASE, row).await? > 0)
    }

    async fn finish_refresh(
        &self,
        connection: &Connection,
        owner: &LeaseOwner,
        event: &ConnectionEvent,
    ) -> Stored<bool> {
        let mut row = seal_values(connection);
        row.extend(state_values(connection)?);
        row.extend(at_version_before(connection));
        row.push(owner.as_str().to_owned().into());
        changed(&self.database, FINISH, row, Some(event)).await
    }

    async fn give_up_refresh(
        &self,
        connection: &Connection,
        owner: &LeaseOwner,
        event: Option<&ConnectionEvent>,
    ) -> Stored<bool> {
        let mut row = state_values(connection)?;
        row.extend(owned(connection, owner));
        changed(&self.database, GIVE_UP, row, event).await
    }

    async fn due_connections(&self, now: Millis, limit: u32) -> Stored<Vec<Connection>> {
        self.database.all(D::DUE, values![now.0, limit]).await
    }

    async fn abandoned_refreshes(&self, limit: u32) -> Stored<Vec<Connection>> {
        self.database.all(D::ABANDONED, values![limit]).await
    }
}

/// The values of `id = ? AND org = ? AND environment = ? AND lease_owner = ?`.
fn owned(connection: &Connection, owner: &LeaseOwner) -> Values {
    let mut row = scoped(connection.id.as_str(), &connection.tenant);
    row.push(owner.as_str().to_owned().into());
    row
}

/// Takes a lease. `$now` is the engine's word for its clock, in milliseconds.
macro_rules! take_lease {
    ($now:literal) => {
        concat!(
            "UPDATE connections SET lease_owner = ?, lease_until = ",
            $now,
            " + CAST(? AS BIGINT),
                refresh_started_at = ",
            $now,
            "
            WHERE id = ? AND org = ? AND environment = ? AND version = ?
                AND (lease_until IS NULL OR lease_until < ",
            $now,
            ")"
        )
    };
}

/// Takes a connection away from everybody, and its lease from whoever has it.
macro_rules! retire {
    ($now:literal) => {
        concat!(
            "UPDATE connections SET status = 'revoking', refresh_started_at = NULL,
                lease_owner = ?, lease_until = ",
            $now,
            " + CAST(? AS BIGINT)
            WHERE id = ? AND org = ? AND environment = ? AND status <> 'revoking'"
        )
    };
}

/// Has a lease for longer.
macro_rules! extend_lease {
    ($now:literal) => {
        concat!(
            "UPDATE connections SET lease_until = ",
            $now,
            " + CAST(? AS BIGINT)
            WHERE id = ? AND org = ? AND environment = ? AND lease_owner = ?"
        )
    };
}

/// Connections that are due and free.
macro_rules! due {
    ($now:literal) => {
        concat!(
            "SELECT * FROM connections
            WHERE status = 'active' AND due_at <= ? AND (lease_until IS NULL OR lease_until < ",
            $now,
            ")
            ORDER BY due_at LIMIT ?"
        )
    };
}

/// Connections whose refresh nobody ended.
macro_rules! abandoned {
    ($now:literal) => {
        concat!(
            "SELECT * FROM connections
            WHERE lease_owner IS NOT NULL AND lease_until < ",
            $now,
            " AND status = 'active'
            ORDER BY lease_until LIMIT ?"
        )
    };
}

/// Retired connections that nobody revokes at present.
macro_rules! revoking {
    ($now:literal) => {
        concat!(
            "SELECT * FROM connections
            WHERE status = 'revoking' AND (lease_until IS NULL OR lease_until < ",
            $now,
            ")
            ORDER BY id LIMIT ?"
        )
    };
}

pub(crate) use {abandoned, due, extend_lease, retire, revoking, take_lease};
