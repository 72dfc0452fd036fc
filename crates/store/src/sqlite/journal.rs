//! The journal's writes as jobs of the writer.

use rusqlite::Connection;
use tenon_engine::model::IdempotencyKey;
use tenon_engine::ports::Begun;

use super::ledger::Ledger;
use super::query;
use crate::fault::Fault;
use crate::tables::{
    Beginning, CLAIM_KEY, Claim, Ending, FINISH, FREE_KEY, HOLDER, INSERT_EXECUTION, KEEP_RESULT,
    Written,
};
use crate::value::Values;

/// Takes the key and inserts the execution.
pub(super) fn begin(ledger: &mut Ledger<'_>, beginning: Beginning) -> Result<Begun, Fault> {
    if let Some(claim) = beginning.claim
        && let Some(holder) = take(ledger.db, claim)?
    {
        return Ok(Begun::Held(holder));
    }
    query::change(ledger.db, INSERT_EXECUTION, beginning.row)?;
    ledger.attest(&beginning.written)?;
    Ok(Begun::Started)
}

/// Takes the key, or says who holds it.
fn take(db: &Connection, claim: Claim) -> Result<Option<IdempotencyKey>, Fault> {
    if query::change(db, CLAIM_KEY, claim.take)? > 0 {
        return Ok(None);
    }
    query::first(db, HOLDER, claim.key)
}

/// Writes the end of an execution that runs, and what goes with it.
pub(super) fn finish(ledger: &mut Ledger<'_>, ending: Ending) -> Result<bool, Fault> {
    if query::change(ledger.db, FINISH, ending.end)? == 0 {
        return Ok(false);
    }
    if let Some(result) = ending.result {
        query::change(ledger.db, KEEP_RESULT, result)?;
    }
    if let Some(freed) = ending.freed {
        query::change(ledger.db, FREE_KEY, freed)?;
    }
    ledger.attest(&ending.written)?;
    Ok(true)
}

/// Inserts an execution that is over.
pub(super) fn record(ledger: &mut Ledger<'_>, row: Values, written: &Written) -> Result<(), Fault> {
    query::change(ledger.db, INSERT_EXECUTION, row)?;
    ledger.attest(written)
}
