//! The audit log.

use async_trait::async_trait;
use tenon_engine::model::{
    Actor, AuditEntry, AuditFilter, AuditId, Environment, OrgId, Page, Paging, RequestId, Tenant,
};
use tenon_engine::ports::{Audits, Stored};

use super::chain::AUDIT_ENTRY;
use super::step::Step;
use crate::database::{Database, SqlStore};
use crate::fault::Fault;
use crate::record::{FromRecord, Record};
use crate::selection::Selection;
use crate::value::values;

const ADD: &str = "INSERT INTO audit_entries
    (id, at, actor_kind, actor, org, environment, act, target, origin, request_id, status, detail)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *";

const END: &str = "UPDATE audit_entries SET status = ?, detail = ? WHERE id = ? RETURNING *";

const NEWEST_FIRST: &str = "at DESC, id DESC";

#[async_trait]
impl<D: Database> Audits for SqlStore<D> {
    async fn audit(&self, entry: &AuditEntry) -> Stored<()> {
        let row = values![
            entry.id.as_str(),
            entry.at.0,
            entry.actor.kind,
            entry.actor.id,
            entry
                .tenant
                .as_ref()
                .map(|tenant| tenant.org.as_str().to_owned()),
            entry
                .tenant
                .as_ref()
                .map(|tenant| tenant.environment.as_str().to_owned()),
            entry.act,
            entry.target,
            entry.from,
            entry.request_id.as_str(),
            entry.status,
            entry.detail.to_string(),
        ];
        let steps = vec![Step::Audits(ADD, row)];
        self.database.together(steps).await.map(drop)
    }

    async fn audit_ended(&self, entry: &AuditEntry) -> Stored<()> {
        let row = values![entry.status, entry.detail.to_string(), entry.id.as_str()];
        let steps = vec![Step::Audits(END, row)];
        self.database.together(steps).await.map(drop)
    }

    async fn audit_entry(&self, id: &AuditId) -> Stored<Option<AuditEntry>> {
        self.database.first(AUDIT_ENTRY, values![id.as_str()]).await
    }

    async fn audit_entries(
        &self,
        filter: &AuditFilter,
        paging: Paging,
    ) -> Stored<Page<AuditEntry>> {
        let everything = match &filter.tenant {
            Some(tenant) => Selection::of(tenant),
            None => Selection::of_all(),
        };
        let selection = everything
            .and("actor = ?", filter.actor.clone())
            .and("act = ?", filter.act.clone())
            .and("at >= ?", filter.from.map(|time| time.0))
            .and("at < ?", filter.until.map(|time| time.0));
        self.database.page(selection, NEWEST_FIRST, paging).await
    }
}

impl FromRecord for AuditEntry {
    const TABLE: &'static str = "audit_entries";

    fn from_record(record: &Record<'_>) -> Result<Self, Fault> {
        let org = record.parse_optional("org", OrgId::parse)?;
        let environment = record.parse_optional("environment", Environment::parse)?;
        Ok(Self {
            id: record.parse("id", AuditId::parse)?,
            at: record.time("at")?,
            actor: Actor {
                kind: record.get("actor_kind")?,
                id: record.get("actor")?,
            },
            tenant: org
                .zip(environment)
                .map(|(org, environment)| Tenant { org, environment }),
            act: record.get("act")?,
            target: record.get("target")?,
            from: record.get("origin")?,
            request_id: record.parse("request_id", RequestId::parse)?,
            status: record.get("status")?,
            detail: record.json("detail")?,
        })
    }
}
