//! Session tokens' records.

use async_trait::async_trait;
use tenon_engine::model::{AccountId, Millis, Session, SessionId, Tenant};
use tenon_engine::ports::{Sessions, Stored};

use crate::database::{Database, SqlStore};
use crate::fault::Fault;
use crate::record::{FromRecord, Record};
use crate::value::{scoped, values};

const ADD: &str = "INSERT INTO sessions (
    id, org, environment, account, scopes, issued_at, expires_at, max_calls, calls, revoked_at
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

const SESSION: &str = "SELECT * FROM sessions WHERE id = ?";

const LIVE: &str = "SELECT * FROM sessions
    WHERE org = ? AND environment = ? AND account = ? AND expires_at > ? AND revoked_at IS NULL
    ORDER BY issued_at DESC, id DESC";

const REVOKE: &str = "UPDATE sessions SET revoked_at = ?
    WHERE id = ? AND org = ? AND environment = ? AND revoked_at IS NULL";

/// A session without a limit ends at the largest number that the model can hold.
const COUNT_CALL: &str = "UPDATE sessions SET calls = calls + 1
    WHERE id = ? AND org = ? AND environment = ? AND calls < coalesce(max_calls, 4294967295)";

#[async_trait]
impl<D: Database> Sessions for SqlStore<D> {
    async fn add_session(&self, session: &Session) -> Stored<()> {
        let row = values![
            session.id.as_str(),
            session.tenant.org.as_str(),
            session.tenant.environment.as_str(),
            session.account.as_str(),
            serde_json::to_string(&session.scopes).map_err(Fault::from)?,
            session.issued_at.0,
            session.expires_at.0,
            session.max_calls,
            session.calls,
            session.revoked_at.map(|time| time.0),
        ];
        self.database.change(ADD, row).await.map(drop)
    }

    async fn session(&self, id: &SessionId) -> Stored<Option<Session>> {
        self.database.first(SESSION, values![id.as_str()]).await
    }

    async fn live_sessions(
        &self,
        tenant: &Tenant,
        account: &AccountId,
        now: Millis,
    ) -> Stored<Vec<Session>> {
        let environment = tenant.environment.as_str();
        let values = values![tenant.org.as_str(), environment, account.as_str(), now.0];
        self.database.all(LIVE, values).await
    }

    async fn revoke_session(&self, tenant: &Tenant, id: &SessionId, now: Millis) -> Stored<bool> {
        let mut row = values![now.0];
        row.extend(scoped(id.as_str(), tenant));
        Ok(self.database.change(REVOKE, row).await? > 0)
    }

    async fn count_call(&self, tenant: &Tenant, id: &SessionId) -> Stored<bool> {
        let row = scoped(id.as_str(), tenant);
        Ok(self.database.change(COUNT_CALL, row).await? > 0)
    }
}

impl FromRecord for Session {
    const TABLE: &'static str = "sessions";

    fn from_record(record: &Record<'_>) -> Result<Self, Fault> {
        Ok(Self {
            id: record.parse("id", SessionId::parse)?,
            tenant: record.tenant()?,
            account: record.parse("account", AccountId::parse)?,
            scopes: record.json("scopes")?,
            issued_at: record.time("issued_at")?,
            expires_at: record.time("expires_at")?,
            max_calls: record.get("max_calls")?,
            calls: record.get("calls")?,
            revoked_at: record.time_optional("revoked_at")?,
        })
    }
}
