//! A tenant's rows under conditions that are known only when they are asked for.
//!
//! Conditions are constants of this program and values are always bound, so no text of a caller
//! becomes SQL.

use tenon_engine::model::{Paging, Tenant};

use crate::value::{Value, Values, values};

/// Which rows of a table are meant.
pub(crate) struct Selection {
    conditions: String,
    values: Values,
}

/// The two statements of a page, and their values.
pub(crate) struct PageStatements {
    /// Counts all rows that are meant.
    pub(crate) counting: (String, Values),
    /// Selects those of the page.
    pub(crate) listing: (String, Values),
}

impl Selection {
    /// All rows of a tenant.
    pub(crate) fn of(tenant: &Tenant) -> Self {
        Self {
            conditions: "org = ? AND environment = ?".into(),
            values: values![tenant.org.as_str(), tenant.environment.as_str()],
        }
    }

    /// All rows there are, for what belongs to no tenant.
    pub(crate) fn of_all() -> Self {
        Self {
            conditions: "1 = 1".into(),
            values: values![],
        }
    }

    /// Of these only those that meet the condition, if there is a value to compare with.
    pub(crate) fn and(mut self, condition: &'static str, value: Option<impl Into<Value>>) -> Self {
        if let Some(value) = value {
            self.conditions.push_str(" AND ");
            self.conditions.push_str(condition);
            self.values.push(value.into());
        }
        self
    }

    /// Of these only those whose column holds one of the texts, if there are any.
    ///
    /// `listed` is how the engine reads a JSON list: one mark however many texts there are, for
    /// engines bound marks, and each statement is kept.
    pub(crate) fn and_any(
        mut self,
        column: &'static str,
        listed: &'static str,
        texts: &[String],
    ) -> Self {
        if !texts.is_empty() {
            self.conditions
                .push_str(&format!(" AND {column} IN ({listed})"));
            let list = serde_json::to_string(texts).unwrap_or_default();
            self.values.push(Value::from(list));
        }
        self
    }

    /// The statements that read a page of these rows.
    pub(crate) fn page(self, table: &str, order: &'static str, paging: Paging) -> PageStatements {
        let Self { conditions, values } = self;
        let counting = format!("SELECT count(*) FROM {table} WHERE {conditions}");
        let listing =
            format!("SELECT * FROM {table} WHERE {conditions} ORDER BY {order} LIMIT ? OFFSET ?");
        let offset = i64::try_from(paging.offset()).unwrap_or(i64::MAX);
        let mut window = values.clone();
        window.extend(values![paging.limit, offset]);
        PageStatements {
            counting: (counting, values),
            listing: (listing, window),
        }
    }
}
