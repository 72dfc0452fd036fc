//! A link's code for a session token, for pages that are the tenant's own.
//!
//! Whoever holds the code gets the token, without a browser of its own and without confirmation. So it is offered only
//! where the tenant switched confirmation off, and the token runs no action: it lists applications and connects them.

use tenon_vault::Secret;

use super::Stopped;
use crate::Engine;
use crate::error::{Code, Error, Outcomes};
use crate::model::{Confirm, ConnectFault, ConnectLink, Millis, Session, SessionId};

/// How long the token lives.
const LIFE: i64 = 60 * super::MINUTE;

impl Engine {
    /// Exchanges a code that nobody used for a session token of its account.
    ///
    /// # Errors
    /// [`Code::InvalidToken`] for a code that is used, over or none; [`Code::Forbidden`] where confirmation is on.
    pub async fn exchange_connect_code(&self, code: &Secret) -> Outcomes<Secret> {
        let link = match self.link_of_code(code).await {
            Ok(link) => link,
            Err(Stopped::Error(error)) => return Err(error),
            Err(Stopped::Problem(_)) => return Err(no_code()),
        };
        let settings = self.store.environment_settings(&link.tenant).await?;
        if settings.connect.confirm == Confirm::On {
            let message =
                "Codes are exchanged only where the environment's connect confirmation is off";
            return Err(Error::new(Code::Forbidden, message));
        }
        let now = self.clock.now();
        let used = ConnectLink {
            opened_at: Some(now),
            expires_at: now,
            ..link
        };
        if !self.store.use_connect_code(&used).await? {
            return Err(no_code());
        }
        let session = session_of(&used, now);
        self.store.add_session(&session).await?;
        let properties = &used.wish.properties;
        if !properties.is_empty() {
            let keeping =
                self.store
                    .keep_hosted_properties(&session.id, properties, session.expires_at);
            keeping.await?;
        }
        self.write_token(&session)
    }
}

/// The session of a link: what its maker may do, but for executions.
fn session_of(link: &ConnectLink, now: Millis) -> Session {
    let issued_at = Millis(now.seconds() * 1_000);
    let mut scopes = link.wish.scopes.clone();
    if let Some(slug) = &link.slug {
        scopes.apps = Some(vec![slug.clone()]);
    }
    Session {
        id: SessionId::generate(),
        tenant: link.tenant.clone(),
        account: link.account.clone(),
        scopes,
        issued_at,
        expires_at: issued_at.plus(LIFE),
        max_calls: Some(0),
        calls: 0,
        revoked_at: None,
    }
}

fn no_code() -> Error {
    let fault = ConnectFault::LinkUnknown.as_str();
    Error::new(Code::InvalidToken, "Invalid code").because(fault)
}
