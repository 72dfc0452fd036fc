//! Asking the application whose a credential is: when it is taken in, and when it is refused.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use tenon_connector::{Answer, Connector, Facts, Verdict, Way};
use tenon_egress::{Call, Route};
use tenon_vault::Credential;

use crate::Engine;
use crate::accounts::partition;
use crate::error::{Code, Error, Outcomes};
use crate::model::{ConnectionId, Tenant};

/// How long the application may take to say whose a new credential is.
const VERIFY_LIMIT: Duration = Duration::from_secs(5);

impl Engine {
    /// Asks the application whose the credential is. Only its own refusal counts against it: one that cannot be reached proves nothing.
    pub(super) async fn verify(
        &self,
        tenant: &Tenant,
        connector: &Connector,
        way: &Way,
        credential: &Credential,
        facts: &BTreeMap<String, String>,
    ) -> Outcomes<Option<String>> {
        let limit = Instant::now() + VERIFY_LIMIT;
        // The credential belongs to no connection yet, and still shares its sockets with no other.
        let pool = partition(tenant, ConnectionId::generate().as_str());
        let route = Route::Network;
        let identified = self
            .identify(connector, way, credential, facts, route, &pool, limit)
            .await;
        self.egress.forget(&pool);
        match identified {
            Some((Verdict::CredentialRejected(failure), _)) => Err(Error::new(
                Code::BadRequest,
                format!("Failed to verify credentials: {}", failure.message),
            )),
            Some((Verdict::Success, answer)) => Ok(connector.identifier(&answer)),
            _ => Ok(None),
        }
    }

    /// Sends the application's identity request, if it has one. `None` where there is none or no answer came.
    #[expect(
        clippy::too_many_arguments,
        reason = "these are the parts of one request; a struct would be used once"
    )]
    pub(crate) async fn identify(
        &self,
        connector: &Connector,
        way: &Way,
        credential: &Credential,
        facts: &BTreeMap<String, String>,
        route: Route,
        pool: &str,
        deadline: Instant,
    ) -> Option<(Verdict, Answer)> {
        let facts = Facts {
            connection: facts.clone(),
            idempotency_key: String::new(),
        };
        let plan = connector.identity_plan(way, &facts).ok()??;
        let hosts = connector.host_set(&facts.connection).ok()?;
        let call = Call {
            plan: &plan,
            credential: Some(credential),
            hosts: &hosts,
            partition: pool,
            route,
            deadline,
        };
        let answer = crate::execute::answer(self.egress.send(call).await.ok()?);
        Some((connector.interpret(&answer, self.clock.now().0), answer))
    }
}
