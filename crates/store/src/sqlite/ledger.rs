//! What a job of the writer works with: the connection, inside its savepoint, and the end of the
//! chain. Both are given up where the job fails.

use rusqlite::{Connection, params};
use tenon_engine::model::{AuditEntry, ChainEnd, ChainEvent, Execution, Millis};

use super::query;
use crate::fault::Fault;
use crate::tables::{Attestable, Digested, INSERT_LINK, Step, Written, now};
use crate::value::Values;

/// The connection and the chain of one job.
pub(super) struct Ledger<'c> {
    /// The connection.
    pub(super) db: &'c Connection,
    /// The chain's end, once it is open.
    pub(super) chain: Option<ChainEnd>,
}

impl Ledger<'_> {
    /// Appends a link for what was written.
    pub(super) fn attest(&mut self, written: &Written) -> Result<(), Fault> {
        self.append(written.event, &written.subject, written.digest, now())
    }

    /// Appends a link.
    pub(super) fn append(
        &mut self,
        event: ChainEvent,
        subject: &str,
        digest: [u8; 32],
        at: Millis,
    ) -> Result<(), Fault> {
        let chain = self.chain.as_mut().ok_or(Fault::NoChain)?;
        let link = chain.append(event, subject, digest, at);
        self.db.prepare_cached(INSERT_LINK)?.execute(params![
            link.boot.as_str(),
            link.seq,
            link.event.as_str(),
            link.subject,
            link.digest,
            link.at.0,
            link.mac,
        ])?;
        Ok(())
    }

    /// Runs steps, and says how many rows each changed. Those that a condition kept back changed none.
    pub(super) fn run_all(&mut self, steps: Vec<Step>) -> Result<Vec<u64>, Fault> {
        let mut counts = vec![0; steps.len()];
        for (step, count) in steps.into_iter().zip(&mut counts) {
            let is_condition = step.is_condition();
            *count = self.run(step)?;
            if is_condition && *count == 0 {
                break;
            }
        }
        Ok(counts)
    }

    fn run(&mut self, step: Step) -> Result<u64, Fault> {
        match step {
            Step::Change(sql, values) | Step::Must(sql, values) => {
                query::change(self.db, sql, values)
            }
            Step::Executions(sql, values, event) => self.linked::<Execution>(sql, values, event),
            Step::Audits(sql, values) => {
                self.linked::<AuditEntry>(sql, values, ChainEvent::Audited)
            }
        }
    }

    fn linked<T: Attestable>(
        &mut self,
        sql: &str,
        values: Values,
        event: ChainEvent,
    ) -> Result<u64, Fault> {
        let rows: Vec<Digested<T>> = query::all(self.db, sql, values)?;
        for row in &rows {
            self.attest(&row.written(event))?;
        }
        Ok(rows.len() as u64)
    }
}
