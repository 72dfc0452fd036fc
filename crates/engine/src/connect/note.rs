//! The flow in the audit log: links made, attempts begun, confirmed and ended. Never with a code, a `state` or an address.

use serde_json::json;

use crate::Engine;
use crate::error::Outcomes;
use crate::model::{Actor, ConnectAttempt, ConnectLinkId, ConnectProblem, RequestId, Tenant};

/// The call that a step of the flow came with.
#[derive(Debug, Clone)]
pub struct Came {
    /// From which address.
    pub from: String,
    /// The call's id.
    pub request: RequestId,
}

impl Engine {
    /// Writes a line about a step, before it is taken.
    pub(super) async fn note_step(
        &self,
        actor: Actor,
        tenant: &Tenant,
        (act, target): (&str, String),
        came: &Came,
    ) -> Outcomes<()> {
        let act = (act.to_owned(), target);
        let (from, request) = (came.from.clone(), came.request.clone());
        let mut entry = self.audit_entry(actor, Some(tenant.clone()), act, from, request);
        entry.status = Some(200);
        self.audit(&entry).await
    }

    /// Writes a line about an attempt that ended without a connection. Where it cannot be written, the attempt has ended
    /// all the same.
    pub(super) async fn note_failure(
        &self,
        attempt: &ConnectAttempt,
        problem: &ConnectProblem,
        came: &Came,
    ) {
        let act = ("connectFailed".to_owned(), target(attempt));
        let actor = browser_of(&attempt.link);
        let (from, request) = (came.from.clone(), came.request.clone());
        let tenant = Some(attempt.tenant.clone());
        let mut entry = self.audit_entry(actor, tenant, act, from, request);
        entry.status = Some(400);
        entry.detail = json!({"reason": problem.fault.as_str()});
        if let Err(error) = self.audit(&entry).await {
            tracing::error!(error = &error as &dyn std::error::Error, attempt = %attempt.id, "the audit log has no line of a failed attempt");
        }
    }
}

/// What the log calls an attempt: its application, its account and its id.
pub(super) fn target(attempt: &ConnectAttempt) -> String {
    format!("{} {} {}", attempt.slug, attempt.account, attempt.id)
}

/// A browser, by the link that it opened.
pub(super) fn browser_of(link: &ConnectLinkId) -> Actor {
    Actor {
        kind: "connect_link".to_owned(),
        id: link.to_string(),
    }
}
