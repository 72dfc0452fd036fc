//! The faults that have a port of their own: nobody there, nobody awake, nobody to be trusted.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_rustls::TlsAcceptor;

/// How long a connection is held that nothing is done with: longer than any call may take.
const HELD: Duration = Duration::from_secs(120);

/// Something that keeps a port as it is.
pub(super) enum Held {
    /// A port that is bound and that nobody listens on.
    Bound(#[expect(dead_code, reason = "keeps the port")] TcpSocket),
    /// A port whose queue of connections is full.
    Full(
        #[expect(dead_code, reason = "keeps the queue full")] TcpListener,
        #[expect(dead_code, reason = "keeps the queue full")] Vec<TcpStream>,
    ),
}

fn unused() -> (TcpSocket, SocketAddr) {
    let socket = TcpSocket::new_v4().expect("a socket");
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    socket.bind(any).expect("a free port");
    let address = socket.local_addr().expect("a bound port");
    (socket, address)
}

/// A port that refuses connections, and that nobody else can take meanwhile.
pub(super) fn refusing() -> (Held, SocketAddr) {
    let (socket, address) = unused();
    (Held::Bound(socket), address)
}

/// A port that answers no SYN: its queue has room for none, and is full.
#[expect(
    clippy::disallowed_methods,
    reason = "a test's own connections to a test's own port"
)]
pub(super) async fn black_hole() -> (Held, SocketAddr) {
    let (socket, address) = unused();
    let listener = socket.listen(0).expect("a port to listen on");
    let mut waiting = Vec::new();
    while let Ok(connected) =
        tokio::time::timeout(Duration::from_millis(200), TcpStream::connect(address)).await
    {
        waiting.push(connected.expect("a place in the queue"));
    }
    (Held::Full(listener, waiting), address)
}

/// A port where each connection gets what `play` makes of it.
pub(crate) async fn listening<F>(play: impl Fn(TcpStream) -> F + Send + 'static) -> SocketAddr
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("a bound port");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(play(stream));
        }
    });
    address
}

/// Takes the connection, and the TLS handshake where there is one, and reads nothing.
pub(super) async fn stay_silent(stream: TcpStream, tls: Option<Arc<ServerConfig>>) {
    match tls {
        Some(tls) => {
            let silent = TlsAcceptor::from(tls).accept(stream).await;
            tokio::time::sleep(HELD).await;
            drop(silent);
        }
        None => stall(stream).await,
    }
}

/// Answers the client's TLS greeting with one that settles for TLS 1.0.
pub(super) async fn greet_in_tls_1_0(mut stream: TcpStream) {
    let mut hello = vec![3, 1];
    hello.extend([7; 32]);
    // No session, TLS_RSA_WITH_AES_128_CBC_SHA, no compression.
    hello.extend([0, 0, 0x2f, 0]);
    let length = |bytes: &[u8]| (bytes.len() as u16).to_be_bytes();
    let message = [&[2, 0][..], &length(&hello), &hello].concat();
    let record = [&[22, 3, 1][..], &length(&message), &message].concat();
    let mut greeting = [0; 4096];
    // Whoever is not greeted in time, or not at all, notices.
    let _read = stream.read(&mut greeting).await;
    let _written = stream.write_all(&record).await;
    stall(stream).await;
}

/// Holds a connection and does nothing at all.
pub(super) async fn stall(stream: TcpStream) {
    tokio::time::sleep(HELD).await;
    drop(stream);
}
