//! Reading rows with checks: a value that this program never writes becomes an error that names
//! its table, column and row, and never a guess or a panic.

use rusqlite::Row;
use rusqlite::types::{FromSql, ValueRef};
use serde::de::DeserializeOwned;
use tenon_engine::model::{Environment, Millis, OrgId, Tenant};

use super::fault::Fault;

/// A noun that a row can be read as.
pub(super) trait FromRecord: Sized {
    /// The table that holds it.
    const TABLE: &'static str;

    /// Reads a row of that table, all columns selected.
    fn from_record(record: &Record<'_>) -> Result<Self, Fault>;
}

/// A row of a known table.
pub(super) struct Record<'r> {
    table: &'static str,
    row: &'r Row<'r>,
}

impl<'r> Record<'r> {
    /// The row of this table.
    pub(super) fn new(table: &'static str, row: &'r Row<'r>) -> Self {
        Self { table, row }
    }

    /// A value as it is.
    pub(super) fn get<T: FromSql>(&self, column: &'static str) -> Result<T, Fault> {
        self.row
            .get(column)
            .ok()
            .ok_or_else(|| self.impossible(column))
    }

    /// A text that has to be a word or an id.
    pub(super) fn parse<T>(
        &self,
        column: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, Fault> {
        self.parse_optional(column, parse)?
            .ok_or_else(|| self.impossible(column))
    }

    /// The same where there may be none.
    pub(super) fn parse_optional<T>(
        &self,
        column: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Fault> {
        let value = self.row.get_ref(column)?;
        if value == ValueRef::Null {
            return Ok(None);
        }
        let parsed = value.as_str().ok().and_then(parse);
        parsed.map(Some).ok_or_else(|| self.impossible(column))
    }

    /// A JSON document.
    pub(super) fn json<T: DeserializeOwned>(&self, column: &'static str) -> Result<T, Fault> {
        self.parse(column, |text| serde_json::from_str(text).ok())
    }

    /// The same where there may be none.
    pub(super) fn json_optional<T: DeserializeOwned>(
        &self,
        column: &'static str,
    ) -> Result<Option<T>, Fault> {
        self.parse_optional(column, |text| serde_json::from_str(text).ok())
    }

    /// A time.
    pub(super) fn time(&self, column: &'static str) -> Result<Millis, Fault> {
        self.get(column).map(Millis)
    }

    /// The same where there may be none.
    pub(super) fn time_optional(&self, column: &'static str) -> Result<Option<Millis>, Fault> {
        Ok(self.get::<Option<i64>>(column)?.map(Millis))
    }

    /// The columns that every tenant's row has.
    pub(super) fn tenant(&self) -> Result<Tenant, Fault> {
        Ok(Tenant {
            org: self.parse("org", OrgId::parse)?,
            environment: self.parse("environment", Environment::parse)?,
        })
    }

    /// The first column of every table names the row.
    fn impossible(&self, column: &'static str) -> Fault {
        let key = self
            .row
            .get_ref(0)
            .ok()
            .and_then(|value| value.as_str().ok());
        Fault::Impossible {
            table: self.table,
            column,
            row: key.unwrap_or_default().to_owned(),
        }
    }
}
