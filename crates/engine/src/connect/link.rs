//! Links: made by a tenant or an account, opened once.

use serde_json::{Map, Value};
use tenon_vault::{Secret, digest};

use super::tokens::For;
use super::{CODE_LIFE, Came, PAGES_LIFE, Stopped};
use crate::Engine;
use crate::access::AccountCaller;
use crate::error::{Code, Error, Outcomes};
use crate::model::{
    Confirm, ConnectFault, ConnectLink, ConnectLinkId, ConnectSettings, ConnectionId, LinkWish,
    Millis,
};

/// How long the properties of a session are kept: as long as the compatible API does.
const PROPERTIES_LIFE: i64 = 3 * 24 * 60 * super::MINUTE;
/// The largest properties that are kept, as JSON.
const LARGEST_PROPERTIES: usize = 16 * 1024;

/// What a link is asked for with.
#[derive(Debug, Default)]
pub struct NewLink {
    /// The one application that it is for.
    pub slug: Option<String>,
    /// The way to authenticate, or its family.
    pub auth: Option<String>,
    /// The connection that gets the new credential.
    pub replace: Option<ConnectionId>,
    /// Facts of the connection that the account need not be asked for.
    pub facts: Map<String, Value>,
    /// Where the browser returns to.
    pub redirect_url: Option<String>,
    /// How the pages look; kept as they are.
    pub properties: Map<String, Value>,
}

/// A link that was made.
#[derive(Debug)]
pub struct MadeLink {
    /// Its id.
    pub id: ConnectLinkId,
    /// The code for its address. It is not kept.
    pub code: Secret,
    /// Until when the code is good.
    pub expires_at: Millis,
}

/// A link that was opened.
#[derive(Debug)]
pub struct OpenedLink {
    /// The link.
    pub link: ConnectLink,
    /// The secret of the browser that opened it: its own, or one that was made for it.
    pub browser: Secret,
}

impl Engine {
    /// Makes a link for the caller's account.
    ///
    /// # Errors
    /// Where the caller's token does not cover connecting; [`Code::ValidationError`] for what cannot be; [`Code::BadRequest`]
    /// where nobody could confirm what would be connected.
    pub async fn make_connect_link(
        &self,
        caller: &AccountCaller,
        new: NewLink,
        came: &Came,
    ) -> Outcomes<MadeLink> {
        caller.check_connecting(new.slug.as_deref())?;
        let settings = self.store.environment_settings(caller.tenant()).await?;
        check_return(&settings.connect, new.redirect_url.as_deref())?;
        let wish = self.wish(caller, &new).await?;
        let code = For::Code.make();
        let now = self.clock.now();
        let link = ConnectLink {
            id: ConnectLinkId::generate(),
            tenant: caller.tenant().clone(),
            account: caller.account().account_id.clone(),
            slug: new.slug,
            code_hash: self.connect_hash(For::Code, &code).unwrap_or_default(),
            browser: None,
            wish,
            created_at: now,
            opened_at: None,
            expires_at: now.plus(CODE_LIFE),
        };
        let target = format!("{} {}", link.account, link.id);
        let act = ("connectLinkMade", target);
        self.note_step(caller.actor().clone(), &link.tenant, act, came)
            .await?;
        self.store.add_connect_link(&link).await?;
        self.keep_properties(caller, new.properties).await?;
        Ok(MadeLink {
            id: link.id,
            code,
            expires_at: link.expires_at,
        })
    }

    async fn wish(&self, caller: &AccountCaller, new: &NewLink) -> Outcomes<LinkWish> {
        let facts = match &new.slug {
            Some(slug) => {
                self.check_offered(caller.tenant(), slug).await?;
                let connector = self.registry.connector(slug)?;
                super::offers::known_facts(&connector, &new.facts)?
            }
            None => Default::default(),
        };
        Ok(LinkWish {
            maker: caller.actor().clone(),
            scopes: caller.scopes().clone(),
            auth: new.auth.clone(),
            replace: new.replace.clone(),
            facts,
            redirect_url: new.redirect_url.clone(),
            properties: new.properties.clone(),
        })
    }

    async fn keep_properties(
        &self,
        caller: &AccountCaller,
        properties: Map<String, Value>,
    ) -> Outcomes<()> {
        let size = serde_json::to_vec(&properties).map_or(usize::MAX, |bytes| bytes.len());
        if size > LARGEST_PROPERTIES {
            let message = format!("The properties may be {LARGEST_PROPERTIES} bytes of JSON");
            return Err(Error::invalid("", "range", message));
        }
        let Some(session) = caller.session().filter(|_| !properties.is_empty()) else {
            return Ok(());
        };
        let until = self.clock.now().plus(PROPERTIES_LIFE);
        let keeping = self
            .store
            .keep_hosted_properties(&session.id, &properties, until);
        Ok(keeping.await?)
    }

    /// How the pages of the caller's session look, as it was said last; nothing where it was not said.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn hosted_properties(&self, caller: &AccountCaller) -> Outcomes<Map<String, Value>> {
        let Some(session) = caller.session() else {
            return Ok(Map::new());
        };
        let found = self.store.hosted_properties(&session.id, self.clock.now());
        Ok(found.await?.unwrap_or_default())
    }

    /// Opens a link, once. The browser keeps the secret that it has: tabs of one browser share it.
    ///
    /// # Errors
    /// Where the code was used, is over or is none.
    pub async fn open_connect_link(
        &self,
        code: &Secret,
        browser: Option<Secret>,
    ) -> Result<OpenedLink, Stopped> {
        let known = browser.filter(|own| self.connect_hash(For::Browser, own).is_some());
        let browser = known.unwrap_or_else(|| For::Browser.make());
        let mut link = self.link_of_code(code).await?;
        let now = self.clock.now();
        link.browser = self.connect_hash(For::Browser, &browser);
        link.opened_at = Some(now);
        link.expires_at = now.plus(PAGES_LIFE);
        match self.store.use_connect_code(&link).await? {
            true => Ok(OpenedLink { link, browser }),
            false => Err(ConnectFault::LinkUsed.into()),
        }
    }

    /// The link of a code that is good.
    pub(super) async fn link_of_code(&self, code: &Secret) -> Result<ConnectLink, Stopped> {
        let hash = self.connect_hash(For::Code, code);
        let hash = hash.ok_or(ConnectFault::LinkUnknown)?;
        let link = self.store.connect_link_of_code(&hash).await?;
        let link = link.ok_or(ConnectFault::LinkUnknown)?;
        if link.opened_at.is_some() {
            return Err(ConnectFault::LinkUsed.into());
        }
        if link.expires_at <= self.clock.now() {
            return Err(ConnectFault::LinkOver.into());
        }
        self.check_maker(&link).await?;
        Ok(link)
    }

    /// Whether this browser is the link's.
    pub(super) fn is_browser_of(&self, link: &ConnectLink, browser: Option<&Secret>) -> bool {
        let shown = browser.and_then(|secret| self.connect_hash(For::Browser, secret));
        shown
            .zip(link.browser)
            .is_some_and(|(shown, own)| digest::equal(&shown, &own))
    }
}

/// Refuses a return to an address that is not listed, and a link whose connections nobody could confirm.
fn check_return(settings: &ConnectSettings, wanted: Option<&str>) -> Outcomes<()> {
    if let Some(url) = wanted {
        return match settings.return_address(url) {
            Some(_allowed) => Ok(()),
            None => {
                let message = "`redirect_url` is not among the addresses that this environment allows; add it with \
                               `tenon environment set --redirect-url URL`, or its origin with `--origin ORIGIN`";
                Err(Error::invalid("redirect_url", "not_allowed", message))
            }
        };
    }
    if settings.confirm == Confirm::On && !settings.can_confirm() {
        let message = "Nobody could confirm what is connected: tell this environment where your application is, with \
                       `tenon environment set --origin https://app.example.com` (or --redirect-url), or switch the \
                       confirmation off with --confirm off; docs/connecting.md says what that gives up";
        return Err(Error::new(Code::BadRequest, message));
    }
    Ok(())
}
