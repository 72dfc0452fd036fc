//! Bytes become a tree of values, or are refused before they cost much.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use serde_saphyr::budget::BudgetBreach;
use serde_saphyr::options::DuplicateKeyPolicy;

use crate::limits;

/// Why a document cannot be read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is larger than a limit.
    #[error("the description {0}")]
    TooMuch(String),
    /// It is not JSON and not YAML.
    #[error("neither JSON nor YAML: {0}")]
    Malformed(String),
    /// It is none of the formats.
    #[error(
        "not a description that Tenon reads: it has none of `openapi: 3.0…` or `3.1…`, `swagger: \"2.0\"` and `discoveryVersion: v1`"
    )]
    Unknown,
}

/// Reads JSON where the text begins like it, else YAML.
pub(crate) fn parse(bytes: &[u8]) -> Result<Value, Unreadable> {
    if bytes.len() > limits::MOST_BYTES {
        let most = limits::MOST_BYTES / (1024 * 1024);
        return Err(Unreadable::TooMuch(format!("is larger than {most} MiB")));
    }
    let text = std::str::from_utf8(bytes)
        .map_err(|error| Unreadable::Malformed(format!("not UTF-8: {error}")))?;
    let text = text.trim_start_matches('\u{feff}');
    if text.trim_start().starts_with(['{', '[']) {
        match json(text) {
            // YAML may begin with a bracket too.
            Err(Unreadable::Malformed(message)) => {
                yaml(text).map_err(|_neither| Unreadable::Malformed(message))
            }
            read => read,
        }
    } else {
        yaml(text)
    }
}

fn json(text: &str) -> Result<Value, Unreadable> {
    let budget = Budget::default();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let tree = budget
        .seed()
        .deserialize(&mut deserializer)
        .and_then(|tree| deserializer.end().map(|()| tree));
    tree.map_err(|error| budget.refusal(error.to_string()))
}

fn yaml(text: &str) -> Result<Value, Unreadable> {
    let budget = Budget::default();
    let tree = serde_saphyr::with_deserializer_from_str_with_options(text, options(), |input| {
        budget.seed().deserialize(input)
    });
    tree.map_err(|error| match limit_of(&error) {
        Some(limit) => Unreadable::TooMuch(limit),
        None => budget.refusal(first_line(&error.without_snippet().to_string())),
    })
}

fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_nodes: limits::MOST_NODES,
            max_events: limits::MOST_NODES * 2,
            max_depth: limits::MOST_LEVELS,
            max_aliases: limits::MOST_ALIASES,
            max_documents: 1,
            max_recorded_anchor_events: limits::MOST_ANCHORED,
            enforce_alias_anchor_ratio: false,
        },
        duplicate_keys: DuplicateKeyPolicy::LastWins,
        strict_booleans: true,
        with_snippet: false,
    }
}

fn limit_of(error: &serde_saphyr::Error) -> Option<String> {
    let serde_saphyr::Error::Budget { breach, .. } = error.without_snippet() else {
        return match error.without_snippet() {
            serde_saphyr::Error::AliasError { error, .. } => limit_of(error),
            _ => None,
        };
    };
    Some(match breach {
        BudgetBreach::Nodes { .. } | BudgetBreach::Events { .. } => too_many_nodes(),
        BudgetBreach::Depth { .. } => too_deep(),
        BudgetBreach::Aliases { .. } => format!("has more than {} aliases", limits::MOST_ALIASES),
        BudgetBreach::RecordedAnchorEvents { .. } => {
            let most = limits::MOST_ANCHORED;
            format!("has anchors that stand for more than {most} values")
        }
        other => format!("is more than the reader takes: {other:?}"),
    })
}

fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().to_owned()
}

fn too_many_nodes() -> String {
    format!("has more than {} values", limits::MOST_NODES)
}

fn too_deep() -> String {
    format!("is nested deeper than {} levels", limits::MOST_LEVELS)
}

/// What reading has cost so far, and which limit ended it.
#[derive(Default)]
struct Budget {
    nodes: Cell<usize>,
    breach: Cell<Option<String>>,
}

impl Budget {
    fn seed(&self) -> Node<'_> {
        Node {
            budget: self,
            level: 0,
        }
    }

    fn spend<E: Error>(&self) -> Result<(), E> {
        self.nodes.set(self.nodes.get() + 1);
        match self.nodes.get() > limits::MOST_NODES {
            true => Err(self.end(too_many_nodes())),
            false => Ok(()),
        }
    }

    fn end<E: Error>(&self, limit: String) -> E {
        let error = E::custom(&limit);
        self.breach.set(Some(limit));
        error
    }

    fn refusal(&self, message: String) -> Unreadable {
        match self.breach.take() {
            Some(limit) => Unreadable::TooMuch(limit),
            None if message.contains("recursion limit") => Unreadable::TooMuch(too_deep()),
            None => Unreadable::Malformed(message),
        }
    }
}

/// One value of the tree.
#[derive(Clone, Copy)]
struct Node<'b> {
    budget: &'b Budget,
    level: usize,
}

impl Node<'_> {
    fn deeper<E: Error>(self, members: usize) -> Result<Self, E> {
        if members > limits::MOST_MEMBERS {
            let most = limits::MOST_MEMBERS;
            let limit = format!("has an object or list with more than {most} members");
            return Err(self.budget.end(limit));
        }
        if self.level >= limits::MOST_LEVELS {
            return Err(self.budget.end(too_deep()));
        }
        Ok(Self {
            level: self.level + 1,
            ..self
        })
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<Value, D::Error> {
        self.budget.spend()?;
        input.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Value, E> {
        Ok(float(value as f64))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Value, E> {
        Ok(float(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, input: D) -> Result<Value, D::Error> {
        input.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(self.deeper(items.len())?)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        let mut members = 0_usize;
        while let Some(key) = access.next_key::<String>()? {
            members += 1;
            let value = access.next_value_seed(self.deeper(members)?)?;
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

fn float(value: f64) -> Value {
    Number::from_f64(value).map_or(Value::Null, Value::Number)
}
