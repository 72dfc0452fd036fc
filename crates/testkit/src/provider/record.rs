//! What the provider was asked, and how much of it at once.

use std::collections::BTreeMap;
use std::time::Instant;

use url::form_urlencoded;

use crate::vendor::request::Request;

/// A request that came in whole.
#[derive(Debug, Clone)]
pub struct Received {
    /// When.
    pub at: Instant,
    /// The method.
    pub method: String,
    /// The path without its query.
    pub path: String,
    /// The parameters of the query and, where the body is a form, of the body.
    pub parameters: BTreeMap<String, String>,
    /// The header of that name.
    pub authorization: Option<String>,
    /// The key of the execution that it carried.
    pub key: Option<String>,
}

impl Received {
    pub(super) fn of(request: &Request, at: Instant) -> Self {
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let form = match request.header("content-type") {
            Some(kind) if kind.starts_with("application/x-www-form-urlencoded") => &request.body,
            _ => &[][..],
        };
        let pairs = [query.as_bytes(), form].map(form_urlencoded::parse);
        Self {
            at,
            method: request.method.clone(),
            path: path.to_owned(),
            parameters: pairs
                .into_iter()
                .flat_map(|pairs| pairs.into_owned())
                .collect(),
            authorization: request.header("authorization").map(str::to_owned),
            key: request.header("x-tenon-key").map(str::to_owned),
        }
    }

    /// A parameter, or nothing.
    pub fn parameter(&self, name: &str) -> &str {
        self.parameters.get(name).map_or("", String::as_str)
    }

    pub(super) fn bearer(&self) -> &str {
        let value = self.authorization.as_deref().unwrap_or_default();
        value.strip_prefix("Bearer ").unwrap_or_default()
    }
}

/// How many token calls somebody waits for.
#[derive(Default)]
pub(super) struct Flights {
    pub(super) now: usize,
    pub(super) most: usize,
}

impl Flights {
    pub(super) fn begin(&mut self) {
        self.now += 1;
        self.most = self.most.max(self.now);
    }

    pub(super) fn end(&mut self) {
        self.now -= 1;
    }
}
