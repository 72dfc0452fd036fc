//! The journal's writes as jobs of the writer.

use rusqlite::Connection;
use tenon_engine::model::IdempotencyKey;
use tenon_engine::ports::Begun;

use super::query;
use crate::fault::Fault;
use crate::tables::{
    Beginning, CLAIM_KEY, Claim, Ending, FINISH, FREE_KEY, HOLDER, INSERT_EXECUTION, KEEP_RESULT,
};

/// Takes the key and inserts the execution.
pub(super) fn begin(db: &Connection, beginning: Beginning) -> Result<Begun, Fault> {
    if let Some(claim) = beginning.claim
        && let Some(holder) = take(db, claim)?
    {
        return Ok(Begun::Held(holder));
    }
    query::change(db, INSERT_EXECUTION, beginning.row)?;
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
pub(super) fn finish(db: &Connection, ending: Ending) -> Result<bool, Fault> {
    if query::change(db, FINISH, ending.end)? == 0 {
        return Ok(false);
    }
    if let Some(result) = ending.result {
        query::change(db, KEEP_RESULT, result)?;
    }
    query::change(db, FREE_KEY, ending.id)?;
    Ok(true)
}
