//! Coming back from the application: what it gave is parked, or the attempt ends.

use tenon_vault::Secret;

use super::judge::{Return, judge};
use super::offers::ground;
use super::parked::Parked;
use super::tokens::For;
use super::{Came, PARKED_LIFE, Stopped};
use crate::Engine;
use crate::error::Outcomes;
use crate::model::{
    AttemptState, Confirm, ConnectAttempt, ConnectFault, ConnectLink, ConnectProblem,
};

/// The most of the application's words that is kept.
const LONGEST_WORDS: usize = 300;
/// The longest code that is taken.
const LONGEST_CODE: usize = 8 * 1024;

/// What a browser brings back.
#[derive(Debug, Default)]
pub struct CameBack {
    /// The application in the address.
    pub slug: String,
    /// What we gave it to bring back.
    pub state: Option<Secret>,
    /// The code.
    pub code: Option<Secret>,
    /// Who answered (RFC 9207).
    pub iss: Option<String>,
    /// The application's error.
    pub error: Option<String>,
    /// What it says of it.
    pub error_description: Option<String>,
}

impl Engine {
    /// Takes what a browser brings back from an application. Where confirmation is switched off, it becomes a connection at once.
    ///
    /// # Errors
    /// Where nothing was begun that this could be the end of, or not in this browser.
    pub async fn come_back(
        &self,
        back: CameBack,
        browser: Option<&Secret>,
        came: &Came,
    ) -> Result<(ConnectLink, ConnectAttempt), Stopped> {
        let (link, attempt) = self.begun(&back).await?;
        let same_browser = self.is_browser_of(&link, browser);
        if let Err(fault) = self.judge_return(&back, &attempt, same_browser).await? {
            if fault == ConnectFault::StateUsed {
                return Err(fault.into());
            }
            let failed = self.fail(&attempt, fault.into(), came).await?;
            // The page of the attempt is for its own browser.
            return match same_browser {
                true => Ok((link, failed)),
                false => Err(fault.into()),
            };
        }
        let answered = match (&back.error, &back.code) {
            (Some(error), _) => Err(refusal(error, back.error_description.as_deref())),
            (None, Some(code)) if code.expose().len() <= LONGEST_CODE && !code.is_empty() => {
                Ok(code.clone())
            }
            _ => Err(ConnectFault::NoCode.into()),
        };
        let attempt = match answered {
            Ok(code) => self.park_code(&attempt, code, came).await?,
            Err(problem) => self.fail(&attempt, problem, came).await?,
        };
        Ok((link, attempt))
    }

    async fn begun(&self, back: &CameBack) -> Result<(ConnectLink, ConnectAttempt), Stopped> {
        let state = back.state.as_ref();
        let hash = state.and_then(|state| self.connect_hash(For::State, state));
        let hash = hash.ok_or(ConnectFault::StateUnknown)?;
        let attempt = self.store.connect_attempt_of_state(&hash).await?;
        let attempt = attempt.ok_or(ConnectFault::StateUnknown)?;
        let link = self.store.connect_link(&attempt.link).await?;
        Ok((link.ok_or(ConnectFault::StateUnknown)?, attempt))
    }

    async fn judge_return(
        &self,
        back: &CameBack,
        attempt: &ConnectAttempt,
        same_browser: bool,
    ) -> Outcomes<Result<(), ConnectFault>> {
        let ground = self.ground_of(attempt).await?;
        let connector = self.registry.connector(&attempt.slug).ok();
        let way = connector.as_ref().and_then(|one| one.way(&attempt.auth));
        let grant = way.and_then(|(_, way)| way.grant.as_ref());
        let seen = Return {
            slug: &back.slug,
            same_browser,
            issuer: back.iss.as_deref(),
            asked: grant.and_then(|grant| grant.doc.issuer.as_deref()),
            ground: ground.as_deref(),
            now: self.clock.now(),
        };
        Ok(judge(attempt, &seen))
    }

    /// What the attempt would rely on if it began now; nothing where the connector or its way is gone.
    pub(super) async fn ground_of(&self, attempt: &ConnectAttempt) -> Outcomes<Option<String>> {
        let Ok(connector) = self.registry.connector(&attempt.slug) else {
            return Ok(None);
        };
        let (slug, auth) = (&attempt.slug, &attempt.auth);
        let client = self.store.oauth_client(&attempt.tenant, slug, auth).await?;
        Ok(ground(&connector, auth, client.as_ref()).ok())
    }

    async fn park_code(
        &self,
        attempt: &ConnectAttempt,
        code: Secret,
        came: &Came,
    ) -> Result<ConnectAttempt, Stopped> {
        let Some(Parked::Away(away)) = self.unpark(attempt).await? else {
            return Err(ConnectFault::AttemptOver.into());
        };
        let until = self.clock.now().plus(PARKED_LIFE);
        let mut next = attempt.next(AttemptState::Parked, until);
        self.park(&mut next, &Parked::Code(away, code))?;
        let parked = self.step(attempt, next).await?;
        let parked = parked.ok_or(ConnectFault::StateUsed)?;
        let settings = self.store.environment_settings(&parked.tenant).await?;
        match settings.connect.confirm {
            Confirm::On => Ok(parked),
            Confirm::Off => Ok(Box::pin(self.redeem(&parked, came)).await?),
        }
    }
}

/// The application's error in its own words.
fn refusal(error: &str, description: Option<&str>) -> ConnectProblem {
    let fault = match error {
        "access_denied" => ConnectFault::Denied,
        _ => ConnectFault::Refused,
    };
    ConnectProblem {
        fault,
        said: Some(words(
            description
                .filter(|text| !text.trim().is_empty())
                .unwrap_or(error),
        )),
    }
}

/// Words of somebody else, short and without what is no letter of a text.
pub(super) fn words(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    plain.take(LONGEST_WORDS).collect()
}
