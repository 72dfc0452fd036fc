//! The end of serving, from a client's point of view: nobody who got in is sent away without a word.
//!
//! Whoever restarts one process of several has callers whose connection was made before the listener closed, and whose
//! request is on its way. They are heard, and told that the connection ends with the answer.

use std::net::SocketAddr;
use std::time::Duration;

use http::header::CONNECTION;
use http::{HeaderValue, Response};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// How long a client may take to say what it was about to say when the end began.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// When connections on which nothing happens are closed.
pub(super) async fn last_call(stopping: &CancellationToken) {
    stopping.cancelled().await;
    tokio::time::sleep(LAST_WORDS).await;
}

/// Tells the client that there will be no other answer on this connection, once the end has begun.
pub(super) fn say_good_bye<B>(
    mut answer: Response<B>,
    stopping: &CancellationToken,
) -> Response<B> {
    if stopping.is_cancelled() {
        let close = HeaderValue::from_static("close");
        answer.headers_mut().insert(CONNECTION, close);
    }
    answer
}

/// Closes the listener, and returns those who were already let in by the kernel.
pub(super) fn last_arrivals(listener: TcpListener) -> Vec<(TcpStream, SocketAddr)> {
    let mut arrived = Vec::new();
    let Ok(listener) = listener.into_std() else {
        return arrived;
    };
    // The socket never blocks: it was tokio's.
    while let Ok((stream, peer)) = listener.accept() {
        let stream = stream.set_nonblocking(true).map(|()| stream);
        arrived.extend(
            stream
                .and_then(TcpStream::from_std)
                .map(|stream| (stream, peer)),
        );
    }
    arrived
}
