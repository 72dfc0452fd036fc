//! A page on its way out, with the headers that keep it what it is.

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use http::{HeaderName, HeaderValue, StatusCode};

/// No inline script or style, nothing from elsewhere but pictures, no frame around it, and forms that go nowhere else.
/// The way to the application is no answer to a form: browsers would hold every redirect behind it to `form-action`.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
                      img-src 'self' https: data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// A page.
pub(crate) fn html(status: StatusCode, page: String) -> Response {
    let mut response = text("text/html; charset=utf-8", page);
    *response.status_mut() = status;
    response
}

/// A stylesheet.
pub(crate) fn style(css: impl Into<String>) -> Response {
    text("text/css; charset=utf-8", css)
}

/// A script.
pub(crate) fn script(source: &'static str) -> Response {
    text("text/javascript; charset=utf-8", source)
}

fn text(kind: &'static str, body: impl Into<String>) -> Response {
    let headers = [
        (CONTENT_TYPE, kind),
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("x-frame-options"), "DENY"),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), geolocation=(), microphone=(), payment=()",
        ),
    ];
    let mut response = Body::from(body.into()).into_response();
    for (name, value) in headers {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}
