//! The audit log: who managed what, when, from where, and how it ended.

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tenon_engine::error::Outcomes;
use tenon_engine::model::{AuditEntry, AuditFilter, Environment, Tenant};

use crate::api::access::Access::Admin;
use crate::api::answer::{Answer, Json};
use crate::api::executions::{from, said, until};
use crate::api::extract::{ByAdmin, Left, Query, org_id};
use crate::api::paging::{PageQuery, Paged};
use crate::api::route::{Operation, Route, get};
use crate::api::text::day_or_moment;
use crate::app::App;

pub(super) fn routes() -> Vec<Route> {
    vec![get(
        "/api/v2/admin/audit",
        Admin,
        list,
        Operation::new("adminListAudit", "List what was managed")
            .describe("Newest first. A line without `status` is of an act that is under way, or whose process ended before it did.")
            .query::<PageQuery>()
            .query::<AuditQuery>()
            .gives::<Paged<AuditBody>>(),
    )]
}

/// Which lines.
#[derive(Debug, Deserialize, JsonSchema)]
struct AuditQuery {
    /// In this environment, of `organization_id` or of the first organization.
    #[schemars(with = "Option<String>", extend("enum" = ["test", "production"]))]
    environment: Option<Environment>,
    /// In this organization; with `environment`.
    organization_id: Option<String>,
    /// By this one: an id of an API key or a session, or what names an admin key.
    actor: Option<String>,
    /// Of this act, such as `adminCreateApiKey`.
    act: Option<String>,
    /// At or after this day or time (ISO 8601).
    #[schemars(extend("anyOf" = day_or_moment()))]
    start_date: Option<String>,
    /// Before this time, or on or before this day.
    #[schemars(extend("anyOf" = day_or_moment()))]
    end_date: Option<String>,
}

/// One act of management.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "AuditEntry")]
struct AuditBody {
    audit_id: String,
    /// When it was asked for.
    at: String,
    /// `admin_key`, `api_key`, `session` or `system`.
    actor_kind: String,
    /// The record's id; of an admin key the first characters of its hash.
    actor: String,
    organization_id: Option<String>,
    environment: Option<&'static str>,
    /// The operation's id in this document.
    act: String,
    /// The names in the path.
    target: String,
    /// The caller's address, or `local` for a command that opened the database itself.
    from: String,
    request_id: String,
    /// How it ended.
    status: Option<u16>,
    /// Ids and counts of the answer.
    detail: Value,
}

impl From<AuditEntry> for AuditBody {
    fn from(entry: AuditEntry) -> Self {
        let tenant = entry.tenant.as_ref();
        Self {
            audit_id: entry.id.to_string(),
            at: entry.at.to_iso(),
            actor_kind: entry.actor.kind,
            actor: entry.actor.id,
            organization_id: tenant.map(|tenant| tenant.org.to_string()),
            environment: tenant.map(|tenant| tenant.environment.as_str()),
            act: entry.act,
            target: entry.target,
            from: entry.from,
            request_id: entry.request_id.to_string(),
            status: entry.status,
            detail: entry.detail,
        }
    }
}

async fn list(
    State(app): State<App>,
    Left(admin): ByAdmin,
    Query(page): Query<PageQuery>,
    Query(query): Query<AuditQuery>,
) -> Answer<Paged<AuditBody>> {
    let paging = page.paging();
    let org = query.organization_id.as_deref().map(org_id).transpose()?;
    let tenant = match query.environment {
        Some(environment) => Some(Tenant {
            org: app.engine.organization(admin, org.as_ref()).await?.id,
            environment,
        }),
        None => None,
    };
    let filter = query.filter(tenant)?;
    let found = app.engine.audit_entries(admin, &filter, paging).await?;
    Ok(Json(Paged::new(found, paging, AuditBody::from)))
}

impl AuditQuery {
    fn filter(&self, tenant: Option<Tenant>) -> Outcomes<AuditFilter> {
        Ok(AuditFilter {
            tenant,
            actor: said(self.actor.as_deref()).map(str::to_owned),
            act: said(self.act.as_deref()).map(str::to_owned),
            from: said(self.start_date.as_deref()).map(from).transpose()?,
            until: said(self.end_date.as_deref()).map(until).transpose()?,
        })
    }
}
