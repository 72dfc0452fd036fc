//! One call of the API, before anybody is asked.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use tenon_connector::Method;

/// Everything that may not stand in a path segment as it is (RFC 3986, 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// One call of the API.
#[derive(Debug, Clone)]
pub struct Call {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Option<Value>,
}

impl Call {
    /// A call of this path, whose segments are given one by one and encoded here.
    pub fn new<'a>(method: Method, segments: impl IntoIterator<Item = &'a str>) -> Self {
        let path = segments.into_iter().map(encoded).collect();
        Self {
            method,
            path,
            query: Vec::new(),
            headers: Vec::new(),
            body: None,
        }
    }

    /// The path, percent-encoded.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The same call with a query value, if there is one.
    #[must_use]
    pub fn query(mut self, name: &str, value: Option<impl ToString>) -> Self {
        let value = value.map(|value| (name.to_owned(), value.to_string()));
        self.query.extend(value);
        self
    }

    /// The same call with a header, if there is one. Names in lower case.
    #[must_use]
    pub fn header(mut self, name: &str, value: Option<impl ToString>) -> Self {
        let value = value.map(|value| (name.to_owned(), value.to_string()));
        self.headers.extend(value);
        self
    }

    /// The same call with a JSON body.
    #[must_use]
    pub fn json(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }
}

fn encoded(segment: &str) -> String {
    format!("/{}", utf8_percent_encode(segment, RESERVED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_cannot_leave_its_place() {
        let call = Call::new(Method::Get, ["api", "a/../b?c@d.example"]);
        assert_eq!(call.path, "/api/a%2F..%2Fb%3Fc%40d.example");
    }
}
