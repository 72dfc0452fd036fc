//! Rate limits as jobs of the writer.

use rusqlite::{Connection, OptionalExtension as _, params};
use tenon_engine::model::{Rate, Taken};

use super::query;
use crate::fault::Fault;
use crate::tables::{FULL_AT, SET_FULL_AT};
use crate::value::values;

const NOW: &str = "SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER) * 1000";

/// Takes a call, and writes it down if it was given.
pub(super) fn take(db: &Connection, key: String, rate: Rate) -> Result<Taken, Fault> {
    let now: i64 = db.prepare_cached(NOW)?.query_row([], |row| row.get(0))?;
    let full_at: Option<i64> = db
        .prepare_cached(FULL_AT)?
        .query_row(params![key], |row| row.get(0))
        .optional()?;
    let (full_at, taken) = rate.take(full_at.unwrap_or(now), now);
    if taken.allowed {
        query::change(db, SET_FULL_AT, values![key, full_at])?;
    }
    Ok(taken)
}
