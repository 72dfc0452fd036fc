//! The HTTP request that an action means, as a structure.
//!
//! A value is a literal, a reference (`"{{ email }}"` alone keeps its type) or a text template. A key whose
//! value is absent is left out. The key `...` spreads a map into the map that it stands in.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One HTTP request. Exactly one of the method keys, or `method` with `path`.
///
/// A method's path may be a whole address, `https://content.example.com/upload/{{ id }}`, or one that an earlier step was answered with,
/// `"{{ steps.start.headers.location }}"`. Its host must be one of the connector's `hosts`.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
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
    /// Whether the request carries the credential. Addresses that an application gave for one upload often refuse it.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub credential: bool,
    /// Whether a redirect is what the request asks for: a later step goes to `"{{ steps.NAME.headers.location }}"`. Nothing is followed by
    /// itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub redirect: bool,
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
    /// How a form writes lists: `a[0]=1` with `brackets`, as most read them, or `a=1&a=2` with `repeat`.
    #[serde(default, skip_serializing_if = "FormLists::is_usual")]
    pub form_lists: FormLists,
    /// A `multipart/form-data` body: texts, and files as `"{{ file }}"` or `{ filename, content_type, base64 }`. A list of files repeats its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multipart: Option<IndexMap<String, Value>>,
    /// A `multipart/related` body of two parts: JSON that describes a file, and the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub related: Option<RelatedDoc>,
    /// A body in any other format.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<RawDoc>,
    /// A body whose format a parameter chooses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<BodyDoc>,
}

fn yes() -> bool {
    true
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde gives what it asks about by reference"
)]
fn is_true(value: &bool) -> bool {
    *value
}

/// How a form writes lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FormLists {
    /// With the item's number: `a[0]=1&a[1]=2`.
    #[default]
    Brackets,
    /// The name again for each item: `a=1&a=2`.
    Repeat,
}

impl FormLists {
    /// Whether it is the way that is taken where nobody says.
    pub(crate) fn is_usual(&self) -> bool {
        *self == Self::Brackets
    }
}

/// A body that is sent as it is: exactly one of `text` and `file`.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawDoc {
    /// The `Content-Type` header. Left out with a file, it is the file's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// The text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The file: `"{{ file }}"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<Value>,
}

/// A file with what is said of it (RFC 2387).
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RelatedDoc {
    /// What is said of the file.
    pub json: Value,
    /// The file: `"{{ file }}"`.
    pub file: Value,
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
