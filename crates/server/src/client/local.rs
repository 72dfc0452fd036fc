//! The API in this process, without a network.

use axum::Router;
use axum::body::Body;
use http::{Request, Uri};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tenon_vault::Secret;
use tower::ServiceExt as _;

use super::{Call, ClientError};
use crate::api;
use crate::bootstrap::Installation;

/// The API of an installation that this process has opened.
pub(super) struct Local {
    installation: Installation,
    router: Router,
    admin_key: Secret,
}

impl Local {
    pub(super) fn new(installation: Installation, admin_key: Secret) -> Self {
        let router = api::router(installation.app.clone());
        Self {
            installation,
            router,
            admin_key,
        }
    }

    pub(super) async fn call(&self, call: Call) -> Result<(u16, Value), ClientError> {
        let request = self.request(&call).map_err(unreadable)?;
        let answer = self.router.clone().oneshot(request).await;
        let answer = answer.map_err(unreadable)?;
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.map_err(unreadable)?;
        Ok((status, super::remote::json(&body.to_bytes())?))
    }

    fn request(&self, call: &Call) -> Result<Request<Body>, http::Error> {
        let mut request = Request::builder()
            .method(call.method.as_str())
            .uri(uri(call)?)
            .header("x-admin-key", self.admin_key.expose());
        for (name, value) in &call.headers {
            request = request.header(name, value);
        }
        match &call.body {
            Some(body) => request
                .header("content-type", "application/json")
                .body(Body::from(body.to_string())),
            None => request.body(Body::empty()),
        }
    }

    pub(super) async fn close(self) {
        self.installation.close().await;
    }
}

fn uri(call: &Call) -> Result<Uri, http::Error> {
    let query = call.query.iter().fold(
        url::form_urlencoded::Serializer::new(String::new()),
        |mut query, (name, value)| {
            query.append_pair(name, value);
            query
        },
    );
    let text = format!("{}?{}", call.path, { query }.finish());
    Uri::try_from(text).map_err(Into::into)
}

fn unreadable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ClientError {
    ClientError::Unreadable(error.into())
}
