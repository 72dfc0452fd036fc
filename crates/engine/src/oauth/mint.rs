//! Tokens that a credential earns by itself: client credentials (RFC 6749, 4.4) and signed assertions (RFC 7523).

use std::collections::BTreeMap;

use tenon_connector::document::ClientAuth;
use tenon_connector::grant::{CLIENT_ID, Proof};
use tenon_connector::{Connector, Way};
use tenon_vault::Credential;

use super::OWN_CLIENT;
use super::call::{TOKEN_LIMIT, for_token_call};
use super::consent::asked_scopes;
use super::exchange::{Granted, Taken, failed, granting, over, renewal};
use super::verdict::{Verdict, judge};
use crate::Engine;
use crate::error::Outcomes;
use crate::model::Tenant;

/// Whether this credential's tokens are asked for with the tenant's client.
pub(crate) fn needs_client(way: &Way) -> bool {
    way.grant.as_ref().is_some_and(|grant| {
        let typed = way.doc.fields.contains_key(CLIENT_ID);
        !(typed || grant.flow().mints() && grant.doc.client_auth == ClientAuth::None)
    })
}

impl Engine {
    /// Tokens for what a person typed, and whose they are.
    pub(crate) async fn granted_to_typed(
        &self,
        tenant: &Tenant,
        connector: &Connector,
        way: (&str, &Way),
        typed: Credential,
        facts: BTreeMap<String, String>,
    ) -> Outcomes<Granted> {
        let taken = self.mint(tenant, connector, way, typed, facts).await?;
        self.complete(tenant, connector, way, taken).await
    }

    /// Asks for tokens with what a person typed.
    async fn mint(
        &self,
        tenant: &Tenant,
        connector: &Connector,
        (auth, way): (&str, &Way),
        typed: Credential,
        facts: BTreeMap<String, String>,
    ) -> Outcomes<Taken> {
        let grant = granting(way)?;
        let client = match needs_client(way) {
            true => Some(self.client_of(tenant, connector, auth, way).await?),
            false => None,
        };
        let asked_at = self.clock.now();
        let scopes = asked_scopes(way, client.as_ref());
        let proof = Proof::Itself(&scopes, asked_at.seconds());
        let plan = connector.token_plan(grant, &facts, proof)?;
        let credential = for_token_call(&typed, client.as_ref(), []);
        let told = self
            .ask_for_tokens(grant, plan, &credential, TOKEN_LIMIT)
            .await;
        let granted = match judge(told, &grant.doc, self.clock.now().0) {
            Verdict::Granted(granted) => granted,
            Verdict::Ended(words) | Verdict::Failed { words, .. } => return Err(failed(&words)),
        };
        let chance = self.clock.chance();
        let mut facts = facts;
        facts.extend(granted.facts);
        Ok(Taken {
            renewal: renewal(way, granted.expires_in, asked_at, true, chance),
            credential: over(&typed, granted.fields),
            facts,
            scopes,
            client: Some(client.map_or_else(|| OWN_CLIENT.to_owned(), |client| client.id)),
        })
    }
}
