//! The audit log: every act of management has its line before it is done.

use serde_json::{Value, json};

use crate::Engine;
use crate::access::AdminCaller;
use crate::error::{Code, Error, Outcomes};
use crate::model::{Actor, AuditEntry, AuditFilter, AuditId, Page, Paging, RequestId, Tenant};

impl Engine {
    /// Writes the line of an act that is about to be done. Where it cannot be written, the act must not be done.
    ///
    /// # Errors
    /// [`Code::LogUnavailable`].
    pub async fn audit(&self, entry: &AuditEntry) -> Outcomes<()> {
        let written = self.store.audit(entry).await;
        written.map_err(|error| Error::of(Code::LogUnavailable).after(1000).because(error))
    }

    /// Completes the line of an act that was done. Where that fails the line stays open, which says the same as a crash.
    pub async fn audit_ended(&self, entry: &AuditEntry) {
        if let Err(error) = self.store.audit_ended(entry).await {
            tracing::error!(entry = %entry.id, error = &error as &dyn std::error::Error, "an act's end could not be written into the audit log");
        }
    }

    /// Lines of the audit log, newest first.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn audit_entries(
        &self,
        _admin: AdminCaller,
        filter: &AuditFilter,
        paging: Paging,
    ) -> Outcomes<Page<AuditEntry>> {
        Ok(self.store.audit_entries(filter, paging).await?)
    }

    /// Writes down that something sealed did not open: somebody altered or moved it, or its key is gone.
    pub(crate) async fn report_unreadable(&self, tenant: &Tenant, what: &str, reason: &str) {
        tracing::error!(what, reason, "something sealed does not open");
        let entry = AuditEntry {
            id: AuditId::generate(),
            at: self.clock.now(),
            actor: Actor {
                kind: "system".to_owned(),
                id: self.boot.to_string(),
            },
            tenant: Some(tenant.clone()),
            act: "unreadable".to_owned(),
            target: what.to_owned(),
            from: "local".to_owned(),
            request_id: RequestId::generate(),
            status: Some(Code::CredentialUnreadable.entry().status),
            detail: json!({ "reason": reason }),
        };
        if let Err(error) = self.audit(&entry).await {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the audit log has no line of it"
            );
        }
    }

    /// A line for an act that begins now.
    pub fn audit_entry(
        &self,
        actor: Actor,
        tenant: Option<Tenant>,
        (act, target): (String, String),
        from: String,
        request_id: RequestId,
    ) -> AuditEntry {
        AuditEntry {
            id: AuditId::generate(),
            at: self.clock.now(),
            actor,
            tenant,
            act,
            target,
            from,
            request_id,
            status: None,
            detail: Value::Null,
        }
    }
}
