//! The path of one execution, phase by phase. Steps that only decide do no I/O; from phase 7 on the run is a task of
//! its own, so that a caller who hangs up leaves no intent without an end, nor stops what the application has begun.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use tenon_connector::document::Effect;
use tenon_connector::{Action, Connector, Facts, Plan};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::answered::Done;
use super::claims::Claim;
use super::journal::{Earlier, Intent, Key};
use super::request::ExecuteRequest;
use super::run::{Run, no_step, way_of};
use super::{dry_run, fingerprint};
use crate::Engine;
use crate::access::AccountCaller;
use crate::error::{Error, Outcomes};
use crate::flow::Pass;
use crate::model::{Connection, Execution, ExecutionId, ExecutionState};
use crate::rates::Left;

/// What a caller gets.
#[derive(Debug)]
pub enum Reply {
    /// The execution ended.
    Done(Done),
    /// An earlier call with the same idempotency key had ended: its answer.
    Replayed(Done),
    /// It runs; the caller polls.
    Accepted(ExecutionId),
    /// What would be sent.
    DryRun(Value),
}

/// Everything that is known before the journal is written.
struct Prepared {
    connector: Arc<Connector>,
    action: Arc<Action>,
    connection: Connection,
    params: Map<String, Value>,
    facts: Facts,
    id: ExecutionId,
    effect: Effect,
    /// The execution that it takes up again.
    over: Option<ExecutionId>,
}

/// What a call that may begin came to.
enum Started {
    /// An earlier call with its idempotency key had ended.
    Earlier(Box<Done>),
    /// It runs.
    Now(JoinHandle<Outcomes<Done>>),
}

impl Engine {
    /// Executes an action, if the account's rate has a call left.
    ///
    /// # Errors
    /// Everything that keeps the application from being called. What the application answers, also an error, is a [`Reply`].
    pub async fn execute(
        self: &Arc<Self>,
        caller: &AccountCaller,
        request: ExecuteRequest,
    ) -> Outcomes<Reply> {
        self.execute_counted(caller, request).await.0
    }

    /// The same, for doors that tell their callers what is left of the rate, however the call ends.
    pub async fn execute_counted(
        self: &Arc<Self>,
        caller: &AccountCaller,
        request: ExecuteRequest,
    ) -> (Outcomes<Reply>, Option<Left>) {
        match self.take_call(caller).await {
            Ok(left) => (self.admitted(caller, request).await, left),
            Err(refused) => (Err(refused), None),
        }
    }

    async fn admitted(
        self: &Arc<Self>,
        caller: &AccountCaller,
        request: ExecuteRequest,
    ) -> Outcomes<Reply> {
        request.check()?;
        let deadline = Instant::now() + request.timeout;
        let (connector, action) = self.registry.action(&request.slug, &request.action)?;
        self.check_enabled(caller.tenant(), &connector.slug).await?;
        let mut params = action
            .admit(request.body.clone())
            .map_err(Error::validation)?;
        let effect = action.effect(&params);
        caller.check_action(&connector.slug, &action, effect)?;
        let key = self.key_of(caller, &request);
        let (mut claim, mut over) = (None, None);
        if let Some(key) = key.as_ref().filter(|_| !request.dry_run) {
            claim = Some(
                self.claims
                    .claim(caller, &connector.slug, &action.id, key)?,
            );
            let (tenant, account) = (caller.tenant(), &caller.account().account_id);
            let earlier = self.replay(tenant, account, &connector.slug, &action.id, key);
            match earlier.await? {
                Some(earlier) if earlier.resumes(&action, &params) => over = Some(earlier),
                Some(earlier) => return Ok(Reply::Replayed(earlier.done)),
                None => {}
            }
        }
        self.describe_files(caller, &action, &mut params).await?;
        let mut prepared = self
            .prepare(caller, &request, connector, action, params, effect)
            .await?;
        match over {
            Some(earlier) if earlier.execution.connection != prepared.connection.id => {
                return Ok(Reply::Replayed(earlier.done));
            }
            over => prepared.resume(over),
        }
        let first = prepared.plan_first()?;
        let (tenant, account) = (caller.tenant(), &caller.account().account_id);
        self.known_files(tenant, account, first.1.body.stored_files())
            .await?;
        if request.dry_run {
            return Ok(Reply::DryRun(prepared.show(first)));
        }
        let pass = self.enter(&prepared, &first.1, &request, deadline).await?;
        self.count_call(caller).await?;
        let run = self.run_of(caller, &request, prepared, first, (pass, deadline));
        self.start(run, key.zip(claim), request.asynchronous).await
    }

    /// Says of the stored files among the parameters what requests may ask of them.
    async fn describe_files(
        &self,
        caller: &AccountCaller,
        action: &Action,
        params: &mut Map<String, Value>,
    ) -> Outcomes<()> {
        let (tenant, account) = (caller.tenant(), &caller.account().account_id);
        let ids = action.stored_files(params);
        let known = self.known_files(tenant, account, ids).await?;
        action.describe_files(params, &known);
        Ok(())
    }

    /// Waits until the call may begin. Whoever is refused here left nothing behind.
    async fn enter(
        &self,
        prepared: &Prepared,
        plan: &Plan,
        request: &ExecuteRequest,
        deadline: Instant,
    ) -> Outcomes<Pass> {
        let windows = &prepared.connector.rate;
        let lane = self.flow.lane(&prepared.connection, windows, plan);
        let until = deadline.min(Instant::now() + request.max_wait);
        self.flow.enter(lane, plan.url.path(), until).await
    }

    fn key_of(&self, caller: &AccountCaller, request: &ExecuteRequest) -> Option<Key> {
        let key = request.idempotency_key.as_ref()?;
        Some(Key {
            hash: self.hash_idempotency_key(caller.tenant(), key),
            fingerprint: fingerprint::of_request(&request.body, &request.choice),
        })
    }

    /// Phase 5: the connection, and the facts that requests are made from.
    async fn prepare(
        &self,
        caller: &AccountCaller,
        request: &ExecuteRequest,
        connector: Arc<Connector>,
        action: Arc<Action>,
        params: Map<String, Value>,
        effect: Effect,
    ) -> Outcomes<Prepared> {
        let account = &caller.account().account_id;
        let connection = self
            .choose_connection(caller.tenant(), account, &connector, &request.choice)
            .await?;
        let id = ExecutionId::generate();
        let idempotency_key = self.vendor_key(caller.tenant(), &id);
        let facts = Facts {
            connection: connection.facts.clone(),
            idempotency_key,
        };
        Ok(Prepared {
            connector,
            action,
            connection,
            params,
            facts,
            id,
            effect,
            over: None,
        })
    }

    fn run_of(
        &self,
        caller: &AccountCaller,
        request: &ExecuteRequest,
        prepared: Prepared,
        first: (usize, Plan),
        (pass, deadline): (Pass, Instant),
    ) -> Run {
        let left = deadline.saturating_duration_since(Instant::now());
        let now = self.clock.now();
        let execution = Execution {
            id: prepared.id,
            tenant: caller.tenant().clone(),
            account: caller.account().account_id.clone(),
            connection: prepared.connection.id.clone(),
            slug: prepared.connector.slug.clone(),
            action: prepared.action.id.clone(),
            connector_version: prepared.connector.version,
            effect: prepared.effect,
            source: request.source,
            request_id: request.request_id.clone(),
            boot: self.boot.clone(),
            asynchronous: request.asynchronous,
            request: fingerprint::of_plan(&first.1, prepared.facts.idempotency_key.clone()),
            started_at: now,
            deadline_at: now.plus(i64::try_from(left.as_millis()).unwrap_or(i64::MAX)),
            state: ExecutionState::Running,
            finished_at: None,
            node_status: None,
            outcome: None,
            http_status: None,
            error: None,
            attempts: Vec::new(),
            ended_by: None,
        };
        Run {
            connector: prepared.connector,
            action: prepared.action,
            connection: prepared.connection,
            params: prepared.params,
            facts: prepared.facts,
            first,
            fields: request.fields.clone(),
            deadline,
            execution,
            over: prepared.over,
            pass,
            renewed: false,
            next: None,
            reading: request.reading,
        }
    }

    /// Phases 7 to 12. A read without anybody who asks again needs one row, written when it is over.
    async fn start(
        self: &Arc<Self>,
        run: Run,
        key: Option<(Key, Claim)>,
        asynchronous: bool,
    ) -> Outcomes<Reply> {
        let kept = asynchronous || key.is_some();
        let begun = kept || run.execution.effect != Effect::Read;
        let id = run.execution.id.clone();
        let engine = Arc::clone(self);
        let starting = async move {
            let key = key.as_ref().map(|(key, _claim)| key);
            if begun && let Intent::Answered(done) = engine.begin(&run, key).await? {
                return Ok(Started::Earlier(done));
            }
            let sending = Arc::clone(&engine);
            let task = async move { sending.carry_out(run, begun, kept).await };
            Ok::<_, Error>(Started::Now(engine.tasks.spawn(task)))
        };
        let started = self.tasks.spawn(starting);
        match started.await.map_err(Error::internal)?? {
            Started::Earlier(done) => Ok(Reply::Replayed(*done)),
            Started::Now(_task) if asynchronous => Ok(Reply::Accepted(id)),
            Started::Now(task) => task.await.map_err(Error::internal)?.map(Reply::Done),
        }
    }

    async fn carry_out(&self, mut run: Run, begun: bool, kept: bool) -> Outcomes<Done> {
        let done = self.send_all(&mut run).await;
        self.finish(&mut run, &done, begun, kept).await?;
        observe(&run.execution);
        Ok(done)
    }
}

impl Prepared {
    /// Takes an execution up again that ended `unknown`: with the key that the application may have seen already.
    fn resume(&mut self, over: Option<Earlier>) {
        if let Some(Earlier { execution, .. }) = over {
            self.facts.idempotency_key = execution.request.idempotency_key;
            self.over = Some(execution.id);
        }
    }

    fn plan(&self, index: usize) -> Outcomes<Option<Plan>> {
        let way = way_of(&self.connector, &self.connection)?;
        let (connector, nothing) = (&self.connector, json!({}));
        let planned = self
            .action
            .plan(index, connector, way, &self.params, &self.facts, &nothing);
        Ok(planned?)
    }

    /// Phase 6: the first request that applies.
    fn plan_first(&self) -> Outcomes<(usize, Plan)> {
        for index in 0..self.action.step_count() {
            if let Some(plan) = self.plan(index)? {
                return Ok((index, plan));
            }
        }
        Err(no_step())
    }

    fn show(&self, (first_index, first): (usize, Plan)) -> Value {
        let later = self.action.step_names().enumerate().skip(first_index + 1);
        let others = later.filter_map(|(index, name)| {
            if self.action.waits(index) {
                return Some(dry_run::waiting(name));
            }
            self.plan(index)
                .ok()
                .flatten()
                .map(|plan| dry_run::show(&plan))
        });
        let requests: Vec<_> = std::iter::once(dry_run::show(&first))
            .chain(others)
            .collect();
        json!({
            "dry_run": true,
            "slug": self.connector.slug,
            "action_id": self.action.id,
            "connection_id": self.connection.id,
            "requests": requests,
        })
    }
}

/// One line and one count for every execution.
fn observe(execution: &Execution) {
    let status = execution.node_status.map_or("", |status| status.as_str());
    let outcome = execution.outcome.map_or("", |outcome| outcome.as_str());
    let took = execution
        .finished_at
        .map_or(0, |end| end.0.saturating_sub(execution.started_at.0));
    tracing::info!(
        execution = %execution.id, request = %execution.request_id, slug = %execution.slug, action = %execution.action,
        status, outcome, http_status = execution.http_status, attempts = execution.attempts.len(), took_ms = took,
        "execution finished"
    );
    let labels = [
        ("slug", execution.slug.clone()),
        ("action", execution.action.clone()),
        ("node_status", status.to_owned()),
    ];
    metrics::counter!("tenon_executions_total", &labels).increment(1);
    metrics::histogram!("tenon_execution_seconds", &labels).record(
        std::time::Duration::from_millis(u64::try_from(took).unwrap_or(0)),
    );
}
