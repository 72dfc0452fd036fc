//! Lists: how they go on, how they read as choices of a parameter, and how they read as fields of an account's own.
//!
//! Texts see `status`, `headers` and `body` of the answer; those about one entry see it as `item`.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ParamType;

/// How a list continues: exactly one of the keys. `items` is a plain reference to the list, such as `"{{ body.results }}"`.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum PagingDoc {
    /// The answer holds a cursor that the next call sends back.
    Cursor {
        /// The action's parameter that takes the cursor.
        param: String,
        /// Where the answer holds it, such as `"{{ body.paging.next.after }}"`. Absent, empty or null on the last page.
        next: String,
        /// Where `next` is an address: the query value of it that is the cursor.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        query: Option<String>,
        /// The items of this page.
        items: String,
    },
    /// The next call starts after as many items as came.
    Offset {
        /// The action's parameter that takes the offset.
        param: String,
        /// The items of this page. An empty list is the last page.
        items: String,
        /// False on the last page, where the application says so: `"{{ body.more }}"`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        more: Option<String>,
    },
    /// Pages have numbers.
    Page {
        /// The action's parameter that takes the page's number.
        param: String,
        /// The items of this page. An empty list is the last page.
        items: String,
        /// False on the last page, where the application says so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        more: Option<String>,
        /// The number of the first page.
        #[serde(default = "one")]
        first: u64,
    },
    /// The `Link` header with `rel="next"` holds the address; one of its query values is the cursor.
    Link {
        /// The action's parameter that takes the cursor.
        param: String,
        /// The query value of the address that holds it.
        query: String,
        /// The items of this page.
        items: String,
    },
}

fn one() -> u64 {
    1
}

/// Whether an action is a list that goes on.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum PagedDoc {
    /// As the connector's `paging` says.
    Usual(bool),
    /// By a rule of its own.
    Own(PagingDoc),
}

impl Default for PagedDoc {
    fn default() -> Self {
        Self::Usual(false)
    }
}

impl PagedDoc {
    /// Whether it is a list that goes on.
    pub fn goes_on(&self) -> bool {
        !matches!(self, Self::Usual(false))
    }
}

/// How a list reads as the choices of a parameter.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChoicesDoc {
    /// The list; that of the action's paging where nobody says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<String>,
    /// What the parameter takes: `"{{ item.id }}"`.
    pub value: String,
    /// What a person reads: `"{{ item.name }}"`.
    pub label: String,
    /// The parameter of this action that takes what a person has typed. Without it, the choices of a page are searched here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
}

/// How a list reads as fields that an account has of its own.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldsDoc {
    /// The list; that of the action's paging where nobody says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<String>,
    /// The field's key: `"{{ item.name }}"`.
    pub name: String,
    /// What a person reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What it means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The application's word for its type. Absent, or a word that is neither JSON Schema's nor in `types`: any JSON is taken.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The JSON types of the application's words.
    #[serde(default)]
    pub types: IndexMap<String, ParamType>,
    /// Entries where this is false are no fields that can be written: `"{{ not item.readOnly }}"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<String>,
    /// The list of values that it may have: `"{{ item.options }}"`. An empty one allows any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choices: Option<String>,
    /// One of these values, seen as `choice`; the entry itself where nobody says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice: Option<String>,
}

/// The action that lists the choices of a parameter, or the fields of an object.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum SourceDoc {
    /// By its id; it needs no parameters.
    Action(String),
    /// With parameters.
    With(SourceWithDoc),
}

/// A listing action with its parameters.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceWithDoc {
    /// An action of this application that reads, and says how it reads as `choices` or `fields`.
    pub action: String,
    /// Its parameters. Texts see the parameters that the caller has filled in so far.
    #[serde(default)]
    pub params: IndexMap<String, Value>,
}

impl SourceDoc {
    /// The listing action.
    pub fn action(&self) -> &str {
        match self {
            Self::Action(action) => action,
            Self::With(with) => &with.action,
        }
    }

    /// The parameters that it is given.
    pub fn params(&self) -> impl Iterator<Item = (&String, &Value)> {
        match self {
            Self::Action(_) => None,
            Self::With(with) => Some(&with.params),
        }
        .into_iter()
        .flatten()
    }
}
