//! One call of a token endpoint.

use std::time::Duration;

use tenon_connector::Plan;
use tenon_connector::grant::Grant;
use tenon_connector::hosts::HostSet;
use tenon_connector::token::TokenPaths;
use tenon_egress::{Call, Granted, Route, SendError, Told};
use tenon_vault::{Credential, Secret};
use tokio::time::Instant;

use super::clients::OpenClient;
use super::verdict::{Verdict, judge};
use crate::Engine;
use crate::error::{Code, Error, Outcomes};
use crate::model::{ConnectionId, Millis};

/// How long a token endpoint may take where a person waits for a new connection.
pub(super) const TOKEN_LIMIT: Duration = Duration::from_secs(10);

impl Engine {
    /// Tokens for somebody who waits for a new connection, and when they were asked for.
    ///
    /// # Errors
    /// [`Code::AuthorizationFailed`] in the application's words.
    pub(super) async fn first_tokens(
        &self,
        grant: &Grant,
        plan: (Plan, HostSet),
        credential: &Credential,
    ) -> Outcomes<(Granted, Millis)> {
        let asked_at = self.clock.now();
        let asking = self.ask_for_tokens(grant, plan, credential, TOKEN_LIMIT);
        match judge(asking.await, &grant.doc, self.clock.now().0) {
            Verdict::Granted(granted) => Ok((granted, asked_at)),
            Verdict::Ended(words) | Verdict::Failed { words, .. } => {
                Err(Error::new(Code::AuthorizationFailed, words.sentence()))
            }
        }
    }

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
    let client = client.into_iter().flat_map(OpenClient::fields);
    let more = more
        .into_iter()
        .map(|(name, secret)| (name.to_owned(), secret));
    let own = own
        .fields()
        .map(|(name, secret)| (name.to_owned(), secret.clone()));
    Credential::from_fields(client.chain(more).chain(own))
}
