//! A browser at the pages of the link that it opened.

use tenon_vault::Secret;

use super::Stopped;
use crate::Engine;
use crate::error::{Code, Error, Outcomes};
use crate::model::{
    Account, ConnectAttempt, ConnectAttemptId, ConnectFault, ConnectLink, ConnectLinkId,
    ConnectSettings, Connection, Organization, SessionId, Tenant,
};

/// A browser at the pages of its link: only [`Engine::visit`] makes one.
#[derive(Debug)]
pub struct Visit {
    /// The link.
    pub link: ConnectLink,
    /// The tenant.
    pub organization: Organization,
    /// The account.
    pub account: Account,
    /// What the tenant decided about connecting.
    pub settings: ConnectSettings,
}

impl Engine {
    /// Lets a browser in, if the link is its own and good.
    ///
    /// # Errors
    /// Where it is not; nothing tells a link of another browser from one that is not there but the words for people.
    pub async fn visit(&self, link: &str, browser: Option<&Secret>) -> Result<Visit, Stopped> {
        let id = ConnectLinkId::parse(link).ok_or(ConnectFault::LinkUnknown)?;
        let found = self.store.connect_link(&id).await?;
        let link = found.ok_or(ConnectFault::LinkUnknown)?;
        if !self.is_browser_of(&link, browser) {
            return Err(ConnectFault::OtherBrowser.into());
        }
        if link.expires_at <= self.clock.now() {
            return Err(ConnectFault::LinkOver.into());
        }
        self.check_maker(&link).await?;
        let gone = || Error::of(Code::ResourceNotFound);
        let organization = self.store.organization(&link.tenant.org).await?;
        Ok(Visit {
            organization: organization.ok_or_else(gone)?,
            account: self.existing_account(&link.tenant, &link.account).await?,
            settings: self.store.environment_settings(&link.tenant).await?.connect,
            link,
        })
    }

    /// Refuses a link whose maker's credential was revoked meanwhile.
    pub(super) async fn check_maker(&self, link: &ConnectLink) -> Result<(), Stopped> {
        let maker = &link.wish.maker;
        let revoked = match maker.kind.as_str() {
            "session" => match SessionId::parse(&maker.id) {
                Some(id) => {
                    let session = self.store.session(&id).await?;
                    session.is_some_and(|session| session.revoked_at.is_some())
                }
                None => true,
            },
            "api_key" => {
                let keys = self.store.api_keys(&link.tenant).await?;
                let own = keys.iter().find(|key| key.id.as_str() == maker.id);
                own.is_none_or(|key| key.revoked_at.is_some())
            }
            _ => false,
        };
        match revoked {
            true => Err(ConnectFault::LinkRevoked.into()),
            false => Ok(()),
        }
    }

    /// Refuses an application that the tenant switched off.
    pub(super) async fn check_offered(&self, tenant: &Tenant, slug: &str) -> Outcomes<()> {
        let settings = self.store.application_settings(tenant).await?;
        let off = settings
            .iter()
            .any(|(known, decided)| known == slug && !decided.enabled);
        match off {
            true => Err(Error::of(Code::ApplicationDisabled)),
            false => Ok(()),
        }
    }

    /// The account's connections, for the pages.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn connections_of_visit(&self, visit: &Visit) -> Outcomes<Vec<Connection>> {
        let (tenant, account) = (&visit.link.tenant, &visit.link.account);
        Ok(self.store.connections(tenant, account, None).await?)
    }

    /// An attempt that began at the visitor's link.
    ///
    /// # Errors
    /// Where there is none.
    pub async fn attempt_of_visit(
        &self,
        visit: &Visit,
        attempt: &str,
    ) -> Result<ConnectAttempt, Stopped> {
        let id = ConnectAttemptId::parse(attempt).ok_or(ConnectFault::AttemptOver)?;
        let found = self.store.connect_attempt(&visit.link.tenant, &id).await?;
        let own = found.filter(|attempt| attempt.link == visit.link.id);
        Ok(own.ok_or(ConnectFault::AttemptOver)?)
    }
}
