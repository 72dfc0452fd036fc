//! Serves HTTP/1.1 on a listener: bounded in connections, headers and patience, and ended gently.
//!
//! The loop is our own because the ready-made one waits for a request's head without end. HTTP/2 is the proxy's
//! business: whoever terminates TLS in front speaks it to the world.

mod unstalled;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Layer as _;
use tower_http::timeout::RequestBodyTimeout;

use crate::api::Peer;
use unstalled::Unstalled;

/// How many connections are held at once; the next ones wait in the kernel's queue.
const MOST_CONNECTIONS: usize = 10_000;
/// A request's head has to be there after this time, and a kept connection is closed after it.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest that a request's body may pause, and that a client may leave an answer unread.
const LONGEST_STALL: Duration = Duration::from_secs(30);
const MOST_HEADERS: usize = 100;
const MOST_HEAD_BYTES: usize = 64 * 1024;
/// The pause after an accept that failed, which doubles up to the limit.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Serves until `stopping`, then lets the requests that have begun finish. Whoever calls this bounds the wait.
pub(crate) async fn serve(listener: TcpListener, router: Router, stopping: CancellationToken) {
    let (connections, places) = (
        TaskTracker::new(),
        Arc::new(Semaphore::new(MOST_CONNECTIONS)),
    );
    while let Some((stream, place)) = next(&listener, &places, &stopping).await {
        connections.spawn(converse(stream, place, router.clone(), stopping.clone()));
    }
    drop(listener);
    connections.close();
    connections.wait().await;
}

/// The next connection and its place; nothing when it is time to stop.
async fn next(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
    stopping: &CancellationToken,
) -> Option<((TcpStream, SocketAddr), OwnedSemaphorePermit)> {
    let arrival = async {
        let place = Arc::clone(places).acquire_owned().await.ok()?;
        Some((accept(listener).await, place))
    };
    stopping.run_until_cancelled(arrival).await.flatten()
}

/// Accepts, however long it takes. Running out of file descriptors must not end the loop, nor have it spin.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    let mut pause = FIRST_PAUSE;
    loop {
        match listener.accept().await {
            Ok(arrived) => return arrived,
            Err(error) if is_the_peers(&error) => {}
            Err(error) => {
                tracing::error!(%error, "no connection can be accepted");
                tokio::time::sleep(pause).await;
                pause = LONGEST_PAUSE.min(pause * 2);
            }
        }
    }
}

fn is_the_peers(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}

async fn converse(
    (stream, peer): (TcpStream, SocketAddr),
    _place: OwnedSemaphorePermit,
    router: Router,
    stopping: CancellationToken,
) {
    // Answers are small and whole; waiting to fill a packet only delays them. It fails on a socket that is gone.
    let _ = stream.set_nodelay(true);
    let router = Extension(Peer(peer)).layer(router);
    let router = RequestBodyTimeout::new(router, LONGEST_STALL);
    let service = TowerToHyperService::new(router);
    let stream = TokioIo::new(Unstalled::new(stream, LONGEST_STALL));
    let connection = builder().serve_connection(stream, service);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke");
    }
}

fn builder() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        // A caller who has asked and gone has asked nevertheless.
        .half_close(true)
        .max_headers(MOST_HEADERS)
        .max_buf_size(MOST_HEAD_BYTES);
    builder
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::sync::Notify;

    async fn started(router: Router) -> (SocketAddr, CancellationToken, TaskTracker) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stopping, tasks) = (CancellationToken::new(), TaskTracker::new());
        tasks.spawn(serve(listener, router, stopping.clone()));
        tasks.close();
        (address, stopping, tasks)
    }

    async fn connected(address: SocketAddr) -> TcpStream {
        #[expect(
            clippy::disallowed_methods,
            reason = "the test is the client of its own listener"
        )]
        TcpStream::connect(address).await.unwrap()
    }

    #[tokio::test]
    async fn a_request_that_has_begun_is_answered_after_the_stop() {
        let (begun, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (begun_in, go_in) = (Arc::clone(&begun), Arc::clone(&go));
        let slow = async move || {
            begun_in.notify_one();
            go_in.notified().await;
            "done"
        };
        let (address, stopping, tasks) = started(Router::new().route("/", get(slow))).await;
        let mut stream = connected(address).await;
        stream
            .write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            .await
            .unwrap();
        begun.notified().await;
        stopping.cancel();
        go.notify_one();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        tasks.wait().await;
        assert!(answer.ends_with("done"), "{answer}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_says_nothing_is_cut_off() {
        let (address, _stopping, _tasks) = started(Router::new()).await;
        let mut stream = connected(address).await;
        let mut answer = Vec::new();
        // With nothing else to do, paused time runs to the timeout by itself.
        stream.read_to_end(&mut answer).await.unwrap();
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 408"));
    }

    #[tokio::test]
    async fn a_head_that_is_too_large_is_refused() {
        let (address, _stopping, _tasks) = started(Router::new()).await;
        let mut stream = connected(address).await;
        let head = format!(
            "GET / HTTP/1.1\r\nhost: x\r\nx-long: {}\r\n",
            "a".repeat(MOST_HEAD_BYTES)
        );
        let _may_be_cut_off = stream.write_all(head.as_bytes()).await;
        let mut answer = Vec::new();
        let _may_be_reset = stream.read_to_end(&mut answer).await;
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 431"));
    }
}
