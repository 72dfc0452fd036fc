//! Phases 8 to 10: the requests of an execution, sent one after the other, each with its attempts.
//!
//! An unsafe request is sent at most once; the decision is [`tenon_connector::retry`]'s and pure.

use std::cmp::Ordering;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use tenon_connector::document::Effect;
use tenon_connector::rate::{Told, Window};
use tenon_connector::retry::{Decision, Ending, Safety, decide};
use tenon_connector::{Action, Answer, Connector, Facts, Plan, Verdict, Way};
use tenon_egress::{Call, Route};
use tenon_vault::Credential;
use tokio::time::Instant;

use super::answered::{Answered, Done};
use super::outcome::{self, of_failure, of_send_error};
use super::project::project;
use crate::Engine;
use crate::accounts::partition;
use crate::connections::Question;
use crate::error::{Code, Error, Outcomes};
use crate::flow::{Pass, Turn};
use crate::model::{
    Attempt, Connection, ConnectionStatus, Execution, ExecutionId, NodeStatus, Outcome,
};

/// How long an application may take to confirm that a refused credential is dead.
const CONFIRM_LIMIT: Duration = Duration::from_secs(5);

/// Everything that is fixed before the first byte leaves.
pub(super) struct Run {
    pub(super) connector: Arc<Connector>,
    pub(super) action: Arc<Action>,
    pub(super) connection: Connection,
    pub(super) params: Map<String, Value>,
    pub(super) facts: Facts,
    /// The first step that applies, planned.
    pub(super) first: (usize, Plan),
    pub(super) fields: Vec<String>,
    pub(super) deadline: Instant,
    pub(super) execution: Execution,
    /// The execution that it takes up again. Until the application says that it was done, it may have been done then.
    pub(super) over: Option<ExecutionId>,
    /// Its place among the executions that run.
    pub(super) pass: Pass,
}

/// How one request ended: an answer and what it means, or an error.
type Sent = Result<(Answer, Verdict), (Error, NodeStatus, Outcome)>;

impl Engine {
    /// Runs all requests, and leaves their attempts and the end in `run.execution`.
    pub(super) async fn send_all(&self, run: &mut Run) -> Done {
        let done = match self.unlock_for(run).await {
            Ok(credential) => self.send_steps(run, &credential).await,
            Err(error) => {
                run.end(
                    NodeStatus::Failed,
                    Outcome::NotSent,
                    Some(outcome::record_of(&error)),
                );
                Err(error)
            }
        };
        run.execution.finished_at = Some(self.clock.now());
        done.map_err(|error| Error {
            execution: Some(outcome::ended(&run.execution)),
            ..error
        })
    }

    async fn unlock_for(&self, run: &Run) -> Outcomes<Credential> {
        let way = run.way()?;
        self.unlock(&run.connection, &run.connector, way).await
    }

    async fn send_steps(&self, run: &mut Run, credential: &Credential) -> Done {
        let mut answers = Value::Object(Map::new());
        let (mut finished, mut last) = (Vec::new(), None);
        for index in 0..run.action.step_count() {
            let plan = match run.plan(index, &answers) {
                Ok(Some(plan)) => plan,
                Ok(None) => continue,
                Err(error) => {
                    return Err(run.fail(&finished, (error, NodeStatus::Failed, Outcome::NotSent)));
                }
            };
            let (answer, verdict) = match self.send_step(run, &plan, credential).await {
                Ok(sent) => sent,
                Err(failed) => return Err(run.fail(&finished, failed)),
            };
            if let Some(failure) = verdict.failure() {
                let safety = Safety::of(plan.effect, plan.idempotent);
                let mut error =
                    of_failure(&run.connector, &verdict, failure, answer.status, safety);
                if let Verdict::CredentialRejected(_) = verdict {
                    self.confirm_rejection(run, credential).await;
                }
                if !finished.is_empty() {
                    error.message = format!(
                        "{} (failed at step `{}`; done before: {})",
                        error.message,
                        plan.step,
                        finished.join(", ")
                    );
                }
                run.execution.http_status = Some(answer.status);
                let outcome = run.refused(&plan);
                run.end(NodeStatus::Failed, outcome, Some(error));
                return Ok(run.answered(answer.payload.into_data(), answer.status, None));
            }
            keep(&mut answers, &plan.step, &answer);
            finished.push(plan.step);
            last = Some(answer);
        }
        run.succeed(&answers, last)
    }

    /// One request with its attempts. A repetition that may not go leaves what came of the attempt before it.
    async fn send_step(&self, run: &mut Run, plan: &Plan, credential: &Credential) -> Sent {
        let safety = Safety::of(plan.effect, plan.idempotent);
        let mut last = None;
        for number in 1.. {
            let turn = self.flow.turn(&mut run.pass, plan.url.path(), run.deadline);
            let turn = match turn.await {
                Ok(turn) => turn,
                Err(error) => {
                    let refused = Err((error, NodeStatus::Failed, Outcome::NotSent));
                    return last.unwrap_or(refused);
                }
            };
            let (sent, ending, asked) = self.attempt(run, plan, credential, safety, turn).await;
            let Some(ending) = ending else { return sent };
            let remaining = run.deadline.saturating_duration_since(Instant::now());
            let chance = self.clock.chance();
            let obeys = ending == Ending::RateLimited && asked.is_some_and(|wait| !wait.is_zero());
            match decide(safety, ending, number, asked, remaining, chance) {
                Decision::Wait(wait) if self.flow.may_repeat(&run.pass.lane, obeys) => {
                    tokio::time::sleep(wait).await;
                }
                Decision::Wait(_) | Decision::Stop => return sent,
            }
            last = Some(sent);
        }
        Err((
            Error::of(Code::Internal),
            NodeStatus::Failed,
            Outcome::NotSent,
        ))
    }

    /// One attempt: what came of it, how it ended where another could help, and how long the application asks to wait.
    async fn attempt(
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
                let verdict = run.connector.interpret(&answer, self.clock.now().0);
                let ending = outcome::ending_of_verdict(&verdict, answer.status);
                let asked = verdict.failure().and_then(|failure| failure.retry_after);
                let now = self.clock.now().0;
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
    ) -> Result<Answer, tenon_egress::SendError> {
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
        self.egress.send(call).await.map(outcome::answer)
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
    async fn confirm_rejection(&self, run: &Run, credential: &Credential) {
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
        if let Some((Verdict::CredentialRejected(_), _)) = identified {
            let status = ConnectionStatus::ReauthRequired;
            let marked = self
                .store
                .set_connection_status(
                    &connection.tenant,
                    &connection.id,
                    connection.version,
                    status,
                )
                .await;
            if let Err(error) = marked {
                tracing::warn!(connection = %connection.id, error = &error as &dyn std::error::Error, "a dead connection could not be marked");
            }
        }
    }
}

impl Run {
    fn way(&self) -> Outcomes<&Way> {
        way_of(&self.connector, &self.connection)
    }

    fn plan(&self, index: usize, answers: &Value) -> Outcomes<Option<Plan>> {
        match index.cmp(&self.first.0) {
            Ordering::Less => return Ok(None),
            Ordering::Equal => return Ok(Some(self.first.1.clone())),
            Ordering::Greater => {}
        }
        let (connector, way) = (&self.connector, self.way()?);
        let planned = self
            .action
            .plan(index, connector, way, &self.params, &self.facts, answers);
        Ok(planned?)
    }

    /// Whether the application may have done a step already: that a repetition was not sent says nothing then.
    fn may_have_done(&self, step: &str) -> bool {
        let mut attempts = self.execution.attempts.iter();
        self.over.is_some()
            || attempts.any(|attempt| attempt.step == step && outcome::may_have_acted(attempt))
    }

    /// What a refusal says of the application's side: nothing, where an attempt before it got no answer and may have
    /// done what was asked.
    fn refused(&self, plan: &Plan) -> Outcome {
        let mut attempts = self.execution.attempts.iter();
        let unanswered = attempts.any(|attempt| {
            attempt.step == plan.step && attempt.sent && attempt.http_status.is_none()
        });
        match unanswered && plan.effect != Effect::Read {
            true => Outcome::Unknown,
            false => Outcome::Failed,
        }
    }

    fn end(
        &mut self,
        status: NodeStatus,
        outcome: Outcome,
        error: Option<crate::model::ExecutionError>,
    ) {
        self.execution.node_status = Some(status);
        self.execution.outcome = Some(match outcome {
            Outcome::NotSent | Outcome::Failed if self.over.is_some() => Outcome::Unknown,
            outcome => outcome,
        });
        self.execution.error = error;
    }

    /// An end without an answer. Where earlier steps were done, something did happen.
    fn fail(
        &mut self,
        finished: &[String],
        (mut error, status, outcome): (Error, NodeStatus, Outcome),
    ) -> Error {
        let outcome = if outcome == Outcome::NotSent && !finished.is_empty() {
            Outcome::Failed
        } else {
            outcome
        };
        if !finished.is_empty() {
            error.message = format!("{} (done before: {})", error.message, finished.join(", "));
            error.retryable = false;
        }
        self.end(status, outcome, Some(outcome::record_of(&error)));
        error
    }

    fn succeed(&mut self, answers: &Value, last: Option<Answer>) -> Done {
        let Some(last) = last else {
            return Err(self.fail(&[], (no_step(), NodeStatus::Failed, Outcome::NotSent)));
        };
        self.execution.http_status = Some(last.status);
        self.end(NodeStatus::Success, Outcome::Succeeded, None);
        let next = self.action.next_page(&self.connector, &self.params, &last);
        // What the application did is done: a `result` that does not fit its answer shows the answer itself.
        let data = self
            .action
            .data(&self.params, answers, &last)
            .unwrap_or_else(|_unfit| last.payload.clone().into_data());
        Ok(self.answered(data, last.status, next))
    }

    fn answered(
        &self,
        data: Value,
        http_status: u16,
        next: Option<Map<String, Value>>,
    ) -> Answered {
        Answered {
            data: project(data, &self.fields),
            node_status: self.execution.node_status.unwrap_or(NodeStatus::Unknown),
            http_status,
            success: self.execution.node_status == Some(NodeStatus::Success),
            execution_id: self.execution.id.clone(),
            error: self.execution.error.clone(),
            next,
        }
    }
}

/// The way to authenticate of a connection, as long as its connector has it.
pub(crate) fn way_of<'a>(connector: &'a Connector, connection: &Connection) -> Outcomes<&'a Way> {
    let found = connector.way(&connection.auth).map(|(_, way)| way);
    found.ok_or_else(|| {
        let message = "The connector no longer has the connection's way to authenticate";
        Error::new(Code::ConnectorChanged, message)
    })
}

/// Every step of the action has a condition, and none of them holds.
pub(crate) fn no_step() -> Error {
    let message = "No step of the action applies to these parameters";
    Error::new(Code::ValidationError, message)
}

fn keep(answers: &mut Value, step: &str, answer: &Answer) {
    if let Value::Object(map) = answers {
        map.insert(step.to_owned(), answer.as_value());
    }
}
