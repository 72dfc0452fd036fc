//! A yes or no in a query or a header. What is neither is refused: a misspelt dry run must not become a real one.

use std::borrow::Cow;

use http::HeaderMap;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use tenon_engine::error::{Error, Outcomes};

/// A yes or no; no where nobody says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Switch(pub(super) bool);

impl Switch {
    fn parse(text: &str) -> Option<Self> {
        match text.trim().to_ascii_lowercase().as_str() {
            "" | "true" | "1" => Some(Self(true)),
            "false" | "0" => Some(Self(false)),
            _ => None,
        }
    }

    /// The switch in a header.
    pub(super) fn of_header(headers: &HeaderMap, name: &str) -> Outcomes<Self> {
        let mut values = headers.get_all(name).iter();
        let invalid = |problem| {
            let message = format!("The header `{name}` {problem}");
            Error::invalid(name, "type", message)
        };
        match (values.next(), values.next()) {
            (None, _) => Ok(Self(false)),
            (Some(value), None) => {
                let parsed = value.to_str().ok().and_then(Self::parse);
                parsed.ok_or_else(|| invalid("must be true or false"))
            }
            (Some(_), Some(_)) => Err(invalid("came more than once")),
        }
    }
}

impl<'de> Deserialize<'de> for Switch {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("must be true or false"))
    }
}

impl JsonSchema for Switch {
    fn schema_name() -> Cow<'static, str> {
        "Switch".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        bool::json_schema(generator)
    }
}
