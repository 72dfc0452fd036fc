//! Tokens that a credential earns by itself: client credentials (RFC 6749, 4.4) and signed assertions (RFC 7523).

use std::collections::BTreeMap;

use tenon_connector::document::ClientAuth;
use tenon_connector::grant::{CLIENT_ID, Proof};
use tenon_connector::{Connector, Way};
use tenon_vault::Credential;

use super::OWN_CLIENT;
use super::call::for_token_call;
use super::consent::asked_scopes;
use super::exchange::{Granted, granting, over, renewal};
use crate::Engine;
use crate::connections::Identity;
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
        (auth, way): (&str, &Way),
        typed: Credential,
        mut facts: BTreeMap<String, String>,
    ) -> Outcomes<Granted> {
        let grant = granting(way)?;
        let client = self.client_for(tenant, connector, auth, way).await?;
        let scopes = asked_scopes(way, client.as_ref().map(|client| &client.scopes));
        let proof = Proof::Itself(&scopes, self.clock.now().seconds());
        let plan = connector.token_plan(grant, &facts, proof)?;
        let credential = for_token_call(&typed, client.as_ref(), []);
        let (granted, asked_at) = self.first_tokens(grant, plan, &credential).await?;
        let chance = self.clock.chance();
        facts.extend(granted.facts);
        let taken = Granted {
            slug: connector.slug.clone(),
            auth: auth.to_owned(),
            renewal: renewal(way, granted.expires_in, asked_at, true, chance),
            identity: Identity::default(),
            client: Some(client.map_or_else(|| OWN_CLIENT.to_owned(), |client| client.id)),
            credential: over(&typed, granted.fields),
            facts,
            scopes,
        };
        self.complete(tenant, connector, way, taken).await
    }
}
