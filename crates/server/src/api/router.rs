//! The table made into a service.

use std::any::Any;

use axum::Router;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use http::Request;
use tenon_engine::error::{Code, Error};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;

use super::access::Access;
use super::error::Failure;
use super::route::Route;
use super::{answer, cors, prefix, routes};
use crate::app::App;

/// The whole API, behind any prefix.
pub fn router(app: App) -> Router {
    let (pages, api): (Vec<_>, Vec<_>) = routes()
        .into_iter()
        .partition(|route| route.access == Access::Browser);
    let table = |routes: Vec<Route>| {
        let add = |router: Router<App>, route: Route| {
            let path = route.path;
            router.route(path, route.guarded(&app))
        };
        routes
            .into_iter()
            .fold(Router::new(), add)
            .with_state(app.clone())
    };
    let api = finished(table(api), table(pages));
    // Outside the router, because it changes which route is meant.
    let rewritten = ServiceBuilder::new()
        .map_request(|mut request: Request<axum::body::Body>| {
            if let Some(uri) = prefix::rewrite(request.uri()) {
                *request.uri_mut() = uri;
            }
            request
        })
        .service(api);
    Router::new().fallback_service(rewritten)
}

/// What every answer goes through on its way out, from the inside to the outside. Scripts of other origins may call the
/// API and not read the pages.
fn finished(api: Router, pages: Router) -> Router {
    api.fallback(no_such_route)
        .method_not_allowed_fallback(wrong_method)
        .layer(cors::layer())
        .merge(pages.method_not_allowed_fallback(wrong_method))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(to_its_end))
        .layer(from_fn(answer::complete))
}

/// A caller who hangs up stops nothing: what was asked for is done by a task that does not end with the connection.
async fn to_its_end(request: axum::extract::Request, next: Next) -> Response {
    match tokio::spawn(next.run(request)).await {
        Ok(response) => response,
        // The program is stopping: a panic is caught further inside.
        Err(ended) => Failure::from(Error::of(Code::Unavailable).because(ended)).into_response(),
    }
}

async fn no_such_route() -> Failure {
    Error::of(Code::RouteNotFound).into()
}

async fn wrong_method() -> Failure {
    Error::of(Code::MethodNotAllowed).into()
}

/// The panic's own text may hold anything, so it is not shown; the panic hook has logged it.
fn panicked(_text: Box<dyn Any + Send>) -> Response {
    Failure::from(Error::internal("a handler panicked")).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::routing::get;
    use http_body_util::BodyExt as _;
    use serde_json::Value;
    use std::sync::Arc;
    use tokio::sync::Notify;
    use tower::ServiceExt as _;

    async fn fail() {
        std::panic::panic_any("canary".to_owned());
    }

    #[tokio::test]
    async fn a_panic_is_an_internal_error_in_the_envelope_without_its_text() {
        let router = finished(Router::new().route("/", get(fail)), Router::new());
        let request = Request::builder().uri("/").body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        assert_eq!(response.status(), 500);
        assert!(response.headers().contains_key("x-request-id"));
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["code"], "INTERNAL");
        assert!(!body.to_string().contains("canary"));
    }

    #[tokio::test]
    async fn a_caller_who_is_gone_stops_nothing() {
        let (begun, go, done) = (signal(), signal(), signal());
        let signals = (Arc::clone(&begun), Arc::clone(&go), Arc::clone(&done));
        let slow = async move || {
            let (begun, go, done) = signals;
            begun.notify_one();
            go.notified().await;
            done.notify_one();
        };
        let router = finished(Router::new().route("/", get(slow)), Router::new());
        let request = Request::builder().uri("/").body(Body::empty()).unwrap();
        let caller = tokio::spawn(router.oneshot(request));
        begun.notified().await;
        caller.abort();
        assert!(caller.await.unwrap_err().is_cancelled());
        go.notify_one();
        let limit = std::time::Duration::from_secs(10);
        tokio::time::timeout(limit, done.notified()).await.unwrap();
    }

    fn signal() -> Arc<Notify> {
        Arc::default()
    }
}
