//! A small HTTP client that remembers everything it was told, for the canary search.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use url::form_urlencoded;

/// The longest that any answer may take.
const LIMIT: Duration = Duration::from_secs(60);

/// A client for one base address.
#[derive(Clone)]
pub struct Http {
    base: String,
    client: Client<HttpConnector, Full<Bytes>>,
    heard: Arc<Mutex<Vec<u8>>>,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, as JSON where it is JSON, else as text.
    pub body: Value,
}

impl Answer {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

impl Http {
    /// A client for `base`, such as `http://127.0.0.1:8080`.
    pub fn new(base: impl Into<String>) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self {
            base: base.into(),
            client,
            heard: Arc::default(),
        }
    }

    /// The base address.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Sends a request and reads the answer.
    ///
    /// # Errors
    /// Where no whole answer came: the counterpart is gone.
    pub async fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Answer, String> {
        let json = body.map(|body| ("application/json", body.to_string()));
        self.exchange(method, path, headers, json).await
    }

    /// Posts a form and reads the answer.
    ///
    /// # Errors
    /// Where no whole answer came.
    pub async fn try_form(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        pairs: &[(&str, &str)],
    ) -> Result<Answer, String> {
        let form = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish();
        let form = Some(("application/x-www-form-urlencoded", form));
        self.exchange("POST", path, headers, form).await
    }

    /// Posts a form; there must be an answer.
    ///
    /// # Panics
    /// Where none comes.
    pub async fn form(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        pairs: &[(&str, &str)],
    ) -> Answer {
        self.try_form(path, headers, pairs)
            .await
            .unwrap_or_else(|error| panic!("POST {path}: {error}"))
    }

    async fn exchange(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<(&str, String)>,
    ) -> Result<Answer, String> {
        let mut request = hyper::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some((kind, _)) = &body {
            request = request.header("content-type", *kind);
        }
        let bytes = body.map(|(_, text)| Bytes::from(text)).unwrap_or_default();
        let request = request
            .body(Full::new(bytes))
            .expect("a request that can be built");
        let exchange = async {
            let response = self
                .client
                .request(request)
                .await
                .map_err(|error| error.to_string())?;
            let (head, body) = response.into_parts();
            let bytes = body
                .collect()
                .await
                .map_err(|error| error.to_string())?
                .to_bytes();
            Ok::<_, String>((head, bytes))
        };
        let (head, bytes) = tokio::time::timeout(LIMIT, exchange)
            .await
            .map_err(|_late| "no answer in time".to_owned())??;
        Ok(self.remember(&head, &bytes))
    }

    /// Sends a request; there must be an answer.
    ///
    /// # Panics
    /// Where none comes.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Answer {
        self.try_send(method, path, headers, body)
            .await
            .unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    fn remember(&self, head: &hyper::http::response::Parts, bytes: &[u8]) -> Answer {
        let text = |value: &hyper::header::HeaderValue| {
            String::from_utf8_lossy(value.as_bytes()).into_owned()
        };
        let headers: Vec<_> = head
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), text(value)))
            .collect();
        let mut heard = self
            .heard
            .lock()
            .expect("no test panicked while it held this");
        headers
            .iter()
            .for_each(|(_, value)| heard.extend_from_slice(value.as_bytes()));
        heard.extend_from_slice(bytes);
        let body = serde_json::from_slice(bytes)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(bytes).into_owned()));
        Answer {
            status: head.status.as_u16(),
            headers,
            body,
        }
    }

    /// Everything that came back so far.
    pub fn heard(&self) -> Vec<u8> {
        self.heard
            .lock()
            .expect("no test panicked while it held this")
            .clone()
    }
}
