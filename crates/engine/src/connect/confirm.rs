//! Same-user confirmation: what came back becomes a connection only when a credential of the same account says so.

use tenon_vault::{Secret, digest};
use url::Url;

use super::note::target;
use super::{Came, Visit};
use crate::Engine;
use crate::access::AccountCaller;
use crate::error::{Code, Error, Outcomes};
use crate::model::{
    AttemptState, Confirm, ConnectAttempt, ConnectAttemptId, ConnectFault, ConnectLink,
    ConnectSettings,
};

/// What the tenant's page gets, so that it can confirm.
#[derive(Debug)]
pub struct Handover {
    /// What confirms the attempt.
    pub confirm: Secret,
    /// Where the browser can return to with it.
    pub redirect: Option<Url>,
    /// Whether it returns there at once: no page that opened the pages can be told instead.
    pub at_once: bool,
}

impl Engine {
    /// What the tenant's page gets of an attempt that waits for its confirmation; nothing where it does not wait.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn handover(&self, attempt: &ConnectAttempt) -> Outcomes<Option<Handover>> {
        let settings = self
            .store
            .environment_settings(&attempt.tenant)
            .await?
            .connect;
        let waits = attempt.state == AttemptState::Parked
            && settings.confirm == Confirm::On
            && !attempt.is_late(self.clock.now());
        let link = self.store.connect_link(&attempt.link).await?;
        let Some(link) = link.filter(|_| waits) else {
            return Ok(None);
        };
        let confirm = self.confirmation(&attempt.id);
        let proof = ("connect_confirm", confirm.expose());
        let redirect = return_of(&link, &settings).map(|url| carrying(url, attempt, proof));
        Ok(Some(Handover {
            redirect,
            at_once: link.wish.redirect_url.is_some() || settings.origins.is_empty(),
            confirm,
        }))
    }

    /// Where a browser goes at once after a step: back to the tenant, where the link says so or nobody else can confirm.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn onward(&self, attempt: &ConnectAttempt) -> Outcomes<Option<Url>> {
        if attempt.state != AttemptState::Connected {
            let handover = self.handover(attempt).await?;
            let at_once = handover.filter(|handover| handover.at_once);
            return Ok(at_once.and_then(|handover| handover.redirect));
        }
        let link = self.store.connect_link(&attempt.link).await?;
        let wished = link.and_then(|link| link.wish.redirect_url);
        let settings = self
            .store
            .environment_settings(&attempt.tenant)
            .await?
            .connect;
        let url = wished.and_then(|text| settings.return_address(&text));
        let end = ("connect_state", attempt.state.as_str());
        Ok(url.map(|url| carrying(url, attempt, end)))
    }

    /// Where a visitor returns to when there is nothing to confirm any more.
    pub fn way_back(&self, visit: &Visit) -> Option<Url> {
        return_of(&visit.link, &visit.settings)
    }

    /// Confirms an attempt as the account's own user's, and makes it a connection. Asked again, it answers the same.
    ///
    /// # Errors
    /// [`Code::ResourceNotFound`] for an attempt that is not there or another confirmation; [`Code::Forbidden`] for another
    /// account's, which ends it; [`Code::Conflict`] for one that is over.
    pub async fn confirm_connect(
        &self,
        caller: &AccountCaller,
        attempt: &str,
        confirm: &Secret,
        came: &Came,
    ) -> Outcomes<ConnectAttempt> {
        let unknown = || {
            Error::new(
                Code::ResourceNotFound,
                "There is no such attempt to connect",
            )
        };
        let id = ConnectAttemptId::parse(attempt).ok_or_else(unknown)?;
        let found = self.store.connect_attempt(caller.tenant(), &id).await?;
        let attempt = found.ok_or_else(unknown)?;
        let own = self.confirmation(&attempt.id);
        if !digest::equal(own.expose().as_bytes(), confirm.expose().as_bytes()) {
            return Err(unknown());
        }
        if caller.account().account_id != attempt.account {
            return Err(self.refuse_other_user(&attempt, came).await?);
        }
        caller.check_connecting(Some(&attempt.slug))?;
        if attempt.state != AttemptState::Parked {
            return answered(attempt);
        }
        if attempt.is_late(self.clock.now()) {
            let failed = self
                .fail(&attempt, ConnectFault::AttemptOver.into(), came)
                .await?;
            return answered(failed);
        }
        let act = ("connectConfirmed", target(&attempt));
        let actor = caller.actor().clone();
        self.note_step(actor, &attempt.tenant, act, came).await?;
        answered(Box::pin(self.redeem(&attempt, came)).await?)
    }

    /// Whoever completed the page was another user than the account's: what came back must not become anybody's.
    async fn refuse_other_user(&self, attempt: &ConnectAttempt, came: &Came) -> Outcomes<Error> {
        if attempt.state == AttemptState::Parked {
            self.fail(attempt, ConnectFault::OtherUser.into(), came)
                .await?;
        }
        let message =
            "The attempt to connect is another linked account's; it has ended without a connection";
        Ok(Error::new(Code::Forbidden, message))
    }
}

/// What is told of an attempt whose confirmation was right.
fn answered(attempt: ConnectAttempt) -> Outcomes<ConnectAttempt> {
    let ended = |fault: ConnectFault| {
        let message = format!("The attempt to connect has ended: {}", fault.as_str());
        Error::new(Code::Conflict, message)
    };
    match attempt.state {
        AttemptState::Connected | AttemptState::Choosing | AttemptState::Redeeming => Ok(attempt),
        AttemptState::Failed => Err(ended(
            attempt
                .problem
                .map_or(ConnectFault::AttemptOver, |problem| problem.fault),
        )),
        AttemptState::Begun | AttemptState::Parked => Err(ended(ConnectFault::AttemptOver)),
    }
}

/// The address of the link, if it is still allowed; else, where no page can be told, the first that is.
fn return_of(link: &ConnectLink, settings: &ConnectSettings) -> Option<Url> {
    let wished = link.wish.redirect_url.as_deref();
    let usual = settings.redirect_urls.first().map(String::as_str);
    wished
        .or(usual)
        .and_then(|text| settings.return_address(text))
}

/// The address with an attempt and one thing more.
fn carrying(mut url: Url, attempt: &ConnectAttempt, (name, value): (&str, &str)) -> Url {
    url.query_pairs_mut()
        .append_pair("connect_attempt", attempt.id.as_str())
        .append_pair(name, value);
    url
}
