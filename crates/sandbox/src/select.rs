//! Queries: a small `SELECT … FROM … WHERE … ORDER BY … LIMIT … OFFSET …`, enough of SOQL and its kin for what
//! connectors send.

mod parser;
mod token;

use std::cmp::Ordering;

use serde_json::{Map, Value};

use crate::condition::{Columns, Condition};
use crate::text::sort_order;

pub(crate) use parser::parse;

/// A query.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Select {
    /// What to show of a record.
    pub(crate) columns: Vec<Column>,
    /// The collection.
    pub(crate) from: String,
    /// Which records.
    pub(crate) condition: Condition,
    /// In which order: the first that tells two records apart decides.
    pub(crate) order: Vec<Order>,
    /// How many at most.
    pub(crate) limit: Option<usize>,
    /// How many to leave out first.
    pub(crate) offset: usize,
}

/// A part of what is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Column {
    /// One field.
    Named(String),
    /// All fields.
    All,
    /// Those that every customer has.
    Standard,
    /// Those that this customer added: their names end in `__c`.
    Custom,
}

/// One column to sort by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Order {
    name: String,
    descending: bool,
    nulls_last: bool,
}

impl Select {
    /// The rows that are asked for, in order.
    pub(crate) fn rows<T>(&self, rows: Vec<(T, Columns)>) -> Vec<(T, Columns)> {
        let mut rows: Vec<_> = rows
            .into_iter()
            .filter(|(_, columns)| self.condition.holds(columns))
            .collect();
        rows.sort_by(|(_, one), (_, other)| self.compare(one, other));
        rows.into_iter()
            .skip(self.offset)
            .take(self.limit.unwrap_or(usize::MAX))
            .collect()
    }

    fn compare(&self, one: &Columns, other: &Columns) -> Ordering {
        self.order
            .iter()
            .map(|order| order.compare(one.get(&order.name), other.get(&order.name)))
            .find(|ordering| ordering.is_ne())
            .unwrap_or(Ordering::Equal)
    }

    /// The fields that are asked for. One that a record lacks is `null`, unless the application shows it of every record.
    pub(crate) fn fields(&self, fields: &Map<String, Value>, seen: &Columns) -> Map<String, Value> {
        let mut shown = Map::new();
        for column in &self.columns {
            let wanted = |name: &str| column.takes(name);
            let found: Vec<_> = fields.iter().filter(|(name, _)| wanted(name)).collect();
            if let (Column::Named(name), []) = (column, found.as_slice())
                && seen.get(name).is_null()
                && !name.contains('.')
            {
                shown.insert(name.clone(), Value::Null);
            }
            shown.extend(
                found
                    .into_iter()
                    .map(|(name, value)| (name.clone(), value.clone())),
            );
        }
        shown
    }
}

impl Column {
    fn takes(&self, field: &str) -> bool {
        match self {
            Self::Named(name) => name.eq_ignore_ascii_case(field),
            Self::All => true,
            Self::Standard => !field.ends_with("__c"),
            Self::Custom => field.ends_with("__c"),
        }
    }
}

impl Order {
    fn compare(&self, one: &Value, other: &Value) -> Ordering {
        let nulls = match (one.is_null(), other.is_null()) {
            (false, false) => None,
            (true, true) => Some(Ordering::Equal),
            (true, false) => Some(Ordering::Less),
            (false, true) => Some(Ordering::Greater),
        };
        match nulls {
            Some(ordering) if self.nulls_last => ordering.reverse(),
            Some(ordering) => ordering,
            None if self.descending => sort_order(one, other).reverse(),
            None => sort_order(one, other),
        }
    }
}

#[cfg(test)]
mod tests;
