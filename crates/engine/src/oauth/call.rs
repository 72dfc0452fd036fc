//! One call of a token endpoint.

use std::time::Duration;

use tenon_connector::Plan;
use tenon_connector::grant::{CLIENT_ID, CLIENT_SECRET, Grant};
use tenon_connector::hosts::HostSet;
use tenon_connector::token::TokenPaths;
use tenon_egress::{Call, Route, SendError, Told};
use tenon_vault::{Credential, Secret};
use tokio::time::Instant;

use super::clients::OpenClient;
use crate::Engine;
use crate::model::ConnectionId;

/// How long a token endpoint may take: well below the lease.
pub(super) const TOKEN_LIMIT: Duration = Duration::from_secs(10);

impl Engine {
    /// Sends a token request, once, on a connection of its own: one that was idle may be gone, and such a request is not
    /// repeated.
    pub(super) async fn ask_for_tokens(
        &self,
        grant: &Grant,
        (plan, hosts): (Plan, HostSet),
        credential: &Credential,
        limit: Duration,
    ) -> Result<Told, SendError> {
        let partition = ConnectionId::generate().to_string();
        let call = Call {
            plan: &plan,
            credential: Some(credential),
            hosts: &hosts,
            partition: &partition,
            route: Route::Network,
            deadline: Instant::now() + limit,
        };
        let told = self.egress.tokens(call, &TokenPaths::of(&grant.doc)).await;
        self.egress.forget(&partition);
        told
    }
}

/// The connection's own fields with what only a token call needs. The connection's own client wins: it is what a person typed.
pub(super) fn for_token_call(
    own: &Credential,
    client: Option<&OpenClient>,
    more: impl IntoIterator<Item = (&'static str, Secret)>,
) -> Credential {
    let client = client.into_iter().flat_map(|client| {
        let secret = client.secret.clone().map(|secret| (CLIENT_SECRET, secret));
        [Some((CLIENT_ID, Secret::new(client.id.clone()))), secret]
    });
    let further = client.flatten().chain(more);
    let further = further.map(|(name, secret)| (name.to_owned(), secret));
    let own = own
        .fields()
        .map(|(name, secret)| (name.to_owned(), secret.clone()));
    Credential::from_fields(further.chain(own))
}
