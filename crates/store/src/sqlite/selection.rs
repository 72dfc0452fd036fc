//! A tenant's rows under conditions that are known only when they are asked for.
//!
//! Conditions are constants of this program and values are always bound, so no text of a caller
//! becomes SQL.

use rusqlite::Connection;
use rusqlite::types::Value;
use tenon_engine::model::{Page, Paging, Tenant};

use super::fault::Fault;
use super::query::{self, Values, values};
use super::record::FromRecord;

/// Which rows of a table are meant.
pub(super) struct Selection {
    conditions: String,
    values: Values,
}

impl Selection {
    /// All rows of a tenant.
    pub(super) fn of(tenant: &Tenant) -> Self {
        Self {
            conditions: "org = ? AND environment = ?".into(),
            values: values![tenant.org.as_str(), tenant.environment.as_str()],
        }
    }

    /// Of these only those that meet the condition, if there is a value to compare with.
    pub(super) fn and(mut self, condition: &'static str, value: Option<impl Into<Value>>) -> Self {
        if let Some(value) = value {
            self.conditions.push_str(" AND ");
            self.conditions.push_str(condition);
            self.values.push(value.into());
        }
        self
    }

    /// Of these only those whose column holds one of the texts, if there are any.
    pub(super) fn and_any(mut self, column: &'static str, texts: &[String]) -> Self {
        if !texts.is_empty() {
            // One mark however many texts there are: SQLite bounds marks, and each statement is kept.
            self.conditions.push_str(&format!(
                " AND {column} IN (SELECT value FROM json_each(?))"
            ));
            let list = serde_json::to_string(texts).unwrap_or_default();
            self.values.push(Value::from(list));
        }
        self
    }

    /// A page of these rows and the number of all of them, both of the same moment.
    pub(super) fn page<T: FromRecord>(
        self,
        db: &Connection,
        order: &'static str,
        paging: Paging,
    ) -> Result<Page<T>, Fault> {
        let Self {
            conditions,
            mut values,
        } = self;
        let table = T::TABLE;
        let snapshot = db.unchecked_transaction()?;
        let counting = format!("SELECT count(*) FROM {table} WHERE {conditions}");
        let total = query::count(&snapshot, &counting, values.clone())?;
        let listing =
            format!("SELECT * FROM {table} WHERE {conditions} ORDER BY {order} LIMIT ? OFFSET ?");
        let offset = i64::try_from(paging.offset()).unwrap_or(i64::MAX);
        values.extend(values![paging.limit, offset]);
        let items = query::all(&snapshot, &listing, values)?;
        snapshot.commit()?;
        Ok(Page { items, total })
    }
}
