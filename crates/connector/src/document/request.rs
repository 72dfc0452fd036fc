//! The HTTP request that an action means, as a structure.
//!
//! A value is a literal, a reference (`"{{ email }}"` alone keeps its type) or a text template. A key whose
//! value is absent is left out. The key `...` spreads a map into the map that it stands in.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One HTTP request. Exactly one of the method keys, or `method` with `path`.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestDoc {
    /// GET this path. Each `{{ … }}` fills one segment and is percent-encoded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub get: Option<String>,
    /// POST to this path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post: Option<String>,
    /// PUT to this path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub put: Option<String>,
    /// PATCH this path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patch: Option<String>,
    /// DELETE this path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delete: Option<String>,
    /// A method that a parameter chooses. Goes with `path`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// A whole path that a parameter gives: may have several segments, never `..`, a query or another host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Query values. A list is repeated (`a=1&a=2`).
    #[serde(default)]
    pub query: IndexMap<String, Value>,
    /// Headers. Those that a caller brings by spreading cannot touch credentials, framing or routing.
    #[serde(default)]
    pub headers: IndexMap<String, Value>,
    /// A JSON body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json: Option<Value>,
    /// An `application/x-www-form-urlencoded` body. Nested maps and lists use brackets: `a[b]=1`, `a[0]=1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<IndexMap<String, Value>>,
    /// A `multipart/form-data` body: texts, or files as `{ filename, content_type, base64 }`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multipart: Option<IndexMap<String, Value>>,
    /// A body in any other format.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<RawDoc>,
    /// A body whose format a parameter chooses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<BodyDoc>,
}

/// A body that is sent as it is.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawDoc {
    /// The `Content-Type` header.
    pub content_type: String,
    /// The text.
    pub text: String,
}

/// A body whose format is chosen at run time.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BodyDoc {
    /// Evaluates to `json`, `form`, `multipart`, `text`, `html` or `xml`.
    #[serde(rename = "as")]
    pub kind: String,
    /// The content.
    pub value: Value,
}
