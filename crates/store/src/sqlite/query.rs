//! Statements with owned values, prepared once per connection.
//!
//! Values are owned because a statement runs on another thread than its caller's. Rows are read
//! by column name, so `SELECT *` depends on no order.

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use tenon_engine::model::Tenant;

use super::fault::Fault;
use super::record::{FromRecord, Record};

/// The values of a statement's parameters, in order.
pub(super) type Values = Vec<Value>;

/// Owned [`Values`] of anything that SQLite can hold.
macro_rules! values {
    ($($value:expr),* $(,)?) => {
        vec![$(rusqlite::types::Value::from($value.to_owned())),*]
    };
}

pub(super) use values;

/// The values of `id = ? AND org = ? AND environment = ?`: how every row of a tenant is found.
pub(super) fn scoped(id: &str, tenant: &Tenant) -> Values {
    values![id, tenant.org.as_str(), tenant.environment.as_str()]
}

/// Runs a statement that returns no rows, and says how many it changed.
pub(super) fn change(db: &Connection, sql: &str, values: Values) -> Result<u64, Fault> {
    let changed = db.prepare_cached(sql)?.execute(params_from_iter(values))?;
    Ok(changed as u64)
}

/// The first row of a query.
pub(super) fn first<T>(db: &Connection, sql: &str, values: Values) -> Result<Option<T>, Fault>
where
    T: FromRecord,
{
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    rows.next()?.map(read).transpose()
}

/// All rows of a query.
pub(super) fn all<T>(db: &Connection, sql: &str, values: Values) -> Result<Vec<T>, Fault>
where
    T: FromRecord,
{
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_and_then(params_from_iter(values), read)?;
    rows.collect()
}

/// The number that a query counts.
pub(super) fn count(db: &Connection, sql: &str, values: Values) -> Result<u64, Fault> {
    let mut statement = db.prepare_cached(sql)?;
    let number: i64 = statement.query_row(params_from_iter(values), |row| row.get(0))?;
    Ok(number.unsigned_abs())
}

fn read<T: FromRecord>(row: &rusqlite::Row<'_>) -> Result<T, Fault> {
    T::from_record(&Record::new(T::TABLE, row))
}
