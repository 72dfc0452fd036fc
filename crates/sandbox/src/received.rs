//! A request as it came in, and what templates see of it.

use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};
use tenon_connector::Method;
use url::form_urlencoded;

/// A request, its body read.
#[derive(Debug)]
pub(crate) struct Received {
    /// The method; `None` for one that no action has.
    pub(crate) method: Option<Method>,
    /// The application's host, with a port where one was written.
    pub(crate) host: String,
    /// The path, percent-encoded.
    pub(crate) path: String,
    /// The query values, in order.
    pub(crate) query: Vec<(String, String)>,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// The body.
    pub(crate) body: Bytes,
}

/// The body is neither JSON nor a form, and says that it is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotJson;

impl Received {
    /// Takes a request apart.
    pub(crate) fn of(head: &http::request::Parts, body: Bytes) -> Self {
        let written = head.headers.get(http::header::HOST);
        let host = written.and_then(|host| host.to_str().ok());
        let authority = head.uri.authority().map(|authority| authority.as_str());
        let query = head.uri.query().unwrap_or_default();
        Self {
            method: Method::parse(head.method.as_str()),
            host: host.or(authority).unwrap_or_default().to_owned(),
            path: head.uri.path().to_owned(),
            query: form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
            headers: head.headers.clone(),
            body,
        }
    }

    /// A header's value where it is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// A query value.
    pub(crate) fn query_value(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The query as templates see it: a repeated name becomes a list.
    pub(crate) fn query_map(&self) -> Map<String, Value> {
        grouped(self.query.iter().cloned())
    }

    /// The body as templates see it: JSON, or a form as a map; `null` for any other.
    ///
    /// # Errors
    /// Where the body is meant to be JSON and is not.
    pub(crate) fn body_value(&self) -> Result<Value, NotJson> {
        let kind = self.headers.get(CONTENT_TYPE);
        let kind = kind.map_or("json", |kind| kind.to_str().unwrap_or_default());
        if self.body.is_empty() {
            Ok(Value::Null)
        } else if kind.starts_with("application/x-www-form-urlencoded") {
            Ok(json!(grouped(
                form_urlencoded::parse(&self.body).into_owned()
            )))
        } else if kind.contains("json") {
            serde_json::from_slice(&self.body).map_err(|_unreadable| NotJson)
        } else {
            Ok(Value::Null)
        }
    }
}

fn grouped(pairs: impl Iterator<Item = (String, String)>) -> Map<String, Value> {
    let mut map = Map::new();
    for (name, value) in pairs {
        let value = Value::String(value);
        match map.get_mut(&name) {
            None => {
                map.insert(name, value);
            }
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = json!([first.take(), value]),
        }
    }
    map
}

/// One segment of a path as its author meant it.
pub(crate) fn decoded(segment: &str) -> String {
    percent_decode_str(segment).decode_utf8_lossy().into_owned()
}
