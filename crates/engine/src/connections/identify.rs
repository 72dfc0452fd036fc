//! Asking the application whose a credential is: when it is taken in, and when it is refused.

use std::collections::BTreeMap;
use std::time::Duration;

use tenon_connector::{Answer, Connector, Facts, Verdict, Way};
use tenon_egress::{Call, Route};
use tenon_vault::Credential;
use tokio::time::Instant;

use crate::Engine;
use crate::accounts::partition;
use crate::error::{Code, Error, Outcomes};
use crate::model::{ConnectionId, Tenant};

/// How long the application may take to say whose a new credential is.
const VERIFY_LIMIT: Duration = Duration::from_secs(5);

/// Whose a credential is at the application, as far as it said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// The application's own id of the account.
    pub identifier: Option<String>,
    /// What a person calls it, such as its e-mail address.
    pub name: Option<String>,
}

/// Whose is this credential?
pub(crate) struct Question<'a> {
    pub(crate) connector: &'a Connector,
    pub(crate) way: &'a Way,
    pub(crate) credential: &'a Credential,
    pub(crate) facts: &'a BTreeMap<String, String>,
    pub(crate) route: Route,
    pub(crate) partition: &'a str,
    pub(crate) deadline: Instant,
}

impl Engine {
    /// Asks the application whose the credential is. Only its own refusal counts against it: one that cannot be reached proves nothing.
    pub(crate) async fn verify(
        &self,
        tenant: &Tenant,
        connector: &Connector,
        way: &Way,
        credential: &Credential,
        facts: &BTreeMap<String, String>,
    ) -> Outcomes<Identity> {
        // The credential belongs to no connection yet, and still shares its sockets with no other.
        let pool = partition(tenant, ConnectionId::generate().as_str());
        let question = Question {
            connector,
            way,
            credential,
            facts,
            route: Route::Network,
            partition: &pool,
            deadline: Instant::now() + VERIFY_LIMIT,
        };
        let identified = self.identify(question).await;
        self.egress.forget(&pool);
        match identified {
            Some((Verdict::CredentialRejected(failure), _)) => Err(Error::new(
                Code::BadRequest,
                format!("Failed to verify credentials: {}", failure.message),
            )),
            Some((Verdict::Success, answer)) => Ok(Identity {
                identifier: connector.identifier(&answer),
                name: connector.account_name(&answer),
            }),
            _ => Ok(Identity::default()),
        }
    }

    /// Sends the application's identity request, if it has one. `None` where there is none or no answer came.
    pub(crate) async fn identify(&self, question: Question<'_>) -> Option<(Verdict, Answer)> {
        let Question { connector, way, .. } = question;
        let facts = Facts {
            connection: question.facts.clone(),
            idempotency_key: String::new(),
        };
        let plan = connector.identity_plan(way, &facts).ok()??;
        let hosts = connector.host_set(&facts.connection).ok()?;
        let call = Call {
            plan: &plan,
            credential: Some(question.credential),
            hosts: &hosts,
            partition: question.partition,
            route: question.route,
            deadline: question.deadline,
        };
        let answer = crate::execute::answer(self.egress.send(call).await.ok()?);
        Some((connector.interpret(&answer, self.clock.now().0), answer))
    }
}
