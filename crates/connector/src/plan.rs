//! A plan: the exact HTTP request that an action means for given parameters, with slots where credentials go.
//!
//! A plan never holds a secret. It can be printed, hashed, stored and shown in a dry run as it is.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;
use url::Url;

use crate::auth::Placement;
use crate::document::Effect;

/// One HTTP request, complete but for the credential.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The step's name; `request` for an action with one request.
    pub step: String,
    /// The HTTP method.
    pub method: Method,
    /// Scheme, host, path and query. Never user-info, never a fragment, never a credential.
    pub url: Url,
    /// Headers in order, names in lower case. Framing and credentials are not among them.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Body,
    /// Where the credential goes.
    pub placement: Arc<Placement>,
    /// What the request does to the application's data.
    pub effect: Effect,
    /// Whether sending it twice is the same as sending it once.
    pub idempotent: bool,
}

/// The HTTP methods that actions use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Reads.
    Get,
    /// Reads headers alone.
    Head,
    /// Creates, or whatever the application makes of it.
    Post,
    /// Replaces; idempotent (RFC 9110, 9.2.2).
    Put,
    /// Changes.
    Patch,
    /// Removes; idempotent (RFC 9110, 9.2.2).
    Delete,
}

impl Method {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// Reads the word, in any case.
    pub fn parse(text: &str) -> Option<Self> {
        let all = [
            Self::Get,
            Self::Head,
            Self::Post,
            Self::Put,
            Self::Patch,
            Self::Delete,
        ];
        all.into_iter()
            .find(|method| method.as_str().eq_ignore_ascii_case(text))
    }

    /// What the method says of the effect, where the action says nothing.
    pub fn default_effect(self) -> Effect {
        match self {
            Self::Get | Self::Head => Effect::Read,
            Self::Post | Self::Put | Self::Patch => Effect::Write,
            Self::Delete => Effect::Destructive,
        }
    }

    /// Whether the method is idempotent by RFC 9110, 9.2.2.
    pub fn default_idempotent(self) -> bool {
        !matches!(self, Self::Post | Self::Patch)
    }
}

/// What a request carries.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// Nothing: no `content-type`, no `content-length` beyond zero where the method wants one.
    Empty,
    /// `application/json`.
    Json(Value),
    /// `application/x-www-form-urlencoded`, already flattened.
    Form(Vec<(String, String)>),
    /// `multipart/form-data`.
    Multipart(Vec<Part>),
    /// `multipart/related`: JSON that describes a file, and the file.
    Related {
        /// What is said of the file.
        json: Value,
        /// The file.
        file: Part,
    },
    /// Text or a file in a format that the request names.
    Raw {
        /// The `content-type`.
        content_type: String,
        /// The text or the file.
        content: Content,
    },
}

impl Body {
    /// The ids of the stored files that it carries.
    pub fn stored_files(&self) -> Vec<String> {
        let contents: Vec<&Content> = match self {
            Self::Empty | Self::Json(_) | Self::Form(_) => Vec::new(),
            Self::Multipart(parts) => parts.iter().map(|part| &part.content).collect(),
            Self::Related { file, .. } => vec![&file.content],
            Self::Raw { content, .. } => vec![content],
        };
        let stored = contents.into_iter().filter_map(|content| match content {
            Content::Inline(_) => None,
            Content::Stored(id) => Some(id.clone()),
        });
        stored.collect()
    }
}

/// What a part or a body holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// These bytes.
    Inline(Vec<u8>),
    /// A file that was uploaded before, by its id. Who sends the request finds it.
    Stored(String),
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        Self::Inline(text.into_bytes())
    }
}

/// One part of a `multipart/form-data` body (RFC 7578), or the file of a `multipart/related` one.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// The field's name.
    pub name: String,
    /// A file's name, where it is a file.
    pub filename: Option<String>,
    /// The part's `content-type`.
    pub content_type: Option<String>,
    /// The content.
    pub content: Content,
}
