//! Gives the HTTP library's own refusals a body.
//!
//! A request that cannot even be parsed never reaches the router: the library answers it with a bare status. What it
//! writes then is recognized by the header that all other answers carry and this one does not, and is written anew,
//! in the envelope of every error.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::api;

/// A stream on which bare refusals are explained.
pub(super) struct Explained<S> {
    stream: S,
    /// What is written instead, and how much of it is gone.
    instead: Option<(Vec<u8>, usize)>,
}

impl<S> Explained<S> {
    pub(super) fn new(stream: S) -> Self {
        Self {
            stream,
            instead: None,
        }
    }
}

/// The whole answer that stands for a bare refusal.
fn explanation(head: &[u8]) -> Option<Vec<u8>> {
    let refusal = head.strip_prefix(b"HTTP/1.1 4")?;
    let whole = head.len() < 200 && head.ends_with(b"\r\n\r\n");
    let bare = whole
        && !head
            .windows(14)
            .any(|part| part.eq_ignore_ascii_case(b"\r\nx-request-id"));
    let status = refusal.first_chunk::<2>().filter(|_| bare)?;
    Some(api::unparsed(*status))
}

impl<S: AsyncRead + Unpin> AsyncRead for Explained<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Explained<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        if this.instead.is_none() {
            this.instead = explanation(bytes).map(|whole| (whole, 0));
        }
        let Some((whole, gone)) = &mut this.instead else {
            return Pin::new(&mut this.stream).poll_write(context, bytes);
        };
        while let Some(rest) = whole.get(*gone..).filter(|rest| !rest.is_empty()) {
            *gone += ready!(Pin::new(&mut this.stream).poll_write(context, rest))?;
        }
        this.instead = None;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
