//! Finding out how an execution ended of which nobody knew: by asking the application, or by a person's word.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;
use tenon_connector::{Facts, Finding, Lookup, Plan};
use tenon_egress::Call;
use tokio::time::Instant;

use crate::Engine;
use crate::accounts::partition;
use crate::error::{Code, Error, Outcomes};
use crate::execute;
use crate::model::{
    Connection, EndedBy, Execution, ExecutionError, ExecutionState, NodeStatus, Outcome, Tenant,
};
use crate::oauth::Demand;

/// How long the application may take to answer a lookup.
const LOOKUP_LIMIT: Duration = Duration::from_secs(30);
/// The longest note that is kept, in characters.
const LONGEST_NOTE: usize = 1000;

/// What is known of an execution in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resolution {
    /// The application did it.
    Happened,
    /// It did not.
    DidNotHappen,
    /// Nobody can say yet.
    StillUnknown,
}

/// What a person knows.
#[derive(Debug, Clone)]
pub struct Word {
    happened: bool,
    note: String,
}

impl Word {
    /// A person's word, with how they know; of a longer note the first 1,000 characters are kept.
    ///
    /// # Errors
    /// [`Code::ValidationError`] where the note says nothing.
    pub fn new(happened: bool, note: Option<&str>) -> Outcomes<Self> {
        let note = note.unwrap_or_default().trim();
        if note.is_empty() {
            let message = "`note` must say how you know";
            return Err(Error::invalid("note", "required", message));
        }
        let note = note.chars().take(LONGEST_NOTE).collect();
        Ok(Self { happened, note })
    }
}

impl Engine {
    /// Resolves an execution that ended `unknown`; one whose end is known is left as it is, and its end is said. Without a
    /// person's word the application is asked, by the action's lookup.
    ///
    /// # Errors
    /// [`Code::ResourceNotFound`]; [`Code::Conflict`] while it runs; [`Code::BadRequest`] where there is no lookup to ask by,
    /// and what opens no credential of its connection.
    pub async fn resolve(
        &self,
        tenant: &Tenant,
        id: &str,
        word: Option<Word>,
    ) -> Outcomes<(Execution, Resolution)> {
        let execution = self.recorded(tenant, id).await?;
        if execution.state == ExecutionState::Running {
            let message = "The execution is still running; it is not unknown how it ends";
            return Err(Error::new(Code::Conflict, message));
        }
        let known = known(&execution);
        if known != Resolution::StillUnknown {
            return Ok((execution, known));
        }
        let (finding, by, how) = match word {
            Some(word) => {
                let finding = match word.happened {
                    true => Finding::Found,
                    false => Finding::Absent,
                };
                let how = format!("A person's word: {}", word.note);
                (finding, EndedBy::Person, how)
            }
            None => {
                let how = "The application was asked by the action's lookup".to_owned();
                (self.look_up(&execution).await?, EndedBy::Lookup, how)
            }
        };
        let (node_status, outcome) = match finding {
            Finding::Found => (NodeStatus::Success, Outcome::Succeeded),
            Finding::Absent => (NodeStatus::Failed, Outcome::Failed),
            Finding::Unclear => return Ok((execution, Resolution::StillUnknown)),
        };
        let resolved = Execution {
            node_status: Some(node_status),
            outcome: Some(outcome),
            ended_by: Some(by),
            error: Some(what_went_wrong(&execution, how)),
            ..execution
        };
        // Whoever resolved it first, or the process that had only been away, knows best.
        if !self.store.resolve(&resolved).await? {
            let execution = self.recorded(tenant, id).await?;
            let known = self::known(&execution);
            return Ok((execution, known));
        }
        tracing::info!(execution = %resolved.id, outcome = outcome.as_str(), by = by.as_str(), "an unknown outcome was resolved");
        let known = self::known(&resolved);
        Ok((resolved, known))
    }

    /// Asks the application.
    async fn look_up(&self, execution: &Execution) -> Outcomes<Finding> {
        let (connector, action) = self.registry.action(&execution.slug, &execution.action)?;
        let lookup = action.lookup().ok_or_else(|| {
            let message = "The action has no `lookup`, so only a person's word can resolve it";
            Error::new(Code::BadRequest, message)
        })?;
        let (connector, asking) = self.registry.action(&connector.slug, &lookup.action)?;
        let connection = self.connection_of(execution).await?;
        let until = Instant::now() + LOOKUP_LIMIT;
        let connection = self.fresh(connection, Demand::Stale, until).await?;
        let way = execute::way_of(&connector, &connection)?;
        let facts = Facts {
            connection: connection.facts.clone(),
            idempotency_key: execution.request.idempotency_key.clone(),
        };
        let params = asking
            .admit(lookup.params(&connector, &facts)?.into())
            .map_err(Error::validation)?;
        let planned = asking.plan(0, &connector, way, &params, &facts, &json!({}))?;
        let plan = planned.ok_or_else(execute::no_step)?;
        let answer = self.ask(&plan, &connection).await?;
        let verdict = connector.interpret(&answer, self.clock.now().0);
        Ok(self.believed(execution, lookup, lookup.finding(&answer, &verdict)))
    }

    async fn ask(&self, plan: &Plan, connection: &Connection) -> Outcomes<tenon_connector::Answer> {
        let connector = self.registry.connector(&connection.slug)?;
        let way = execute::way_of(&connector, connection)?;
        let credential = self.unlock(connection, &connector, way).await?;
        let hosts = connector.host_set(&connection.facts)?;
        let pool = partition(&connection.tenant, connection.id.as_str());
        let call = Call {
            plan,
            credential: Some(&credential),
            hosts: &hosts,
            partition: &pool,
            route: self.route(connection),
            deadline: Instant::now() + LOOKUP_LIMIT,
        };
        let sent = self.egress.send(call).await;
        sent.map(execute::answer).map_err(|error| {
            let message = "The application did not answer the lookup; ask again later";
            Error::new(Code::UpstreamUnreachable, message).because(error)
        })
    }

    async fn connection_of(&self, execution: &Execution) -> Outcomes<Connection> {
        let (tenant, account) = (&execution.tenant, &execution.account);
        let slug = Some(execution.slug.as_str());
        let connections = self.store.connections(tenant, account, slug).await?;
        let mut connections = connections.into_iter();
        connections
            .find(|connection| connection.id == execution.connection)
            .ok_or_else(|| {
                let message =
                    "The execution's connection is gone, so only a person's word can resolve it";
                Error::new(Code::ConnectionNotFound, message)
            })
    }

    /// What finds nothing is believed only once nothing can be under way any more.
    fn believed(&self, execution: &Execution, lookup: &Lookup, finding: Finding) -> Finding {
        let settles = i64::try_from(lookup.settles_after.as_millis()).unwrap_or(i64::MAX);
        let ended = execution.finished_at.unwrap_or(execution.deadline_at);
        if finding == Finding::Absent && self.clock.now() < ended.plus(settles) {
            return Finding::Unclear;
        }
        finding
    }
}

/// What the journal says.
fn known(execution: &Execution) -> Resolution {
    match execution.outcome {
        Some(Outcome::Succeeded) => Resolution::Happened,
        Some(Outcome::Failed | Outcome::NotSent) => Resolution::DidNotHappen,
        Some(Outcome::Unknown) | None => Resolution::StillUnknown,
    }
}

/// What went wrong stays on record, with how its end was found out.
fn what_went_wrong(execution: &Execution, how: String) -> ExecutionError {
    let cut_off = || execute::record_of(&Error::of(Code::UpstreamOutcomeUnknown));
    ExecutionError {
        hint: Some(how),
        ..execution.error.clone().unwrap_or_else(cut_off)
    }
}
