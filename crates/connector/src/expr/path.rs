//! References: the way to a value, as names and indices.

use serde_json::Value;

use super::Scope;

/// One stage of the way to a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Key {
    /// A member of a map.
    Name(String),
    /// An item of a list.
    Index(usize),
}

impl Key {
    /// What it leads to.
    pub(crate) fn of<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        match self {
            Self::Name(name) => value.get(name),
            Self::Index(index) => value.get(index),
        }
    }

    /// The same, to be changed.
    pub(crate) fn of_mut<'a>(&self, value: &'a mut Value) -> Option<&'a mut Value> {
        match self {
            Self::Name(name) => value.get_mut(name),
            Self::Index(index) => value.get_mut(index),
        }
    }

    pub(super) fn name(&self) -> Option<&str> {
        match self {
            Self::Name(name) => Some(name),
            Self::Index(_) => None,
        }
    }
}

/// Reads `name`, `name.member` and `name[0].member`; anything else is an expression.
pub(super) fn parse_path(source: &str) -> Option<Vec<Key>> {
    let mut path = Vec::new();
    for part in source.split('.') {
        let (name, indices) = part
            .split_once('[')
            .map_or((part, None), |(name, rest)| (name, Some(rest)));
        if !is_name(name) || (path.is_empty() && is_word(name)) {
            return None;
        }
        path.push(Key::Name(name.to_owned()));
        for index in indices.map(|rest| rest.strip_suffix(']')).into_iter() {
            for number in index?.split("][") {
                path.push(Key::Index(number.parse().ok()?));
            }
        }
    }
    Some(path)
}

fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn is_word(name: &str) -> bool {
    matches!(
        name,
        "true"
            | "false"
            | "none"
            | "True"
            | "False"
            | "None"
            | "not"
            | "and"
            | "or"
            | "in"
            | "is"
            | "if"
            | "else"
    )
}

pub(super) fn follow<'a>(scope: &Scope<'a>, path: &[Key]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    let root = scope.get(first.name()?)?;
    rest.iter().try_fold(root, |value, key| key.of(value))
}
