//! An action's parameters, in a compact spelling of JSON Schema.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::SourceDoc;

/// One parameter, or one member of an object or array parameter.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ParamDoc {
    /// The JSON type. Left out, any JSON is taken.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<ParamType>,
    /// Whether the action can run without it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    /// Whether an explicit `null` may be sent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub nullable: bool,
    /// What a person reads beside the input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What it means and when to give it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The values that are allowed.
    #[serde(rename = "enum", default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Value>,
    /// What is taken where the caller gives none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// A JSON Schema format, such as `email`, `date-time` or `uri`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// A regular expression that a text must match (linear time: no look-around, no back-references).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// The least number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<f64>,
    /// The greatest number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<f64>,
    /// The least length of a text, or number of items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_length: Option<u64>,
    /// The greatest length of a text, or number of items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_length: Option<u64>,
    /// For an array: what each item is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<Box<ParamDoc>>,
    /// For an object: its members. Left out, any members are taken.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub properties: IndexMap<String, ParamDoc>,
    /// For an object whose members have names of their own: what each member is that `properties` does not name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub additional: Option<Box<ParamDoc>>,
    /// What it may be instead of one type: the value must be one of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub any_of: Vec<ParamDoc>,
    /// For `any_of` objects: the member whose value tells which of them it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discriminator: Option<String>,
    /// Sample values, for documentation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<Value>,
    /// An action of this application that lists the choices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<SourceDoc>,
    /// For an object: an action that lists the members which this account has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fields: Option<SourceDoc>,
}

/// The JSON types, and files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ParamType {
    /// A text.
    String,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// An object.
    Object,
    /// A list.
    Array,
    /// A file: `{ filename, content_type, base64 }`, or `{ file }` with the id of one that was uploaded before. Requests see its
    /// `filename`, `content_type` and `size` as members, and carry its content where the whole file stands.
    File,
}

impl ParamType {
    /// Reads the JSON Schema word.
    pub fn parse(word: &str) -> Option<Self> {
        [
            Self::String,
            Self::Integer,
            Self::Number,
            Self::Boolean,
            Self::Object,
            Self::Array,
        ]
        .into_iter()
        .find(|kind| kind.as_str() == word)
    }

    /// The JSON Schema word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Object | Self::File => "object",
            Self::Array => "array",
        }
    }
}
