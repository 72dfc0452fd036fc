//! Values of statements, owned and of no engine.
//!
//! Values are owned because a statement may run on another thread than its caller's.

use tenon_engine::model::Tenant;

/// A value that every engine can hold.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// None.
    Null,
    /// A number, a time in milliseconds, or whether (0 or 1).
    Integer(i64),
    /// A text, an id, a word or a document.
    Text(String),
    /// Ciphertext or a hash.
    Blob(Vec<u8>),
}

/// The values of a statement's parameters, in order.
pub(crate) type Values = Vec<Value>;

/// Owned [`Values`] of anything that an engine can hold.
macro_rules! values {
    ($($value:expr),* $(,)?) => {
        vec![$($crate::value::Value::from($value.to_owned())),*]
    };
}

pub(crate) use values;

/// The values of `id = ? AND org = ? AND environment = ?`: how every row of a tenant is found.
pub(crate) fn scoped(id: &str, tenant: &Tenant) -> Values {
    values![id, tenant.org.as_str(), tenant.environment.as_str()]
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Blob(bytes)
    }
}

impl<T> From<Option<T>> for Value
where
    Self: From<T>,
{
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::from)
    }
}

macro_rules! integers {
    ($($number:ty),*) => {
        $(impl From<$number> for Value {
            fn from(number: $number) -> Self {
                Self::Integer(i64::from(number))
            }
        })*
    };
}

integers!(bool, u16, i32, u32, i64);
