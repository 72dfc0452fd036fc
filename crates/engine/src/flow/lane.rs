//! Who a call is, to everything that counts calls.

use std::sync::Arc;

use tenon_connector::Plan;
use tenon_connector::document::RateScope;
use tenon_connector::rate::Window;

use crate::model::{Connection, Tenant};

/// The names that a call is counted under, and the windows that count it.
#[derive(Debug)]
pub(crate) struct Lane {
    pub(super) windows: Arc<[Window]>,
    pub(super) tenant: Arc<str>,
    pub(super) connection: Arc<str>,
    /// The tenant's calls to the host.
    pub(super) host: Arc<str>,
    /// Everybody's calls to the host.
    pub(super) shared_host: Arc<str>,
    account_gate: Arc<str>,
    application_gate: Arc<str>,
}

impl Lane {
    pub(super) fn of(connection: &Connection, windows: Arc<[Window]>, plan: &Plan) -> Self {
        let Tenant { org, environment } = &connection.tenant;
        let tenant = format!("{}/{}", org.as_str(), environment.as_str());
        let (name, port) = (
            plan.url.host_str().unwrap_or_default(),
            plan.url.port_or_known_default().unwrap_or_default(),
        );
        // What the sandbox does says nothing of the application that it plays.
        let played = if connection.sandbox { "sandbox " } else { "" };
        let host = format!("{played}{name}:{port}");
        // Two connections to the same account of the application share what it allows that account.
        let known = connection.identifier.as_deref();
        let account = known
            .filter(|_| !connection.sandbox)
            .unwrap_or(connection.id.as_str());
        let application = format!("{tenant} {}", connection.slug);
        Self {
            windows,
            connection: connection.id.as_str().into(),
            host: format!("{tenant} {host}").into(),
            shared_host: host.into(),
            account_gate: format!("{application} {account}").into(),
            application_gate: application.into(),
            tenant: tenant.into(),
        }
    }

    /// The gates that a call passes, in order. The first is there even where the application has no windows: it closes
    /// when the application had too many requests all the same.
    pub(super) fn gates(&self) -> impl Iterator<Item = (RateScope, &Arc<str>)> {
        let shared = self
            .windows
            .iter()
            .any(|window| window.scope == RateScope::Application);
        let account = (RateScope::Connection, &self.account_gate);
        let application = (RateScope::Application, &self.application_gate);
        std::iter::once(account).chain(shared.then_some(application))
    }

    #[cfg(test)]
    pub(super) fn of_names(tenant: &str, connection: &str, host: &str) -> Self {
        Self {
            windows: Arc::from([]),
            tenant: tenant.into(),
            connection: connection.into(),
            host: format!("{tenant} {host}").into(),
            shared_host: host.into(),
            account_gate: format!("{tenant} {connection}").into(),
            application_gate: format!("{tenant} {host}").into(),
        }
    }
}
