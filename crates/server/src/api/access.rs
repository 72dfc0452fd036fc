//! Who may call a route: decided before its handler runs, by the layer that the table puts before it.
//!
//! A handler gets its caller from the request's extensions, and only this layer can put one there, because only the
//! engine can make one.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::Method;
use tenon_engine::access::Presented;
use tenon_engine::error::{Code, Error, Outcomes};

use super::audit::{self, Act};
use super::error::Failure;
use super::presented;
use crate::app::App;

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Open,
    /// An API key: a whole environment.
    Tenant,
    /// One linked account: by session token, or by API key and account.
    Account,
    /// One linked account by API key and account. A token alone is refused.
    KeyedAccount,
    /// One linked account by session token.
    Session,
    /// An API key, or a session token for its own account.
    TenantOrSession,
    /// The admin key: the whole installation.
    Admin,
    /// A browser at a page for people. Its handler asks for the secret of the browser wherever there is something of a
    /// tenant's to see.
    Browser,
}

impl Access {
    /// Whether no credential is asked for.
    pub(super) fn is_anonymous(self) -> bool {
        matches!(self, Self::Open | Self::Browser)
    }
}

/// What the layer before a handler works with.
#[derive(Clone)]
pub(super) struct Gate {
    pub(super) app: App,
    pub(super) access: Access,
    /// What the audit log calls it, where it has a line of each call.
    pub(super) act: Option<Arc<Act>>,
}

/// Lets a request pass to its handler with the caller that its route demands.
pub(super) async fn admit(
    State(gate): State<Gate>,
    mut request: Request,
    next: Next,
) -> Result<Response, Failure> {
    // Asking for the head of a page that does something would do it.
    if gate.access == Access::Browser && request.method() == Method::HEAD {
        return Err(Error::of(Code::MethodNotAllowed).into());
    }
    if !gate.access.is_anonymous() {
        let presented = presented::read(&request)?;
        attach_caller(&gate, &presented, &mut request).await?;
        request.extensions_mut().insert(Arc::new(presented));
    }
    match &gate.act {
        Some(act) => audit::audited(&gate.app, act, request, next).await,
        None => Ok(next.run(request).await),
    }
}

async fn attach_caller(gate: &Gate, presented: &Presented, request: &mut Request) -> Outcomes<()> {
    let engine = &gate.app.engine;
    let extensions = request.extensions_mut();
    match gate.access {
        Access::Open | Access::Browser => {}
        Access::Admin => {
            extensions.insert(engine.admin_caller(presented).await?);
        }
        Access::Session => {
            extensions.insert(engine.session_caller(presented).await?);
        }
        Access::KeyedAccount if presented.api_key.is_none() => return Err(key_needed()),
        Access::Account | Access::KeyedAccount => {
            extensions.insert(engine.account_caller(presented).await?);
        }
        // A token beside the key narrows it: the caller then speaks for the token's account only.
        Access::TenantOrSession if presented.bearer.is_some() => {
            extensions.insert(engine.account_caller(presented).await?);
        }
        Access::Tenant | Access::TenantOrSession => {
            extensions.insert(engine.tenant_caller(presented).await?);
        }
    }
    Ok(())
}

fn key_needed() -> Error {
    Error::new(Code::InvalidCredentials, "Invalid Credentials")
}
