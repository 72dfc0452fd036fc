//! The tenant's web application: pages of an origin of its own that remember who came.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, REFERER};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use crate::node::packages;

/// The official SDK, as it was published.
const SDK: &str = "@cobaltio/cobalt-js/cobalt.js";

/// What stands at a path.
#[derive(Debug, Clone)]
pub struct Page {
    /// Its type of content.
    pub kind: &'static str,
    /// Itself.
    pub body: String,
}

impl Page {
    /// A page of HTML.
    pub fn html(body: impl Into<String>) -> Self {
        Self {
            kind: "text/html; charset=utf-8",
            body: body.into(),
        }
    }

    /// A script.
    pub fn script(body: impl Into<String>) -> Self {
        Self {
            kind: "text/javascript; charset=utf-8",
            body: body.into(),
        }
    }
}

/// A request that came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// Its path with its query.
    pub target: String,
    /// The page that it came from, where the browser says.
    pub referer: Option<String>,
}

/// A running site.
///
/// Besides the pages that it is given it has the official SDK at `/sdk/cobalt.js`, unmodified. The SDK is a CommonJS
/// module: a page says `var exports = {}` before it loads it, and then has the class `Cobalt`.
#[derive(Clone)]
pub struct Site {
    /// Its origin, such as `http://app.localhost:40123`: browsers take each name below `localhost` for a site of its
    /// own, so that cookies and the rules about them work as between strangers.
    pub origin: String,
    pages: Arc<HashMap<String, Page>>,
    visits: Arc<Mutex<Vec<Visit>>>,
}

impl Site {
    /// Serves these pages, by path, at `http://NAME.localhost` and a port of its own.
    ///
    /// # Panics
    /// Where there is no port, or the SDK is not installed.
    pub async fn start(name: &str, pages: impl IntoIterator<Item = (&str, Page)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("a bound port").port();
        let mut all: HashMap<_, _> = pages
            .into_iter()
            .map(|(path, page)| (path.to_owned(), page))
            .collect();
        let sdk = std::fs::read_to_string(packages().join(SDK)).expect("the SDK is installed");
        all.insert("/sdk/cobalt.js".to_owned(), Page::script(sdk));
        let site = Self {
            origin: format!("http://{name}.localhost:{port}"),
            pages: Arc::new(all),
            visits: Arc::default(),
        };
        let serving = site.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serving.clone().serve(stream));
            }
        });
        site
    }

    /// Every request so far, also for what is not there.
    pub fn visits(&self) -> Vec<Visit> {
        self.visits
            .lock()
            .expect("no test panicked while it held this")
            .clone()
    }

    async fn serve(self, stream: TcpStream) {
        let service = service_fn(|request| {
            let response = self.answer(&request);
            async move { Ok::<_, Infallible>(response) }
        });
        let served = hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service);
        // A browser hangs up as it likes.
        let _hung_up = served.await;
    }

    fn answer(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        let header = request.headers().get(REFERER);
        let visit = Visit {
            target: request.uri().to_string(),
            referer: header
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned),
        };
        self.visits
            .lock()
            .expect("no test panicked while it held this")
            .push(visit);
        let found = self.pages.get(request.uri().path());
        let (status, kind, body) = found.map_or(
            (StatusCode::NOT_FOUND, "text/plain", "nothing here"),
            |page| (StatusCode::OK, page.kind, page.body.as_str()),
        );
        Response::builder()
            .status(status)
            .header(CONTENT_TYPE, kind)
            .body(Full::new(Bytes::copy_from_slice(body.as_bytes())))
            .expect("a response that can be built")
    }
}
