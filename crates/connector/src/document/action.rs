//! `actions/<action_id>.yaml`: one operation of an application.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ChoicesDoc, FieldsDoc, PagedDoc, ParamDoc, RelatedDoc, RequestDoc};

/// One action.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActionDoc {
    /// What a person reads in a list, such as `Create Contact`.
    pub name: String,
    /// When to use it and what it does, for a person or a model.
    pub description: String,
    /// Earlier ids of this action. Ids are for ever.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// What the action does to the application's data. Left out, the HTTP method tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<Effect>,
    /// Whether doing it twice is the same as doing it once. Left out, the HTTP method tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotent: Option<bool>,
    /// The application's permissions that it needs.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// The parameters, by name.
    #[serde(default)]
    pub params: IndexMap<String, ParamDoc>,
    /// The one request that it makes; or `steps`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestDoc>,
    /// Several requests, each of which may use the answers before it. At most 8.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<StepDoc>,
    /// What the caller gets, where that is not the last answer's body: `"{{ body.result }}"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
    /// What the data looks like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<OutputDoc>,
    /// How to find out afterwards whether it happened, where no answer said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lookup: Option<LookupDoc>,
    /// Whether it is a list that goes on: `true`, as the connector's `paging` says, or a rule of its own. Such an action also
    /// takes `fetch_all_up_to`.
    #[serde(default)]
    pub paged: PagedDoc,
    /// How its answers read as the choices of another action's parameter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choices: Option<ChoicesDoc>,
    /// How its answers read as the fields that an account has of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fields: Option<FieldsDoc>,
    /// Examples. Each is a test, documentation and sandbox material at once.
    #[serde(default)]
    pub examples: Vec<ExampleDoc>,
}

/// What an action does to the application's data.
// In the order of their harm: the worst of several steps is the greatest.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Changes nothing.
    Read,
    /// Adds or changes something.
    Write,
    /// Removes something, or cannot be undone.
    Destructive,
}

impl Effect {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Destructive => "destructive",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Read, Self::Write, Self::Destructive]
            .into_iter()
            .find(|effect| effect.as_str() == word)
    }
}

/// A question to the application that tells whether an execution happened.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LookupDoc {
    /// An action of this connector with one request, which reads.
    pub action: String,
    /// Its parameters, made from `{{ idempotency_key }}` and `{{ connection.NAME }}`: what the execution left behind.
    #[serde(default)]
    pub params: IndexMap<String, Value>,
    /// An expression over `status`, `headers` and `body` that holds where it happened: `"body.total > 0"`. An answer with status 404
    /// says that it did not.
    pub found: String,
    /// How long after the execution an answer that finds nothing is not believed yet: what was sent may still be at work, and
    /// searches may lag behind.
    #[serde(default = "a_minute")]
    pub settles_after_seconds: u32,
}

fn a_minute() -> u32 {
    60
}

/// One of several requests.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepDoc {
    /// How later steps refer to it: `{{ steps.NAME.body.id }}`.
    pub name: String,
    /// The step is left out where this expression is false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// What this step does to the application's data. Left out, the HTTP method tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<Effect>,
    /// Its request.
    pub request: RequestDoc,
}

/// The shape of an action's data: exactly one of the keys.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutputDoc {
    /// One of the connector's `schemas`.
    Object(String),
    /// A JSON Schema (2020-12).
    Schema(Value),
    /// Nothing: the application answers without a body.
    Nothing(bool),
    /// A file: the answer is kept for a while, and the data says where: `{ file, link, filename, content_type, size, expires_at }`.
    File(bool),
}

/// One example: what a caller gives, what goes to the application, what comes back.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExampleDoc {
    /// What it shows, where there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Facts of the connection; those left out take the `example` of their declaration.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub connection: IndexMap<String, String>,
    /// The parameters.
    #[serde(default)]
    pub input: IndexMap<String, Value>,
    /// The exact request, or one for each step.
    #[serde(default)]
    pub sends: OneOrMany<SendsDoc>,
    /// The application's answer, or one for each step.
    pub answers: OneOrMany<AnswerDoc>,
    /// What the caller gets. Left out: the last answer's JSON body. Of a file: `{ filename, content_type, size }`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
    /// For an example of a failure: the error's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fails: Option<String>,
}

/// The request of an example. What is left out must be absent; `method` and `path` may be left out where the action fixes them.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SendsDoc {
    /// The HTTP method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The path, percent-encoded. Required where the action's path has a `{{ … }}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The query values, in order.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub query: IndexMap<String, Value>,
    /// Headers beyond the connector's own and `content-type`.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub headers: IndexMap<String, String>,
    /// The JSON body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json: Option<Value>,
    /// The form body, flattened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<IndexMap<String, String>>,
    /// The multipart body, by the names of its parts: a text, or a file as `{ filename, content_type, text }` (`base64` where it is no
    /// text).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multipart: Option<IndexMap<String, Value>>,
    /// The body of two parts, its file as in `multipart`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub related: Option<RelatedDoc>,
    /// Any other body as text, also a file's content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// An application's answer.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerDoc {
    /// The HTTP status.
    #[serde(default = "ok")]
    pub status: u16,
    /// Headers.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub headers: IndexMap<String, String>,
    /// A JSON body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json: Option<Value>,
    /// Any other body as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

fn ok() -> u16 {
    200
}

/// One value, or a list with one value for each step.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum OneOrMany<T> {
    /// For an action with one request.
    One(T),
    /// For an action with steps, in their order.
    Many(Vec<T>),
}

impl<T: Default> Default for OneOrMany<T> {
    fn default() -> Self {
        Self::One(T::default())
    }
}

impl<T> OneOrMany<T> {
    /// The values in order.
    pub fn as_slice(&self) -> &[T] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}
