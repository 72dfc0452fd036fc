//! The one shape that every format is read into.

use std::fmt;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use crate::ways::Way;

/// An API, as its vendor describes it.
#[derive(Debug, Clone, Default)]
pub struct Description {
    /// What the vendor calls it.
    pub title: String,
    /// The version of the description.
    pub version: String,
    /// What it is for.
    pub description: Option<String>,
    /// Where it lives: addresses without a slash at the end, variables kept as `{name}`. May be none, or relative.
    pub servers: Vec<String>,
    /// The variables of the servers, by name.
    pub variables: IndexMap<String, Variable>,
    /// What can be called, in the document's order.
    pub operations: Vec<Operation>,
    /// The ways to authenticate, by the document's names for them.
    pub ways: IndexMap<String, Way>,
    /// The schemas that `{"$ref": "#/$defs/Name"}` leads to, from operations and from each other.
    pub defs: Map<String, Value>,
    /// What is wrong with the document.
    pub problems: Vec<Problem>,
}

/// One variable of a server's address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Variable {
    /// The value where nobody gives one.
    pub default: Option<String>,
    /// The only values, where there are only some.
    pub choices: Vec<String>,
    /// What it is.
    pub description: Option<String>,
}

/// One call that can be made.
#[derive(Debug, Clone, Default)]
pub struct Operation {
    /// The document's own id.
    pub id: Option<String>,
    /// The method, in capitals.
    pub method: String,
    /// The path below the server: `/things/{id}`. With the server before it, it is the whole address.
    pub path: String,
    /// One line.
    pub summary: Option<String>,
    /// More than one line.
    pub description: Option<String>,
    /// What it is filed under.
    pub tags: Vec<String>,
    /// Whether it is about to go.
    pub deprecated: bool,
    /// Servers of its own, where it has some.
    pub servers: Vec<String>,
    /// Its parameters outside of the body.
    pub params: Vec<Parameter>,
    /// Its body, where it takes one.
    pub body: Option<RequestBody>,
    /// Its answers.
    pub answers: Vec<Answer>,
    /// The permissions that it asks for: each list is enough by itself.
    pub scopes: Vec<Vec<String>>,
    /// The names of the ways to authenticate, any of which will do. Empty: the document does not say.
    pub ways: Vec<String>,
    /// Files that go up or come down beside the body (Google Discovery).
    pub media: Option<Media>,
    /// Where it stands in the document, as a JSON pointer.
    pub at: String,
}

/// A parameter outside of the body.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// The name on the wire.
    pub name: String,
    /// Where it goes.
    pub place: Place,
    /// Whether the call is wrong without it.
    pub required: bool,
    /// What it is.
    pub description: Option<String>,
    /// Whether it is about to go.
    pub deprecated: bool,
    /// What it may be.
    pub schema: Value,
    /// A value of the document's own.
    pub example: Option<Value>,
    /// How lists and objects are written.
    pub encoding: Encoding,
    /// Whether every operation of the document has it: how answers are written, who pays.
    pub common: bool,
}

/// Where a parameter goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A part of the path.
    Path,
    /// The query.
    Query,
    /// A header.
    Header,
    /// A cookie.
    Cookie,
}

impl Place {
    /// The document's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Header => "header",
            Self::Cookie => "cookie",
        }
    }
}

/// How a list or an object is written in a place for text (OpenAPI's `style`, `explode` and `content`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Encoding {
    /// OpenAPI's word: `form`, `deepObject`, `spaceDelimited` and so on; empty for the place's own.
    pub style: String,
    /// Whether a list repeats the name instead of being joined.
    pub explode: Option<bool>,
    /// The media type that the value is written in, such as `application/json`.
    pub content_type: Option<String>,
    /// Whether characters of addresses stay as they are (`allowReserved`, `{+name}`).
    pub reserved: bool,
}

/// What a request carries.
#[derive(Debug, Clone, Default)]
pub struct RequestBody {
    /// What it is.
    pub description: Option<String>,
    /// Whether the call is wrong without it.
    pub required: bool,
    /// What it may be, by media type.
    pub contents: IndexMap<String, Content>,
}

/// A body of one media type.
#[derive(Debug, Clone, Default)]
pub struct Content {
    /// What it may be; `true` where the document does not say.
    pub schema: Value,
    /// A value of the document's own.
    pub example: Option<Value>,
    /// How the members of a form are written, where it is not the usual way.
    pub encoding: IndexMap<String, Encoding>,
}

/// One answer to a call.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// `200`, `2XX` or `default`.
    pub status: String,
    /// What it means.
    pub description: Option<String>,
    /// The names of its headers, in lower case.
    pub headers: Vec<String>,
    /// What it may be, by media type; empty for an answer without a body.
    pub contents: IndexMap<String, Content>,
}

/// Files beside the body (Google Discovery).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Media {
    /// Whether the answer may be a file, with `alt=media`.
    pub download: bool,
    /// Ways to send a file.
    pub uploads: Vec<Upload>,
    /// The media types that are taken.
    pub accept: Vec<String>,
}

/// One way to send a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// `simple` or `resumable`.
    pub protocol: String,
    /// The whole path below the server.
    pub path: String,
    /// Whether the body and the file may come as one `multipart/related`.
    pub multipart: bool,
}

/// Something in a document that is wrong or more than is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where, as a JSON pointer.
    pub at: String,
    /// Which operation: its id, or its method and path. `None`: it belongs to no operation.
    pub operation: Option<String>,
    /// What is wrong, and what was done about it.
    pub message: String,
    /// Whether the operation is left out of the description.
    pub left_out: bool,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = &self.operation {
            write!(f, "{operation}: ")?;
        }
        write!(f, "{}: {}", self.at, self.message)
    }
}
