//! The sandbox's server: HTTP/1.1 in clear, for the egress dialer's loopback route.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::answer::{Answer, Content};
use crate::received::Received;
use crate::{Dropped, Sandbox};

/// The greatest body that is read.
const BODY_LIMIT_BYTES: usize = 3 * 1024 * 1024;

/// How long to wait before accepting again where the machine has no more connections to give.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves until `shutdown`; connections that are open then are closed.
pub(crate) async fn serve(
    sandbox: Sandbox,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) {
    let mut connections = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(sandbox.clone(), stream));
                }
                Err(error) => {
                    tracing::warn!(%error, "the sandbox cannot accept a connection");
                    tokio::time::sleep(PAUSE).await;
                }
            },
            // Finished connections are forgotten as they finish.
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(sandbox: Sandbox, stream: TcpStream) {
    let service = service_fn(|request| answer(&sandbox, request));
    let served = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "a connection to the sandbox ended");
    }
}

/// An error makes hyper close the connection without an answer, which is what [`Dropped`] asks for.
async fn answer(
    sandbox: &Sandbox,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Dropped> {
    let (head, body) = request.into_parts();
    let answer = match Limited::new(body, BODY_LIMIT_BYTES).collect().await {
        Ok(body) => {
            sandbox
                .answer(&Received::of(&head, body.to_bytes()))
                .await?
        }
        Err(_too_much_or_broken) => Answer::message(413, "the body is larger than 3 MiB"),
    };
    Ok(response(answer))
}

fn response(answer: Answer) -> Response<Full<Bytes>> {
    let (kind, bytes) = match answer.content {
        Content::Empty => (None, Bytes::new()),
        Content::Json(json) => (Some("application/json"), json.to_string().into()),
        Content::Text(text) => (Some("text/plain; charset=utf-8"), text.into()),
    };
    let mut response = Response::new(Full::new(bytes));
    let status = StatusCode::from_u16(answer.status)
        .ok()
        .filter(|status| !status.is_informational());
    *response.status_mut() = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    if let Some(kind) = kind {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    for (name, value) in answer.headers {
        // What cannot be a header is left out: an example's author sees it missing.
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.insert(name, value);
        }
    }
    response
}
