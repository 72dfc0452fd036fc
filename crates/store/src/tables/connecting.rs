//! The connect flow: links, attempts, and how pages look.

use async_trait::async_trait;
use serde_json::{Map, Value as Json};
use tenon_engine::model::{
    AccountId, AttemptState, ConnectAttempt, ConnectAttemptId, ConnectLink, ConnectLinkId,
    ConnectionId, Millis, SessionId, Tenant,
};
use tenon_engine::ports::{Connecting, Stored};

use super::step::Step;
use crate::database::{Database, SqlStore};
use crate::fault::Fault;
use crate::record::{FromRecord, Record};
use crate::value::{scoped, values};

const ADD_LINK: &str = "INSERT INTO connect_links (
    id, org, environment, account, slug, code_hash, browser, wish, created_at, opened_at, expires_at
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

/// The time of use is the third value as well: a code is good until its end.
const USE_CODE: &str = "UPDATE connect_links SET browser = ?, opened_at = ?, expires_at = ?
    WHERE id = ? AND org = ? AND environment = ? AND opened_at IS NULL AND expires_at > ?";

const LINK_OF_CODE: &str = "SELECT * FROM connect_links WHERE code_hash = ?";

const LINK: &str = "SELECT * FROM connect_links WHERE id = ?";

const ADD_ATTEMPT: &str = "INSERT INTO connect_attempts (
    id, org, environment, account, link, slug, auth, trust, state_hash, created_at,
    state, wish, parked, version, connection, problem, expires_at
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

const MOVE_ATTEMPT: &str = "UPDATE connect_attempts
    SET state = ?, wish = ?, parked = ?, version = ?, connection = ?, problem = ?, expires_at = ?
    WHERE id = ? AND org = ? AND environment = ? AND state = ? AND version = ?";

const ATTEMPT: &str = "SELECT * FROM connect_attempts WHERE id = ? AND org = ? AND environment = ?";

const ATTEMPT_OF_STATE: &str = "SELECT * FROM connect_attempts WHERE state_hash = ?";

const KEEP_PROPERTIES: &str =
    "INSERT INTO hosted_properties (session, properties, expires_at) VALUES (?, ?, ?)
    ON CONFLICT (session) DO UPDATE
    SET properties = excluded.properties, expires_at = excluded.expires_at";

const PROPERTIES: &str = "SELECT * FROM hosted_properties WHERE session = ? AND expires_at > ?";

const FORGET_PARKED: &str = "UPDATE connect_attempts SET parked = NULL, version = version + 1
    WHERE parked IS NOT NULL AND expires_at <= ?";
const FORGET_LINKS: &str = "DELETE FROM connect_links WHERE expires_at <= ?";
const FORGET_PROPERTIES: &str = "DELETE FROM hosted_properties WHERE expires_at <= ?";

#[async_trait]
impl<D: Database> Connecting for SqlStore<D> {
    async fn add_connect_link(&self, link: &ConnectLink) -> Stored<()> {
        let mut row = scoped(link.id.as_str(), &link.tenant);
        row.extend(values![
            link.account.as_str(),
            link.slug,
            link.code_hash.to_vec(),
            link.browser.map(Vec::from),
            serde_json::to_string(&link.wish).map_err(Fault::from)?,
            link.created_at.0,
            link.opened_at.map(|time| time.0),
            link.expires_at.0,
        ]);
        self.database.change(ADD_LINK, row).await.map(drop)
    }

    async fn use_connect_code(&self, link: &ConnectLink) -> Stored<bool> {
        let opened_at = link.opened_at.map(|time| time.0);
        let browser = link.browser.map(Vec::from);
        let mut row = values![browser, opened_at, link.expires_at.0];
        row.extend(scoped(link.id.as_str(), &link.tenant));
        row.push(opened_at.into());
        Ok(self.database.change(USE_CODE, row).await? > 0)
    }

    async fn connect_link_of_code(&self, code_hash: &[u8; 32]) -> Stored<Option<ConnectLink>> {
        let code = values![code_hash.to_vec()];
        self.database.first(LINK_OF_CODE, code).await
    }

    async fn connect_link(&self, id: &ConnectLinkId) -> Stored<Option<ConnectLink>> {
        self.database.first(LINK, values![id.as_str()]).await
    }

    async fn add_connect_attempt(&self, attempt: &ConnectAttempt) -> Stored<()> {
        let mut row = scoped(attempt.id.as_str(), &attempt.tenant);
        row.extend(values![
            attempt.account.as_str(),
            attempt.link.as_str(),
            attempt.slug,
            attempt.auth,
            attempt.trust,
            attempt.state_hash.map(Vec::from),
            attempt.created_at.0,
        ]);
        row.extend(progress(attempt)?);
        self.database.change(ADD_ATTEMPT, row).await.map(drop)
    }

    async fn move_connect_attempt(
        &self,
        attempt: &ConnectAttempt,
        from: AttemptState,
    ) -> Stored<bool> {
        let mut row = progress(attempt)?;
        row.extend(scoped(attempt.id.as_str(), &attempt.tenant));
        row.extend(values![from.as_str(), attempt.version.wrapping_sub(1)]);
        let moved = self.database.change(MOVE_ATTEMPT, row).await? > 0;
        self.database.shred();
        Ok(moved)
    }

    async fn connect_attempt(
        &self,
        tenant: &Tenant,
        id: &ConnectAttemptId,
    ) -> Stored<Option<ConnectAttempt>> {
        let key = scoped(id.as_str(), tenant);
        self.database.first(ATTEMPT, key).await
    }

    async fn connect_attempt_of_state(
        &self,
        state_hash: &[u8; 32],
    ) -> Stored<Option<ConnectAttempt>> {
        let state = values![state_hash.to_vec()];
        self.database.first(ATTEMPT_OF_STATE, state).await
    }

    async fn keep_hosted_properties(
        &self,
        session: &SessionId,
        properties: &Map<String, Json>,
        until: Millis,
    ) -> Stored<()> {
        let properties = serde_json::to_string(properties).map_err(Fault::from)?;
        let row = values![session.as_str(), properties, until.0];
        self.database.change(KEEP_PROPERTIES, row).await.map(drop)
    }

    async fn hosted_properties(
        &self,
        session: &SessionId,
        now: Millis,
    ) -> Stored<Option<Map<String, Json>>> {
        let key = values![session.as_str(), now.0];
        let found: Option<Properties> = self.database.first(PROPERTIES, key).await?;
        Ok(found.map(|Properties(properties)| properties))
    }

    async fn forget_connecting(&self, now: Millis, gone: Millis) -> Stored<u64> {
        let steps = vec![
            Step::Change(FORGET_PARKED, values![now.0]),
            Step::Change(FORGET_LINKS, values![gone.0]),
            Step::Change(FORGET_PROPERTIES, values![gone.0]),
        ];
        let counts = self.database.together(steps).await?;
        let parked = counts.first().copied().unwrap_or(0);
        if counts.iter().any(|count| *count > 0) {
            self.database.shred();
        }
        Ok(parked)
    }
}

/// The columns that change on the way, in their order.
fn progress(attempt: &ConnectAttempt) -> Result<crate::value::Values, Fault> {
    let problem = attempt.problem.as_ref();
    let problem = problem.map(serde_json::to_string).transpose()?;
    let connection = attempt.connection.as_ref();
    Ok(values![
        attempt.state.as_str(),
        serde_json::to_string(&attempt.wish)?,
        attempt.parked,
        attempt.version,
        connection.map(ToString::to_string),
        problem,
        attempt.expires_at.0,
    ])
}

impl FromRecord for ConnectLink {
    const TABLE: &'static str = "connect_links";

    fn from_record(record: &Record<'_>) -> Result<Self, Fault> {
        Ok(Self {
            id: record.parse("id", ConnectLinkId::parse)?,
            tenant: record.tenant()?,
            account: record.parse("account", AccountId::parse)?,
            slug: record.get("slug")?,
            code_hash: record.get("code_hash")?,
            browser: record.get("browser")?,
            wish: record.json("wish")?,
            created_at: record.time("created_at")?,
            opened_at: record.time_optional("opened_at")?,
            expires_at: record.time("expires_at")?,
        })
    }
}

impl FromRecord for ConnectAttempt {
    const TABLE: &'static str = "connect_attempts";

    fn from_record(record: &Record<'_>) -> Result<Self, Fault> {
        Ok(Self {
            id: record.parse("id", ConnectAttemptId::parse)?,
            link: record.parse("link", ConnectLinkId::parse)?,
            tenant: record.tenant()?,
            account: record.parse("account", AccountId::parse)?,
            slug: record.get("slug")?,
            auth: record.get("auth")?,
            trust: record.get("trust")?,
            state: record.parse("state", AttemptState::parse)?,
            state_hash: record.get("state_hash")?,
            wish: record.json("wish")?,
            parked: record.get("parked")?,
            version: record.get("version")?,
            connection: record.parse_optional("connection", ConnectionId::parse)?,
            problem: record.json_optional("problem")?,
            created_at: record.time("created_at")?,
            expires_at: record.time("expires_at")?,
        })
    }
}

/// A row of `hosted_properties`.
struct Properties(Map<String, Json>);

impl FromRecord for Properties {
    const TABLE: &'static str = "hosted_properties";

    fn from_record(record: &Record<'_>) -> Result<Self, Fault> {
        Ok(Self(record.json("properties")?))
    }
}
