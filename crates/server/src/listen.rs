//! Serves HTTP/1.1 on a listener: bounded in connections, headers and patience, and ended gently.
//!
//! The loop is our own because the ready-made one waits for a request's head without end. HTTP/2 is the proxy's
//! business: whoever terminates TLS in front speaks it to the world.

mod explained;
mod farewell;
mod places;
mod unstalled;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::{Extension, Router};
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::{Layer as _, ServiceExt};
use tower_http::timeout::RequestBodyTimeout;

use crate::api::{self, Peer};
use crate::config::Connections;
use explained::Explained;
use places::{Place, Places};
use unstalled::Unstalled;

const MOST_HEADERS: usize = 100;
const MOST_HEAD_BYTES: usize = 64 * 1024;
/// How many connections beyond the last place are told so at once; more are closed without a word.
const MOST_REFUSALS: usize = 64;
/// How long a connection without a place may take to send the request that is refused.
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(1);
/// The pause after an accept that failed, which doubles up to the limit.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Serves until `stopping`, then lets the requests that have begun finish. Whoever calls this bounds the wait.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Connections,
    stopping: CancellationToken,
) {
    let host = Host {
        router,
        limits,
        places: Places::new(limits),
        refusals: Arc::new(Semaphore::new(MOST_REFUSALS)),
        stopping,
        conversations: TaskTracker::new(),
    };
    let arrival = || host.stopping.run_until_cancelled(accept(&listener));
    while let Some(arrived) = arrival().await {
        host.receive(arrived);
    }
    for arrived in farewell::last_arrivals(listener) {
        host.receive(arrived);
    }
    host.conversations.close();
    host.conversations.wait().await;
}

/// What new connections are given.
struct Host {
    router: Router,
    limits: Connections,
    places: Places,
    refusals: Arc<Semaphore>,
    stopping: CancellationToken,
    conversations: TaskTracker,
}

impl Host {
    /// Gives the connection a place, or has it told that there is none, or closes it.
    fn receive(&self, (stream, peer): (TcpStream, SocketAddr)) {
        let stopping = self.stopping.clone();
        if let Some(place) = self.places.take(peer.ip()) {
            let conversation = Conversation {
                router: self.router.clone(),
                limits: self.limits,
                place: Some(place),
            };
            self.conversations
                .spawn(conversation.hold((stream, peer), stopping));
        } else if let Ok(permit) = Arc::clone(&self.refusals).try_acquire_owned() {
            let refusal = Conversation::refusal(self.limits).hold((stream, peer), stopping);
            self.conversations.spawn(async move {
                refusal.await;
                drop(permit);
            });
        }
    }
}

/// Accepts, however long it takes. Running out of file descriptors must not end the loop, nor have it spin.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    let mut pause = FIRST_PAUSE;
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
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

/// What one connection talks to, and for how long.
struct Conversation {
    router: Router,
    limits: Connections,
    place: Option<Place>,
}

impl Conversation {
    /// One request, which is told that there is no place.
    fn refusal(limits: Connections) -> Self {
        Self {
            router: api::busy(),
            limits: Connections {
                head: REFUSAL_TIMEOUT.min(limits.head),
                stall: REFUSAL_TIMEOUT.min(limits.stall),
                ..limits
            },
            place: None,
        }
    }

    async fn hold(self, (stream, peer): (TcpStream, SocketAddr), stopping: CancellationToken) {
        // Answers are small and whole; waiting to fill a packet only delays them. It fails on a socket that is gone.
        let _ = stream.set_nodelay(true);
        let Self {
            router,
            limits,
            place,
        } = self;
        // Who says nothing costs no buffers, and is not waited for at the end.
        let first_byte = timeout(limits.head, async { stream.peek(&mut [0]).await });
        let spoke = tokio::select! {
            spoke = first_byte => matches!(spoke, Ok(Ok(1..))),
            () = farewell::last_call(&stopping) => false,
        };
        if !spoke {
            return;
        }
        let router = Extension(Peer(peer)).layer(router);
        let router = RequestBodyTimeout::new(router, limits.stall);
        let ending = stopping.clone();
        let router = ServiceExt::<Request<Incoming>>::map_response(router, move |answer| {
            farewell::say_good_bye(answer, &ending)
        });
        let service = TowerToHyperService::new(router);
        let stream = Explained::new(Unstalled::new(stream, limits.stall));
        let builder = builder(limits, place.is_some());
        let mut connection = Box::pin(builder.serve_connection(TokioIo::new(stream), service));
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = farewell::last_call(&stopping) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection broke");
        }
    }
}

fn builder(limits: Connections, keep_alive: bool) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        // A caller who has asked and gone has asked nevertheless.
        .half_close(true)
        .keep_alive(keep_alive)
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
        let limits = Connections::default();
        tasks.spawn(serve(listener, router, limits, stopping.clone()));
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

    #[tokio::test]
    async fn a_request_on_its_way_is_answered_after_the_stop() {
        let (address, stopping, tasks) =
            started(Router::new().route("/", get(async || "done"))).await;
        let mut stream = connected(address).await;
        stopping.cancel();
        tokio::task::yield_now().await;
        stream
            .write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            .await
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        tasks.wait().await;
        assert!(answer.contains("connection: close"), "{answer}");
        assert!(answer.ends_with("done"), "{answer}");
    }

    #[tokio::test]
    async fn what_a_caller_asked_who_then_closed_his_side_is_answered() {
        let slow = async || {
            tokio::task::yield_now().await;
            "done"
        };
        let (address, _stopping, _tasks) = started(Router::new().route("/", get(slow))).await;
        let mut stream = connected(address).await;
        let asked = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";
        stream.write_all(asked).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.ends_with("done"), "{answer}");
    }

    #[tokio::test]
    async fn a_client_that_says_nothing_is_not_waited_for_at_the_end() {
        let (address, stopping, tasks) = started(Router::new()).await;
        let _silent = connected(address).await;
        stopping.cancel();
        let end = timeout(Duration::from_secs(5), tasks.wait()).await;
        assert!(end.is_ok(), "the server waits for it");
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
