//! Phases 8 to 10: the requests of an execution, sent one after the other, each with its attempts.
//!
//! An unsafe request is sent at most once; the decision is [`tenon_connector::retry`]'s and pure.

use std::cmp::Ordering;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use tenon_connector::document::Effect;
use tenon_connector::retry::{Decision, Ending, Safety, decide};
use tenon_connector::{Action, Answer, Connector, Facts, Plan, Verdict, Way};
use tenon_vault::Credential;
use tokio::time::Instant;

use super::answered::{Answered, Done};
use super::outcome::{self, of_failure};
use super::project::project;
use super::request::Reading;
use crate::Engine;
use crate::error::{Code, Error, Outcomes};
use crate::flow::Pass;
use crate::model::{Connection, Execution, ExecutionId, NodeStatus, Outcome};
use crate::oauth::Demand;

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
    /// Whether its credential was renewed because the application refused it.
    pub(super) renewed: bool,
    /// The parameters that give the next page, once a page came.
    pub(super) next: Option<Map<String, Value>>,
    /// What of the last answer the caller wants.
    pub(super) reading: Reading,
}

/// What came of a refused credential.
enum Renewed {
    /// It cannot be renewed.
    Not,
    /// It can, and was not.
    Failed,
    /// It can, but not in time for this execution: a later one may find it renewed.
    Late(Box<Error>),
    /// It was.
    With(Credential),
}

/// How one request ended: an answer and what it means, or an error.
pub(super) type Sent = Result<(Answer, Verdict), (Error, NodeStatus, Outcome)>;

impl Engine {
    /// Runs all requests, and leaves their attempts and the end in `run.execution`.
    pub(super) async fn send_all(&self, run: &mut Run) -> Done {
        let done = match self.unlock_for(run).await {
            Ok(credential) => self.send_steps(run, credential).await,
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

    /// Phase 8: the credential, renewed where it is over.
    async fn unlock_for(&self, run: &mut Run) -> Outcomes<Credential> {
        let known = run.connection.clone();
        run.connection = self.fresh(known, Demand::Stale, run.deadline).await?;
        let way = run.way()?;
        self.unlock(&run.connection, &run.connector, way).await
    }

    /// Another credential in place of the one that the application refused, if the connection can be renewed. Once in
    /// each execution: the application did nothing, so the request may go again.
    async fn renew_refused(&self, run: &mut Run) -> Renewed {
        if run.renewed || run.connection.client.is_none() {
            return Renewed::Not;
        }
        run.renewed = true;
        let known = run.connection.clone();
        let version = known.version;
        match self.fresh(known, Demand::Refused, run.deadline).await {
            Ok(connection) if connection.version > version => run.connection = connection,
            Ok(_) => return Renewed::Not,
            Err(error) if error.code == Code::CredentialRefreshTimeout => {
                return Renewed::Late(Box::new(error));
            }
            // What came of it is in the connection's timeline.
            Err(_) => return Renewed::Failed,
        }
        let unlocked = match run.way() {
            Ok(way) => self.unlock(&run.connection, &run.connector, way).await,
            Err(error) => Err(error),
        };
        unlocked.map_or(Renewed::Failed, Renewed::With)
    }

    async fn send_steps(&self, run: &mut Run, mut credential: Credential) -> Done {
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
            let mut sent = self.send_step(run, &plan, &credential).await;
            let mut renewal_failed = false;
            if let Ok((_, Verdict::CredentialRejected(_))) = &sent {
                match self.renew_refused(run).await {
                    Renewed::With(another) => {
                        credential = another;
                        sent = self.send_step(run, &plan, &credential).await;
                    }
                    Renewed::Late(error) => {
                        let failed = (*error, NodeStatus::Failed, Outcome::Failed);
                        return Err(run.fail(&finished, failed));
                    }
                    Renewed::Failed => renewal_failed = true,
                    Renewed::Not => {}
                }
            }
            if let Ok((answer, Verdict::Success)) = sent {
                sent = self.more_pages(run, index, answer, &credential).await;
            }
            let (answer, verdict) = match sent {
                Ok(sent) => sent,
                Err(failed) => return Err(run.fail(&finished, failed)),
            };
            if let Some(failure) = verdict.failure() {
                let safety = Safety::of(plan.effect, plan.idempotent);
                let mut error =
                    of_failure(&run.connector, &verdict, failure, answer.status, safety);
                // Where it could not be renewed, the refused tokens say nothing of the grant.
                if let Verdict::CredentialRejected(_) = verdict
                    && !renewal_failed
                {
                    self.confirm_rejection(run, &credential).await;
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
    pub(super) async fn send_step(
        &self,
        run: &mut Run,
        plan: &Plan,
        credential: &Credential,
    ) -> Sent {
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
}

impl Run {
    pub(super) fn way(&self) -> Outcomes<&Way> {
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

    /// Whether the last answer alone is what the caller gets.
    pub(super) fn wants_one_answer(&self) -> bool {
        self.reading == Reading::Data && self.action.fetch_all(&self.params).is_none()
    }

    /// Whether the application may have done a step already: that a repetition was not sent says nothing then.
    pub(super) fn may_have_done(&self, step: &str) -> bool {
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
        let next = self.next.take();
        let data = match self.reading {
            Reading::Choices => json!(self.action.read_choices(&last)),
            Reading::Fields => json!(self.action.read_fields(&last)),
            // What the application did is done: a `result` that does not fit its answer shows the answer itself.
            Reading::Data => self
                .action
                .data(&self.params, answers, &last)
                .unwrap_or_else(|_unfit| last.payload.clone().into_data()),
        };
        let mut answered = self.answered(data, last.status, next);
        if last.is_kept() {
            // The caller's projection is of the answer, not of where it is.
            answered.data = last.payload.into_data();
        }
        Ok(answered)
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
