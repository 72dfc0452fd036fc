//! The timelines of connections.

use async_trait::async_trait;
use tenon_engine::model::{
    AccountId, ConnectionEvent, ConnectionEventKind, ConnectionId, EventId, Millis, Page, Paging,
    Tenant,
};
use tenon_engine::ports::{Stored, Timeline};

use super::step::Step;
use crate::database::{Database, SqlStore};
use crate::fault::Fault;
use crate::record::{FromRecord, Record};
use crate::selection::Selection;
use crate::value::values;

const ADD: &str = "INSERT INTO connection_events
    (id, at, org, environment, account, connection, slug, kind, reason, detail, announced)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

const FORGET_REFRESHES: &str = "DELETE FROM connection_events
    WHERE kind IN ('refreshed', 'refresh_failed') AND at < ?";

const NEWEST_FIRST: &str = "at DESC, id DESC";

/// The step that writes an event. One that no webhook is told of counts as announced.
pub(super) fn add(event: &ConnectionEvent) -> Result<Step, Fault> {
    let row = values![
        event.id.as_str(),
        event.at.0,
        event.tenant.org.as_str(),
        event.tenant.environment.as_str(),
        event.account.as_str(),
        event.connection.as_str(),
        event.slug,
        event.kind.as_str(),
        event.reason,
        serde_json::to_string(&event.detail)?,
        event.kind.announced_as().is_none(),
    ];
    Ok(Step::Change(ADD, row))
}

/// Runs the steps, among them that of the event, and tells those who wait for such events. Says how many rows each changed.
pub(super) async fn tell(
    database: &impl Database,
    steps: Vec<Step>,
    event: Option<&ConnectionEvent>,
) -> Stored<Vec<u64>> {
    let counts = database.together(steps).await?;
    if event.is_some_and(|event| event.kind.announced_as().is_some()) {
        database.news().notify_one();
    }
    Ok(counts)
}

#[async_trait]
impl<D: Database> Timeline for SqlStore<D> {
    async fn add_event(&self, event: &ConnectionEvent) -> Stored<()> {
        let steps = vec![add(event)?];
        tell(&self.database, steps, Some(event)).await.map(drop)
    }

    async fn timeline(
        &self,
        tenant: &Tenant,
        account: &AccountId,
        connection: &ConnectionId,
        paging: Paging,
    ) -> Stored<Page<ConnectionEvent>> {
        let selection = Selection::of(tenant)
            .and("connection = ?", Some(connection.as_str().to_owned()))
            .and("account = ?", Some(account.as_str().to_owned()));
        self.database.page(selection, NEWEST_FIRST, paging).await
    }

    async fn forget_refreshes(&self, before: Millis) -> Stored<u64> {
        self.database
            .change(FORGET_REFRESHES, values![before.0])
            .await
    }
}

impl FromRecord for ConnectionEvent {
    const TABLE: &'static str = "connection_events";

    fn from_record(record: &Record<'_>) -> Result<Self, Fault> {
        Ok(Self {
            id: record.parse("id", EventId::parse)?,
            at: record.time("at")?,
            tenant: record.tenant()?,
            account: record.parse("account", AccountId::parse)?,
            connection: record.parse("connection", ConnectionId::parse)?,
            slug: record.get("slug")?,
            kind: record.parse("kind", ConnectionEventKind::parse)?,
            reason: record.get("reason")?,
            detail: record.json("detail")?,
        })
    }
}
