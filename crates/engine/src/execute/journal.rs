//! Phases 4, 7 and 11: the journal before and after the application is called, and answers for those who ask again.

use std::ops::Deref;

use serde_json::{Map, Value};
use tenon_connector::Action;
use tenon_vault::{Purpose, digest};

use super::answered::{self, Done};
use super::claims::IN_FLIGHT_WAIT_MS;
use super::run::Run;
use crate::Engine;
use crate::error::{Code, Error, Outcomes};
use crate::model::{
    AccountId, EndedBy, Execution, ExecutionId, ExecutionState, IdempotencyKey, KeptResult,
    NodeStatus, Outcome, StoredResult, Tenant,
};
use crate::ports::Begun;

/// How long kept answers and idempotency keys live.
const LIFE_MS: i64 = 24 * 3600 * 1000;
/// The largest answer that is kept whole.
const KEPT_LIMIT_BYTES: usize = 10 * 1024 * 1024;

/// An idempotency key before its execution has an id.
pub(super) struct Key {
    pub(super) hash: String,
    pub(super) fingerprint: String,
}

/// An execution that holds an idempotency key.
pub(super) struct Earlier {
    pub(super) execution: Execution,
    pub(super) done: Done,
}

impl Earlier {
    /// Whether the call may take it up again: nobody knows its end, and the application recognises the repetition.
    pub(super) fn resumes(&self, action: &Action, params: &Map<String, Value>) -> bool {
        self.execution.outcome == Some(Outcome::Unknown) && action.resumes(params)
    }
}

/// What an intent came to.
pub(super) enum Intent {
    /// It is durable: go on.
    Begun,
    /// Another call was first: this is its answer.
    Answered(Box<Done>),
}

impl Engine {
    /// The hash under which a caller's idempotency key is kept.
    ///
    /// It is keyed by the installation's key, which is never replaced, and not by the tenant's data key, which a
    /// rotation replaces: the same key has to be found again after it.
    pub(super) fn hash_idempotency_key(&self, tenant: &Tenant, key: &str) -> String {
        let text = [&tenant.scope(), key].join("\0");
        digest::hex(&self.keys.instance().mac("idempotency-key", text.as_bytes()))
    }

    /// The key that an application may use to recognise a repetition: made from the execution, so it is the same after
    /// a crash and after a rotation.
    pub(super) fn vendor_key(&self, tenant: &Tenant, execution: &ExecutionId) -> String {
        let text = [&tenant.scope(), execution.as_str()].join("\0");
        let instance = self.keys.instance();
        let mac = instance.mac("vendor-idempotency-key", text.as_bytes());
        digest::hex(&mac).chars().take(32).collect()
    }

    /// Phase 4: the answer of an earlier call with this key. Only reads.
    pub(super) async fn replay(
        &self,
        tenant: &Tenant,
        account: &AccountId,
        slug: &str,
        action: &str,
        key: &Key,
    ) -> Outcomes<Option<Earlier>> {
        let now = self.clock.now();
        let held = self
            .store
            .idempotency_key(tenant, account, slug, action, &key.hash, now)
            .await?;
        match held {
            Some(held) => self.answer_of(tenant, &held, key).await.map(Some),
            None => Ok(None),
        }
    }

    async fn answer_of(
        &self,
        tenant: &Tenant,
        held: &IdempotencyKey,
        key: &Key,
    ) -> Outcomes<Earlier> {
        if held.fingerprint != key.fingerprint {
            return Err(Error::of(Code::IdempotencyKeyReused));
        }
        let execution = self.store.execution(tenant, &held.execution).await?;
        let execution =
            execution.ok_or_else(|| Error::internal("an idempotency key without its execution"))?;
        if execution.state == ExecutionState::Running {
            return Err(Error::of(Code::IdempotencyInFlight).after(IN_FLIGHT_WAIT_MS));
        }
        let done = match self.kept(tenant, &execution).await? {
            Some(done) => done,
            None => Err(lost(&execution)),
        };
        Ok(Earlier { execution, done })
    }

    /// The kept answer of an execution, opened; of one whose end was found out later, that.
    pub(crate) async fn kept(
        &self,
        tenant: &Tenant,
        execution: &Execution,
    ) -> Outcomes<Option<Done>> {
        if let Some(done) = answered::found_out(execution) {
            return Ok(Some(done));
        }
        let stored = self.store.result(tenant, &execution.id).await?;
        let now = self.clock.now();
        // What is over is over before the job comes that forgets it.
        let Some(result) = stored.filter(|result| result.expires_at > now) else {
            return Ok(None);
        };
        let bytes = self.open_result(execution, &result).await?;
        Ok(answered::from_bytes(&bytes))
    }

    async fn open_result(
        &self,
        execution: &Execution,
        result: &StoredResult,
    ) -> Outcomes<impl Deref<Target = Vec<u8>> + use<>> {
        let key = self.keys.by_id(&result.key).await?;
        match key.open(&purpose(execution), &result.blob) {
            Ok(bytes) => Ok(bytes),
            Err(error) => {
                let (tenant, id) = (&execution.tenant, execution.id.as_str());
                self.report_unreadable(tenant, id, &error.to_string()).await;
                Err(Error::internal(error))
            }
        }
    }

    /// Seals a kept answer under the tenant's newest data key. `false` where it was changed or removed meanwhile.
    ///
    /// # Errors
    /// Where the answer does not open.
    pub(crate) async fn renew_result(&self, kept: KeptResult) -> Outcomes<bool> {
        let KeptResult { execution, result } = kept;
        let bytes = self.open_result(&execution, &result).await?;
        let (id, key) = self.keys.of_tenant(&execution.tenant).await?;
        let blob = key.seal(&purpose(&execution), &bytes);
        let renewed = StoredResult {
            key: id,
            blob: blob.map_err(Error::internal)?,
            expires_at: result.expires_at,
        };
        let replaced = self
            .store
            .replace_result(&result.key, &execution.id, &renewed);
        Ok(replaced.await?)
    }

    /// Phase 7: the intent, durable before anything is sent.
    pub(super) async fn begin(&self, run: &Run, key: Option<&Key>) -> Outcomes<Intent> {
        let execution = &run.execution;
        let row = key.map(|key| IdempotencyKey {
            slug: execution.slug.clone(),
            action: execution.action.clone(),
            key_hash: key.hash.clone(),
            fingerprint: key.fingerprint.clone(),
            execution: execution.id.clone(),
            expires_at: execution.started_at.plus(LIFE_MS),
        });
        let begun = self.store.begin(execution, row.as_ref(), run.over.as_ref());
        let begun = begun.await;
        match (
            begun.map_err(|error| Error::of(Code::LogUnavailable).after(1000).because(error))?,
            key,
        ) {
            (Begun::Started, _) => Ok(Intent::Begun),
            (Begun::Held(held), Some(key)) => self
                .answer_of(&execution.tenant, &held, key)
                .await
                .map(|earlier| Intent::Answered(Box::new(earlier.done))),
            (Begun::Held(_), None) => {
                Err(Error::internal("the journal held a key that nobody gave"))
            }
        }
    }

    /// Phase 11: the outcome, durable before anybody is told.
    pub(super) async fn finish(
        &self,
        run: &mut Run,
        done: &Done,
        begun: bool,
        kept: bool,
    ) -> Outcomes<()> {
        run.execution.state = ExecutionState::Finished;
        run.execution.ended_by = Some(EndedBy::Process);
        let execution = &run.execution;
        let written = if begun {
            let result = match kept {
                true => self.result_to_keep(execution, done).await,
                false => None,
            };
            let finished = self.store.finish(execution, result.as_ref()).await;
            finished.map(|written| {
                if !written {
                    tracing::warn!(execution = %execution.id, "an execution had another end already, or its row is gone: what its process saw of the end is not in the journal");
                }
            })
        } else {
            self.store.record(execution).await
        };
        written.map_err(|error| {
            let message = "The application was called and the journal could not be written afterwards; the outcome is in doubt";
            let mut shown = Error::new(Code::LogUnavailable, message).because(error);
            shown.retryable = false;
            shown.execution = Some(super::outcome::ended(execution));
            shown
        })
    }

    /// The sealed answer. The outcome is written even where there is none.
    async fn result_to_keep(&self, execution: &Execution, done: &Done) -> Option<StoredResult> {
        let sealed = self.seal_result(execution, done).await;
        sealed.unwrap_or_else(|error| {
            tracing::error!(execution = %execution.id, error = &error as &dyn std::error::Error, "an answer could not be kept");
            None
        })
    }

    async fn seal_result(
        &self,
        execution: &Execution,
        done: &Done,
    ) -> Outcomes<Option<StoredResult>> {
        let bytes = answered::to_bytes(done, execution);
        if bytes.len() > KEPT_LIMIT_BYTES {
            return Ok(None);
        }
        let (id, key) = self.keys.of_tenant(&execution.tenant).await?;
        let blob = key
            .seal(&purpose(execution), &bytes)
            .map_err(Error::internal)?;
        Ok(Some(StoredResult {
            key: id,
            blob,
            expires_at: self.clock.now().plus(LIFE_MS),
        }))
    }
}

fn purpose(execution: &Execution) -> Purpose<'_> {
    Purpose {
        org: execution.tenant.org.as_str(),
        environment: execution.tenant.environment.as_str(),
        account: execution.account.as_str(),
        subject: execution.id.as_str(),
        connector: &execution.slug,
        trust: "",
        field: "result",
        version: 1,
    }
}

/// An execution whose answer was not kept: lost in a crash, or too large.
fn lost(execution: &Execution) -> Error {
    let mut error = Error::new(
        Code::UpstreamOutcomeUnknown,
        "The first call with this Idempotency-Key ended and its answer was not kept; the journal has its record",
    );
    error.execution = Some(super::outcome::ended(execution));
    if execution.node_status == Some(NodeStatus::Unknown)
        || execution.outcome == Some(Outcome::Unknown)
    {
        error.message = Code::UpstreamOutcomeUnknown.entry().meaning.to_owned();
    }
    error
}
