//! A connection of the vendor's, in clear or not: it can be closed politely and broken off.

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// What becomes of a connection after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum After {
    /// The next request may come.
    Keep,
    /// It is closed (FIN).
    Close,
    /// It is broken off (RST).
    Reset,
}

/// A connection.
pub(crate) trait Wire: AsyncRead + AsyncWrite + Unpin + Send + 'static {
    /// The socket below.
    fn socket(&self) -> &TcpStream;
}

impl Wire for TcpStream {
    fn socket(&self) -> &TcpStream {
        self
    }
}

impl Wire for TlsStream<TcpStream> {
    fn socket(&self) -> &TcpStream {
        self.get_ref().0
    }
}

/// Ends a connection with RST: whoever waits on the other side gets an error, not an end.
pub(crate) fn reset(wire: impl Wire) {
    let lingering = wire.socket().set_zero_linger();
    lingering.expect("a socket that lingers no longer");
}

/// Ends a connection with FIN, and with the closing words of TLS where there is TLS.
pub(crate) async fn close(mut wire: impl Wire) {
    // Where the other side is gone already, there is nobody to be polite to.
    let _gone = wire.shutdown().await;
}
