//! How the sandbox plays an application: the routes that keep records, and the shape of its errors.
//!
//! Everything not routed here falls back on the actions' examples: a request that an action could have made gets
//! that action's first answer.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The emulation of one application.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SandboxDoc {
    /// How new ids look: `#` is a digit, `?` a letter or digit, the rest stands for itself. `############` for example.
    #[serde(default = "twelve_digits")]
    pub id: String,
    /// Fields that a new record gets where the caller gave none, by collection.
    #[serde(default)]
    pub defaults: IndexMap<String, IndexMap<String, Value>>,
    /// What the application would say. Texts see `status`, `message` and `id` (a fresh request id).
    #[serde(default)]
    pub errors: IndexMap<String, CannedDoc>,
    /// The routes. The first whose method and path match is taken.
    #[serde(default)]
    pub routes: Vec<SandboxRouteDoc>,
}

fn twelve_digits() -> String {
    "############".to_owned()
}

/// A fixed answer. Values are templates.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CannedDoc {
    /// The HTTP status.
    pub status: u16,
    /// Headers.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub headers: IndexMap<String, String>,
    /// The JSON body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json: Option<Value>,
}

/// One route of the emulated application.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SandboxRouteDoc {
    /// Method and path: `POST /crm/v3/objects/{collection}`. `{collection}` and `{id}` have meaning; other names are free.
    pub on: String,
    /// The collections that `{collection}` may name. Left out: any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub collections: Vec<String>,
    /// What it does to the records.
    #[serde(rename = "do")]
    pub operation: Operation,
    /// The body that it takes, as JSON Schema. A body that does not fit gets the `invalid` error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
    /// Where the record's fields are: `"{{ body.properties }}"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fields: Option<String>,
    /// For `search`: a list of groups of conditions `{propertyName, operator, value}`; for `query`: the SELECT text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// How many records a page holds, as a template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<String>,
    /// Where a page starts, as a template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// One record as the application shows it. Sees `id`, `collection`, `fields`, `created_at`, `updated_at`, `path`, `query`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<Value>,
    /// The answer. Sees what `record` sees, `record` itself, and for lists `records`, `total` and `next`.
    pub answer: CannedDoc,
}

/// What a route does to the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// Adds a record.
    Create,
    /// Shows one record.
    Read,
    /// Changes one record: the given fields replace the old ones.
    Update,
    /// Removes one record.
    Delete,
    /// Shows all records of a collection, page by page.
    List,
    /// Shows the records that fit the conditions.
    Search,
    /// Runs a small `SELECT … FROM … WHERE … LIMIT …`.
    Query,
    /// Touches no record.
    Fixed,
}
