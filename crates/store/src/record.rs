//! Reading rows with checks: a value that this program never writes becomes an error that names
//! its table, column and row, and never a guess or a panic.

use serde::de::DeserializeOwned;
use tenon_engine::model::{Environment, Millis, OrgId, Tenant};

use crate::fault::Fault;
use crate::value::Value;

/// A noun that a row can be read as.
pub(crate) trait FromRecord: Sized + Send + 'static {
    /// The table that holds it.
    const TABLE: &'static str;

    /// Reads a row of that table, all columns selected.
    fn from_record(record: &Record<'_>) -> Result<Self, Fault>;
}

/// A row as its engine returns it.
pub(crate) trait Row {
    /// The value of a column; `None` where there is no such column, or none that a [`Value`] holds.
    fn value(&self, column: &str) -> Option<Value>;

    /// The value of the first column, which names the row.
    fn key(&self) -> Option<Value>;
}

/// A row of a known table.
pub(crate) struct Record<'r> {
    table: &'static str,
    row: &'r dyn Row,
}

impl<'r> Record<'r> {
    /// Reads a row of a noun's table.
    pub(crate) fn read<T: FromRecord>(row: &'r dyn Row) -> Result<T, Fault> {
        T::from_record(&Self {
            table: T::TABLE,
            row,
        })
    }

    /// A value as it is.
    pub(crate) fn get<T: FromValue>(&self, column: &'static str) -> Result<T, Fault> {
        let value = self.row.value(column).and_then(T::from_value);
        value.ok_or_else(|| self.impossible(column))
    }

    /// A text that has to be a word or an id.
    pub(crate) fn parse<T>(
        &self,
        column: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, Fault> {
        self.parse_optional(column, parse)?
            .ok_or_else(|| self.impossible(column))
    }

    /// The same where there may be none.
    pub(crate) fn parse_optional<T>(
        &self,
        column: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Fault> {
        let Some(text) = self.get::<Option<String>>(column)? else {
            return Ok(None);
        };
        let parsed = parse(&text);
        parsed.map(Some).ok_or_else(|| self.impossible(column))
    }

    /// A JSON document.
    pub(crate) fn json<T: DeserializeOwned>(&self, column: &'static str) -> Result<T, Fault> {
        self.parse(column, |text| serde_json::from_str(text).ok())
    }

    /// The same where there may be none.
    pub(crate) fn json_optional<T: DeserializeOwned>(
        &self,
        column: &'static str,
    ) -> Result<Option<T>, Fault> {
        self.parse_optional(column, |text| serde_json::from_str(text).ok())
    }

    /// A time.
    pub(crate) fn time(&self, column: &'static str) -> Result<Millis, Fault> {
        self.get(column).map(Millis)
    }

    /// The same where there may be none.
    pub(crate) fn time_optional(&self, column: &'static str) -> Result<Option<Millis>, Fault> {
        Ok(self.get::<Option<i64>>(column)?.map(Millis))
    }

    /// The columns that every tenant's row has.
    pub(crate) fn tenant(&self) -> Result<Tenant, Fault> {
        Ok(Tenant {
            org: self.parse("org", OrgId::parse)?,
            environment: self.parse("environment", Environment::parse)?,
        })
    }

    /// The first column of every table names the row.
    fn impossible(&self, column: &'static str) -> Fault {
        let row = match self.row.key() {
            Some(Value::Text(text)) => text,
            Some(Value::Integer(number)) => number.to_string(),
            _ => String::new(),
        };
        Fault::Impossible {
            table: self.table,
            column,
            row,
        }
    }
}

/// What a column's value can be taken as.
pub(crate) trait FromValue: Sized {
    /// The value, if it is one.
    fn from_value(value: Value) -> Option<Self>;
}

impl FromValue for String {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl FromValue for Vec<u8> {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Blob(bytes) => Some(bytes),
            _ => None,
        }
    }
}

impl FromValue for [u8; 32] {
    fn from_value(value: Value) -> Option<Self> {
        Vec::from_value(value)?.try_into().ok()
    }
}

impl FromValue for bool {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Integer(0) => Some(false),
            Value::Integer(1) => Some(true),
            _ => None,
        }
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::from_value(value).map(Some),
        }
    }
}

macro_rules! integers {
    ($($number:ty),*) => {
        $(impl FromValue for $number {
            fn from_value(value: Value) -> Option<Self> {
                match value {
                    Value::Integer(number) => Self::try_from(number).ok(),
                    _ => None,
                }
            }
        })*
    };
}

integers!(u16, i32, u32, i64);
