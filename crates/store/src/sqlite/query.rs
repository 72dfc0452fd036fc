//! Statements with owned values, prepared once per connection.
//!
//! Rows are read by column name, so `SELECT *` depends on no order.

use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, params_from_iter};

use crate::fault::Fault;
use crate::record::{FromRecord, Record, Row};
use crate::value::{Value, Values};

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
    rows.next()?.map(|row| Record::read(row)).transpose()
}

/// All rows of a query.
pub(super) fn all<T>(db: &Connection, sql: &str, values: Values) -> Result<Vec<T>, Fault>
where
    T: FromRecord,
{
    let mut statement = db.prepare_cached(sql)?;
    let rows = statement.query_and_then(params_from_iter(values), |row| Record::read(row))?;
    rows.collect()
}

/// The number that a query counts.
pub(super) fn count(db: &Connection, sql: &str, values: Values) -> Result<u64, Fault> {
    let mut statement = db.prepare_cached(sql)?;
    let number: i64 = statement.query_row(params_from_iter(values), |row| row.get(0))?;
    Ok(number.unsigned_abs())
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

impl Row for rusqlite::Row<'_> {
    fn value(&self, column: &str) -> Option<Value> {
        self.get_ref(column).ok().and_then(owned)
    }

    fn key(&self) -> Option<Value> {
        self.get_ref(0).ok().and_then(owned)
    }
}

fn owned(value: ValueRef<'_>) -> Option<Value> {
    match value {
        ValueRef::Null => Some(Value::Null),
        ValueRef::Integer(number) => Some(Value::Integer(number)),
        ValueRef::Real(_) => None,
        ValueRef::Text(text) => Some(Value::Text(std::str::from_utf8(text).ok()?.to_owned())),
        ValueRef::Blob(bytes) => Some(Value::Blob(bytes.to_owned())),
    }
}
