//! The journal's writes as jobs of the writer.

use deadpool_postgres::Client;
use tenon_engine::model::{AuditEntry, ChainEvent, Execution, IdempotencyKey};
use tenon_engine::ports::Begun;

use super::job::Work;
use super::statement::{all, change, first};
use crate::fault::Fault;
use crate::tables::{
    Attestable, Beginning, CLAIM_KEY, Claim, Digested, Ending, FINISH, FREE_KEY, HOLDER,
    INSERT_EXECUTION, KEEP_RESULT, Step, Written,
};
use crate::value::{Value, Values};

impl Work for Beginning {
    type Output = Begun;

    async fn run(&self, client: &Client) -> Result<(Begun, Vec<Written>), Fault> {
        if let Some(claim) = &self.claim
            && let Some(holder) = take(client, claim).await?
        {
            return Ok((Begun::Held(holder), Vec::new()));
        }
        change(client, INSERT_EXECUTION, &self.row).await?;
        Ok((Begun::Started, vec![self.written.clone()]))
    }
}

/// Takes the key, or says who holds it. A key that cannot be taken is locked by the attempt, so
/// its holder is still there when it is looked for.
async fn take(client: &Client, claim: &Claim) -> Result<Option<IdempotencyKey>, Fault> {
    if change(client, CLAIM_KEY, &claim.take).await? > 0 {
        return Ok(None);
    }
    first(client, HOLDER, &claim.key).await
}

impl Work for Ending {
    type Output = bool;
    const OWED: bool = true;

    async fn run(&self, client: &Client) -> Result<(bool, Vec<Written>), Fault> {
        if change(client, FINISH, &self.end).await? == 0 {
            return Ok((false, Vec::new()));
        }
        if let Some(result) = &self.result {
            change(client, KEEP_RESULT, result).await?;
        }
        if let Some(freed) = &self.freed {
            change(client, FREE_KEY, freed).await?;
        }
        Ok((true, vec![self.written.clone()]))
    }
}

/// An execution that is written once, when it is over.
pub(super) struct Recording {
    /// The values of [`INSERT_EXECUTION`].
    pub(super) row: Values,
    /// What the chain says of it.
    pub(super) written: Written,
}

impl Work for Recording {
    type Output = ();

    async fn run(&self, client: &Client) -> Result<((), Vec<Written>), Fault> {
        change(client, INSERT_EXECUTION, &self.row).await?;
        Ok(((), vec![self.written.clone()]))
    }
}

impl Work for Vec<Step> {
    type Output = Vec<u64>;

    async fn run(&self, client: &Client) -> Result<(Vec<u64>, Vec<Written>), Fault> {
        let (mut counts, mut written) = (vec![0; self.len()], Vec::new());
        for (step, counted) in self.iter().zip(&mut counts) {
            let before = written.len();
            *counted = match step {
                Step::Change(sql, values) | Step::Must(sql, values) => {
                    change(client, sql, values).await?
                }
                Step::Executions(sql, values, event) => {
                    written.extend(linked::<Execution>(client, sql, values, *event).await?);
                    (written.len() - before) as u64
                }
                Step::Audits(sql, values) => {
                    let event = ChainEvent::Audited;
                    written.extend(linked::<AuditEntry>(client, sql, values, event).await?);
                    (written.len() - before) as u64
                }
            };
            if step.is_condition() && *counted == 0 {
                break;
            }
        }
        Ok((counts, written))
    }
}

async fn linked<T: Attestable>(
    client: &Client,
    sql: &str,
    values: &[Value],
    event: ChainEvent,
) -> Result<Vec<Written>, Fault> {
    let rows: Vec<Digested<T>> = all(client, sql, values).await?;
    Ok(rows.iter().map(|row| row.written(event)).collect())
}

/// A statement that may be run as often as one likes.
pub(super) struct Probe(pub(super) &'static str);

impl Work for Probe {
    type Output = ();

    async fn run(&self, client: &Client) -> Result<((), Vec<Written>), Fault> {
        change(client, self.0, &[]).await?;
        Ok(((), Vec::new()))
    }
}
