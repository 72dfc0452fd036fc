//! Beginning an attempt: the browser is sent to the application, or the form that it filled in is checked and parked.

use serde_json::{Map, Value};
use tenon_connector::Connector;
use url::Url;

use super::note::{browser_of, target};
use super::offers::{consent_facts, ground};
use super::parked::{Away, Parked};
use super::tokens::For;
use super::{ATTEMPT_LIFE, Asks, Came, PARKED_LIFE, Stopped, Visit, WayOffer};
use crate::Engine;
use crate::error::{Code, Error, Outcomes};
use crate::model::{
    AttemptState, AttemptWish, Confirm, ConnectAttempt, ConnectAttemptId, ConnectFault,
    ConnectionId,
};
use crate::oauth::SettingOut;

/// What a visitor sent from a consent page or a form.
#[derive(Debug, Default)]
pub struct Submitted {
    /// The way to authenticate; the first that is offered where nobody says.
    pub auth: Option<String>,
    /// The inputs, by name.
    pub fields: Map<String, Value>,
    /// The connection that gets the new credential.
    pub replace: Option<ConnectionId>,
    /// Whether it becomes a connection beside those that there are.
    pub another: bool,
}

/// Where the browser goes.
#[derive(Debug)]
pub enum Next {
    /// To the application.
    Leave(Url),
    /// To the page of the attempt.
    Stay(Box<ConnectAttempt>),
}

impl Engine {
    /// Begins an attempt. `callback` is the address that the browser comes back to.
    ///
    /// # Errors
    /// [`Code::ValidationError`] for inputs that are missing or wrong; [`Code::BadRequest`] where the application refuses them.
    pub async fn begin_connect(
        &self,
        visit: &Visit,
        slug: &str,
        submitted: Submitted,
        callback: &str,
        came: &Came,
    ) -> Result<Next, Stopped> {
        let (connector, offers) = self.offers(visit, slug).await?;
        let mut offers = offers.into_iter();
        let chosen = match &submitted.auth {
            Some(name) => offers.find(|offer| offer.name == *name),
            None => offers.next(),
        };
        let chosen = chosen.ok_or(ConnectFault::NotOffered)?;
        let wish = self.attempt_wish(visit, slug, &submitted).await?;
        let attempt = self.new_attempt(visit, &connector, &chosen, wish).await?;
        match chosen.asks {
            Asks::Consent(_) => {
                let leaving = self.leave(visit, attempt, &submitted.fields, callback, came);
                Box::pin(leaving).await.map(Next::Leave)
            }
            Asks::Form => {
                let staying = self.take_form(visit, attempt, submitted.fields, came);
                Box::pin(staying)
                    .await
                    .map(|attempt| Next::Stay(Box::new(attempt)))
            }
        }
    }

    /// The connection that is meant has to be one of the account at this application.
    async fn attempt_wish(
        &self,
        visit: &Visit,
        slug: &str,
        submitted: &Submitted,
    ) -> Outcomes<AttemptWish> {
        let link = &visit.link;
        let replace = link.wish.replace.as_ref().or(submitted.replace.as_ref());
        if let Some(id) = replace {
            let own = self
                .store
                .connections(&link.tenant, &link.account, Some(slug));
            if !own.await?.iter().any(|one| one.id == *id) {
                return Err(Error::of(Code::ConnectionNotFound));
            }
        }
        Ok(AttemptWish {
            replace: replace.cloned(),
            another: submitted.another && replace.is_none(),
            ..AttemptWish::default()
        })
    }

    async fn new_attempt(
        &self,
        visit: &Visit,
        connector: &Connector,
        chosen: &WayOffer,
        wish: AttemptWish,
    ) -> Outcomes<ConnectAttempt> {
        let link = &visit.link;
        let (tenant, slug) = (link.tenant.clone(), connector.slug.clone());
        let client = self
            .store
            .oauth_client(&tenant, &slug, &chosen.name)
            .await?;
        let now = self.clock.now();
        Ok(ConnectAttempt {
            id: ConnectAttemptId::generate(),
            link: link.id.clone(),
            tenant,
            account: link.account.clone(),
            trust: ground(connector, &chosen.name, client.as_ref())?,
            slug,
            auth: chosen.name.clone(),
            state: AttemptState::Begun,
            state_hash: None,
            wish,
            parked: None,
            version: 1,
            connection: None,
            problem: None,
            created_at: now,
            expires_at: now.plus(ATTEMPT_LIFE),
        })
    }

    async fn leave(
        &self,
        visit: &Visit,
        mut attempt: ConnectAttempt,
        fields: &Map<String, Value>,
        callback: &str,
        came: &Came,
    ) -> Result<Url, Stopped> {
        let facts = consent_facts(&visit.link.wish.facts, fields)?;
        let state = For::State.make();
        attempt.state_hash = self.connect_hash(For::State, &state);
        let (tenant, slug) = (&attempt.tenant, &attempt.slug);
        let (auth, state) = (Some(attempt.auth.as_str()), state.expose());
        let out = SettingOut {
            facts: &facts,
            redirect_uri: callback,
            state,
        };
        let consent = self.consent(tenant, slug, auth, &out).await?;
        attempt.wish.facts = facts;
        attempt.wish.scopes = consent.scopes;
        let away = Away {
            callback: callback.to_owned(),
            kept: consent.kept,
        };
        self.park(&mut attempt, &Parked::Away(away))?;
        self.add_attempt(&attempt, came).await?;
        Ok(consent.url)
    }

    async fn take_form(
        &self,
        visit: &Visit,
        mut attempt: ConnectAttempt,
        fields: Map<String, Value>,
        came: &Came,
    ) -> Result<ConnectAttempt, Stopped> {
        let known = visit.link.wish.facts.iter();
        let known = known.map(|(name, text)| (name.clone(), Value::from(text.as_str())));
        // An empty input of a form says nothing.
        let said = |value: &Value| value.as_str().is_none_or(|text| !text.trim().is_empty());
        let typed = fields.into_iter().filter(|(_, value)| said(value));
        let given: Map<_, _> = known.chain(typed).collect();
        let (tenant, slug) = (&attempt.tenant, &attempt.slug);
        let granting = self.grant_of_fields(tenant, slug, Some(&attempt.auth), &given);
        let granted = Box::pin(granting).await?;
        attempt.state = AttemptState::Parked;
        attempt.expires_at = self.clock.now().plus(PARKED_LIFE);
        self.park(&mut attempt, &Parked::Granted(Box::new(granted)))?;
        self.add_attempt(&attempt, came).await?;
        match visit.settings.confirm {
            Confirm::On => Ok(attempt),
            Confirm::Off => Ok(Box::pin(self.redeem(&attempt, came)).await?),
        }
    }

    async fn add_attempt(&self, attempt: &ConnectAttempt, came: &Came) -> Outcomes<()> {
        let act = ("connectBegun", target(attempt));
        let actor = browser_of(&attempt.link);
        self.note_step(actor, &attempt.tenant, act, came).await?;
        Ok(self.store.add_connect_attempt(attempt).await?)
    }
}
