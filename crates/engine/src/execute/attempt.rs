//! One attempt at a request: sent once, read, counted, and written down.

use std::time::Duration;

use tenon_connector::document::Effect;
use tenon_connector::rate::{Told, Window};
use tenon_connector::retry::{Ending, Safety};
use tenon_connector::{Answer, Payload, Plan, Verdict, disposition};
use tenon_egress::{Call, ErrorKind, Fault, Keep, Route, SendError};
use tenon_vault::Credential;
use tokio::time::Instant;

use super::outcome::{self, of_send_error};
use super::run::{Run, Sent};
use crate::Engine;
use crate::accounts::partition;
use crate::connections::Question;
use crate::flow::Turn;
use crate::model::{Attempt, Connection, ConnectionEventKind, ConnectionStatus, Outcome};

const NOT_THERE: Fault = Fault(
    ErrorKind::StoredFile,
    "was sent nothing: a file of the request is not there",
);
const NOT_KEPT: Fault = Fault(
    ErrorKind::NotKept,
    "answered, and there was no room to keep the answer",
);

/// How long an application may take to confirm that a refused credential is dead.
const CONFIRM_LIMIT: Duration = Duration::from_secs(5);

impl Engine {
    /// One attempt: what came of it, how it ended where another could help, and how long the application asks to wait.
    pub(super) async fn attempt(
        &self,
        run: &mut Run,
        plan: &Plan,
        credential: &Credential,
        safety: Safety,
        mut turn: Turn,
    ) -> (Sent, Option<Ending>, Option<Duration>) {
        let (started_at, began) = (self.clock.now(), Instant::now());
        let result = self.call(run, plan, credential).await;
        let took = began.elapsed();
        let duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        self.flow
            .ended(&run.pass.lane, outcome::host_is_well(&result, took));
        let mut attempt = Attempt {
            step: plan.step.clone(),
            method: plan.method.as_str().to_owned(),
            host: plan.url.host_str().unwrap_or_default().to_owned(),
            path: plan.url.path().to_owned(),
            started_at,
            duration_ms,
            http_status: None,
            error: None,
            sent: true,
        };
        let ended = match result {
            Ok(answer) => {
                attempt.http_status = Some(answer.status);
                let now = self.clock.now().0;
                let (action, connector) = (&run.action, &run.connector);
                let verdict = action.interpret(connector, &plan.step, &answer, now);
                let ending = outcome::ending_of_verdict(&verdict, answer.status);
                let asked = verdict.failure().and_then(|failure| failure.retry_after);
                let told = |window: &Window| window.told(&answer, now);
                match verdict {
                    Verdict::RateLimited(_) => turn.refuse(told, asked),
                    _ => turn.settle(told),
                }
                (Ok((answer, verdict)), ending, asked)
            }
            Err(error) => {
                let failed = of_send_error(&error, safety);
                attempt.error = Some(failed.0.code.as_str().to_owned());
                attempt.sent = error.sent == tenon_egress::Sent::Maybe;
                if attempt.sent {
                    turn.settle(|_| Told::default());
                }
                let ending = (!outcome::is_final(&error)).then(|| outcome::ending_of_error(&error));
                let (shown, status, known) = match failed {
                    (shown, status, Outcome::NotSent) if run.may_have_done(&plan.step) => {
                        outcome::in_doubt(shown, status)
                    }
                    known => known,
                };
                (Err((shown.because(error), status, known)), ending, None)
            }
        };
        run.execution.attempts.push(attempt);
        ended
    }

    async fn call(
        &self,
        run: &Run,
        plan: &Plan,
        credential: &Credential,
    ) -> Result<Answer, SendError> {
        let hosts = run
            .connector
            .host_set(&run.facts.connection)
            .unwrap_or_default();
        let pool = partition(&run.connection.tenant, run.connection.id.as_str());
        let route = self.route(&run.connection);
        let call = Call {
            plan,
            credential: Some(credential),
            hosts: &hosts,
            partition: &pool,
            route,
            deadline: run.deadline,
        };
        let account = (&run.execution.tenant, &run.execution.account);
        // Opened anew for each attempt: a repetition sends a file from its start.
        let ids = plan.body.stored_files();
        let files = self.open_files(account.0, account.1, ids).await;
        let files = files.map_err(|error| SendError::from(NOT_THERE).because(error))?;
        let Some((at_once, most)) = self.keeps(run, plan) else {
            let carried = self.egress.carry(call, files, None);
            return carried.await.map(outcome::answer);
        };
        let mut receiving = self.receiving_for(account.0, account.1);
        let sink = &mut receiving;
        let keep = Keep {
            sink,
            at_once,
            most,
        };
        let response = self.egress.carry(call, files, Some(keep)).await?;
        let success = (200..=299).contains(&response.status);
        let mut answer = outcome::answer(response);
        if receiving.has_begun() || (at_once && success) {
            let named = disposition::filename(&answer);
            let kept = receiving.finish((named, Some(answer.content_type().to_owned())));
            let file = kept.await.map_err(|error| {
                SendError::new(NOT_KEPT, tenon_egress::Sent::Maybe).because(error)
            })?;
            answer.payload = Payload::File(self.with_link(file));
        }
        Ok(answer)
    }

    /// Whether the answer goes to a file, and how long it may be then: at once where the action gives a file, and otherwise where a
    /// caller who only reads would have to do without it.
    fn keeps(&self, run: &Run, plan: &Plan) -> Option<(bool, usize)> {
        let most = usize::try_from(self.most_file_bytes()?).unwrap_or(usize::MAX);
        let last = run.action.step_names().last() == Some(plan.step.as_str());
        let gives_file = run.action.gives_file;
        let may = gives_file || (run.execution.effect == Effect::Read && run.wants_one_answer());
        (last && may).then_some((gives_file, most))
    }

    /// The way to the application, or to the sandbox that plays it.
    pub(crate) fn route(&self, connection: &Connection) -> Route {
        match (connection.sandbox, self.sandbox) {
            (true, Some(address)) => Route::Sandbox(address),
            // Without a sandbox its made-up credential still goes nowhere: port 9 of this machine discards.
            (true, None) => Route::Sandbox(std::net::SocketAddr::from(([127, 0, 0, 1], 9))),
            (false, _) => Route::Network,
        }
    }

    /// Asks the application who this is. Where it refuses that too, the credential is dead and the connection is marked.
    pub(super) async fn confirm_rejection(&self, run: &Run, credential: &Credential) {
        let Ok(way) = run.way() else { return };
        let connection = &run.connection;
        let pool = partition(&connection.tenant, connection.id.as_str());
        let question = Question {
            connector: &run.connector,
            way,
            credential,
            facts: &connection.facts,
            route: self.route(connection),
            partition: &pool,
            deadline: run.deadline.min(Instant::now() + CONFIRM_LIMIT),
        };
        let identified = self.identify(question).await;
        if let Some((Verdict::CredentialRejected(failure), _)) = identified {
            self.mark_dead(connection, "credential_rejected", &failure.message)
                .await;
        }
    }

    /// Marks a connection that cannot be used until the account authorizes again.
    pub(crate) async fn mark_dead(&self, connection: &Connection, reason: &str, said: &str) {
        let dead = Connection {
            status: ConnectionStatus::ReauthRequired,
            reason: Some(reason.to_owned()),
            ..connection.clone()
        };
        let event = self.event_of(&dead, ConnectionEventKind::Expired);
        let event = event.because(reason).with("said", said);
        if let Err(error) = self.store.mark_connection(&dead, &event).await {
            tracing::warn!(connection = %connection.id, error = &error as &dyn std::error::Error, "a dead connection could not be marked");
        }
    }
}
