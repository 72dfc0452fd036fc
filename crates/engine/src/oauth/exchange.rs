//! From an authorization code to a connection.

use std::collections::BTreeMap;

use tenon_connector::document::Flow;
use tenon_connector::grant::{ACCESS_TOKEN, CODE, Grant, Proof, REFRESH_TOKEN, VERIFIER};
use tenon_connector::{Connector, Way};
use tenon_vault::{Credential, Secret};

use super::call::for_token_call;
use super::clients::granting_way;
use super::schedule;
use crate::Engine;
use crate::connections::Identity;
use crate::error::{Code, Error, Outcomes};
use crate::model::{Millis, Renewal, Tenant};

/// Tokens that an account agreed to, before they are kept.
#[derive(Debug)]
pub struct Granted {
    /// At which application.
    pub slug: String,
    /// By which of its ways to authenticate.
    pub auth: String,
    /// The facts of the connection, those that the answer brought among them.
    pub facts: BTreeMap<String, String>,
    /// What was agreed to.
    pub scopes: Vec<String>,
    /// Whose the tokens are at the application, as far as it said.
    pub identity: Identity,
    /// The tokens.
    pub credential: Credential,
    pub(crate) client: Option<String>,
    pub(crate) renewal: Renewal,
}

/// What a person brought back, and what was remembered for it.
#[derive(Debug)]
pub struct BroughtBack<'a> {
    /// The facts of the connection that they were asked for.
    pub facts: BTreeMap<String, String>,
    /// Where they came back to.
    pub redirect_uri: &'a str,
    /// [`super::Consent::kept`].
    pub kept: &'a Credential,
    /// The code.
    pub code: Secret,
}

impl Engine {
    /// Exchanges a code for tokens and asks whose they are. Nothing is kept yet: see [`Engine::keep_granted`].
    ///
    /// # Errors
    /// [`Code::AuthorizationFailed`] in the application's words.
    pub async fn exchange(
        &self,
        tenant: &Tenant,
        slug: &str,
        auth: &str,
        back: BroughtBack<'_>,
    ) -> Outcomes<Granted> {
        let connector = self.registry.connector(slug)?;
        let (auth, way) = granting_way(&connector, Some(auth))?;
        let grant = granting(way)?;
        let client = self.client_of(tenant, &connector, auth, way).await?;
        let plan = connector.token_plan(grant, &back.facts, Proof::Code(back.redirect_uri))?;
        let credential = for_token_call(back.kept, Some(&client), [(CODE, back.code)]);
        let (granted, asked_at) = self.first_tokens(grant, plan, &credential).await?;
        let renewable = granted
            .fields
            .iter()
            .any(|(name, token)| name == REFRESH_TOKEN && !token.is_empty());
        let chance = self.clock.chance();
        let mut facts = back.facts;
        facts.extend(granted.facts);
        let mut tokens = granted.fields;
        if grant.flow() == Flow::Oauth1 {
            tokens.extend(client.fields());
        }
        let scopes = granted.scope.as_deref().map(Grant::split);
        let taken = Granted {
            slug: connector.slug.clone(),
            auth: auth.to_owned(),
            renewal: renewal(way, granted.expires_in, asked_at, renewable, chance),
            scopes: scopes.unwrap_or_default(),
            identity: Identity::default(),
            client: Some(client.id),
            credential: Credential::from_fields(tokens),
            facts,
        };
        self.complete(tenant, &connector, way, taken).await
    }

    /// Asks whose the tokens are, and checks the facts that came with them.
    pub(super) async fn complete(
        &self,
        tenant: &Tenant,
        connector: &Connector,
        way: &Way,
        taken: Granted,
    ) -> Outcomes<Granted> {
        connector
            .check_facts(&taken.facts)
            .map_err(Error::validation)?;
        let identity = self.verify(tenant, connector, way, &taken.credential, &taken.facts);
        Ok(Granted {
            identity: identity.await?,
            ..taken
        })
    }
}

/// When tokens that live so long are renewed.
pub(super) fn renewal(
    way: &Way,
    expires_in: Option<i64>,
    asked_at: Millis,
    renewable: bool,
    chance: f64,
) -> Renewal {
    let doc = way.grant.as_ref().map(|grant| &grant.doc);
    let usual = doc.and_then(|doc| doc.life_seconds).map(i64::from);
    let idle = doc.and_then(|doc| doc.idle_days);
    schedule::renewal(asked_at, expires_in.or(usual), idle, renewable, chance)
}

pub(super) fn granting(way: &Way) -> Outcomes<&Grant> {
    let grant = way.grant.as_deref();
    grant.ok_or_else(|| Error::of(Code::ConnectorChanged))
}

/// The new tokens over the old credential: what the answer does not bring stays, such as a refresh token that is not rotated.
pub(super) fn over(old: &Credential, new: Vec<(String, Secret)>) -> Credential {
    let kept = old
        .fields()
        .filter(|(name, _)| ![CODE, VERIFIER, ACCESS_TOKEN].contains(name))
        .map(|(name, secret)| (name.to_owned(), secret.clone()));
    Credential::from_fields(kept.chain(new))
}
