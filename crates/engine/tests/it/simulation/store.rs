//! A store that takes its time, refuses, falls silent, and forgets in a crash what it had not written yet.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tenon_engine::model::{
    AccountId, BootId, Execution, ExecutionFilter, ExecutionId, IdempotencyKey, Millis, Page,
    Paging, StoredResult, Tenant,
};
use tenon_engine::ports::{Begun, Journal, StoreError, Stored};

use super::bug::Bug;
use super::rows::Rows;
use super::world::{Life, World};

/// How long the engine waits for a store that is silent.
const SILENCE_MS: u64 = 5000;

/// What becomes of a write.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fate {
    /// It is made, and then answered.
    Made,
    /// It is refused.
    Refused,
    /// It never arrives, and no answer does.
    Lost,
    /// It is made, soon or late, and no answer arrives.
    Unheard,
}

#[derive(Clone)]
pub(crate) struct SimulatedStore {
    pub(crate) world: Arc<World>,
    pub(crate) life: Life,
}

pub(crate) fn unavailable() -> StoreError {
    StoreError::Unavailable("the simulated store is away".into())
}

impl SimulatedStore {
    /// A read: of what is committed when it arrives.
    pub(crate) async fn read<T>(&self, of: impl FnOnce(&Rows) -> T) -> Stored<T> {
        self.life.goes_on().await;
        let there = self.world.draw(0..4);
        self.life.pass(there).await;
        let (value, failed) = self.world.look(|state| {
            let risk = if state.cut_off { 100 } else { state.storm / 4 };
            (of(&state.rows), state.chance.percent(risk))
        });
        if failed {
            Err(unavailable())
        } else {
            Ok(value)
        }
    }

    /// A write of which, after a failure, nobody knows whether it was made.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        execution: Option<&ExecutionId>,
        change: impl Fn(&mut Rows) -> T + Send + 'static,
    ) -> Stored<T> {
        self.life.goes_on().await;
        let (fate, wait) = self.draw_fate();
        let made = Arc::new(Mutex::new(None));
        let early = self
            .hasty()
            .then(|| self.world.look(|state| change(&mut state.rows.clone())));
        if matches!(fate, Fate::Made | Fate::Unheard) {
            let (made, due) = (Arc::clone(&made), self.world.now() + wait.0);
            self.world.look(|state| {
                state.ask(due, &self.life, execution, move |rows| {
                    *made.lock().unwrap() = Some(change(rows));
                });
            });
        }
        if let Some(early) = early {
            return Ok(early);
        }
        self.life.pass(wait.1).await;
        let made = self.world.look(|_| made.lock().unwrap().take());
        match made {
            Some(made) if fate == Fate::Made => Ok(made),
            _ => {
                self.world
                    .look(|state| state.ledger.doubts.extend(execution.cloned()));
                Err(unavailable())
            }
        }
    }

    fn hasty(&self) -> bool {
        self.world.bug == Some(Bug::StoreAnswersBeforeCommit)
    }

    /// What becomes of a write, when it is made, and when the engine knows.
    fn draw_fate(&self) -> (Fate, (u64, u64)) {
        self.world.look(|state| {
            let risk = if state.cut_off { 100 } else { state.storm / 4 };
            let fate = match state.chance.percent(risk) {
                true => {
                    state
                        .chance
                        .one_of(&[(2, Fate::Refused), (1, Fate::Lost), (1, Fate::Unheard)])
                }
                false => Fate::Made,
            };
            let soon = state.chance.within(0..12);
            let wait = match fate {
                Fate::Made => (soon, soon + state.chance.within(0..4)),
                Fate::Refused => (0, soon),
                Fate::Lost => (0, SILENCE_MS),
                Fate::Unheard => (state.chance.within(0..3 * SILENCE_MS), SILENCE_MS),
            };
            (fate, wait)
        })
    }
}

#[async_trait]
impl Journal for SimulatedStore {
    async fn begin(
        &self,
        execution: &Execution,
        key: Option<&IdempotencyKey>,
        over: Option<&ExecutionId>,
    ) -> Stored<Begun> {
        let (row, key, bug) = (execution.clone(), key.cloned(), self.world.bug);
        let over = over.cloned();
        let begun = self
            .write(Some(&execution.id), move |rows| {
                rows.begin(&row, key.as_ref(), over.as_ref(), bug)
            })
            .await;
        let what = match &begun {
            Ok(Begun::Started) => "begun",
            Ok(Begun::Held(_)) => "held by another",
            Err(_) => "not begun",
        };
        self.note(what, execution);
        begun
    }

    async fn finish(&self, execution: &Execution, result: Option<&StoredResult>) -> Stored<bool> {
        let kept = self.world.bug != Some(Bug::StoreLosesAnswers);
        let (row, result) = (execution.clone(), result.filter(|_| kept).cloned());
        let finished = self
            .write(Some(&execution.id), move |rows| {
                rows.finish(&row, result.as_ref())
            })
            .await;
        let what = match finished {
            Ok(true) => "finished",
            Ok(false) => "finished before",
            Err(_) => "not finished",
        };
        self.note(what, execution);
        finished
    }

    async fn record(&self, execution: &Execution) -> Stored<()> {
        let row = execution.clone();
        self.write(Some(&execution.id), move |rows| {
            rows.executions.push(row.clone())
        })
        .await
    }

    async fn idempotency_key(
        &self,
        tenant: &Tenant,
        account: &AccountId,
        slug: &str,
        action: &str,
        key_hash: &str,
        now: Millis,
    ) -> Stored<Option<IdempotencyKey>> {
        let key = IdempotencyKey {
            slug: slug.to_owned(),
            action: action.to_owned(),
            key_hash: key_hash.to_owned(),
            fingerprint: String::new(),
            execution: ExecutionId::generate(),
            expires_at: now,
        };
        self.read(|rows| rows.holder(tenant, account, &key, now).cloned())
            .await
    }

    async fn execution(&self, _: &Tenant, id: &ExecutionId) -> Stored<Option<Execution>> {
        self.read(|rows| rows.execution(id).cloned()).await
    }

    async fn executions(
        &self,
        _: &Tenant,
        _: &ExecutionFilter,
        _: Paging,
    ) -> Stored<Page<Execution>> {
        unreachable!("nobody lists")
    }

    async fn result(&self, _: &Tenant, id: &ExecutionId) -> Stored<Option<StoredResult>> {
        self.read(|rows| {
            let mut results = rows.results.iter();
            results
                .find(|(of, _)| of == id)
                .map(|(_, result)| result.clone())
        })
        .await
    }

    async fn resolve(&self, execution: &Execution) -> Stored<bool> {
        let row = execution.clone();
        self.write(Some(&execution.id), move |rows| rows.resolve(&row))
            .await
    }

    async fn sweep(&self, boot: &BootId, now: Millis) -> Stored<u64> {
        let (boot, bug) = (boot.clone(), self.world.bug);
        if bug == Some(Bug::SweepDoesNothing) {
            return Ok(0);
        }
        self.world
            .look(|state| state.sign_of_life(&self.life, &boot));
        self.write(None, move |rows| rows.sweep(&boot, now, bug))
            .await
    }

    async fn expire(&self, now: Millis) -> Stored<u64> {
        self.write(None, move |rows| rows.expire(now)).await
    }
}

impl SimulatedStore {
    fn note(&self, what: &str, execution: &Execution) {
        let now = self.world.now();
        self.world.look(|state| {
            let name = state.ledger.name(execution.id.as_str());
            state.ledger.note(
                now,
                format_args!("execution {name}: {what} ({:?})", execution.outcome),
            );
        });
    }
}
