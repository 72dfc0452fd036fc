//! A request's body on its way out: bytes at hand and stored files between them, sent as they are read, with a length that is
//! known before.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::Stream;
use hyper::body::{Body, Frame, SizeHint};

/// The content of a stored file, from its start.
pub struct StoredContent {
    /// How many bytes it is.
    pub length: u64,
    /// The bytes, in pieces of any length.
    pub bytes: Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>,
}

impl fmt::Debug for StoredContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredContent")
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

/// The stored files of a plan, by their ids. Each is opened for one attempt and read once.
pub type Contents = HashMap<String, StoredContent>;

/// A body that is never held whole.
#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    pieces: VecDeque<Piece>,
}

#[derive(Debug)]
enum Piece {
    Bytes(Bytes),
    File(StoredContent),
}

impl Outgoing {
    pub(crate) fn bytes(&mut self, bytes: impl Into<Bytes>) {
        let bytes = bytes.into();
        if !bytes.is_empty() {
            self.pieces.push_back(Piece::Bytes(bytes));
        }
    }

    pub(crate) fn file(&mut self, content: StoredContent) {
        self.pieces.push_back(Piece::File(content));
    }

    fn length(&self) -> u64 {
        let length = |piece: &Piece| match piece {
            Piece::Bytes(bytes) => bytes.len() as u64,
            Piece::File(content) => content.length,
        };
        self.pieces.iter().map(length).sum()
    }
}

impl From<Bytes> for Outgoing {
    fn from(bytes: Bytes) -> Self {
        let mut body = Self::default();
        body.bytes(bytes);
        body
    }
}

impl StoredContent {
    /// The next bytes. What is shorter or longer than it was said to be breaks the request off.
    fn next(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        let next = std::task::ready!(self.bytes.as_mut().poll_next(context));
        Poll::Ready(match next {
            Some(Ok(bytes)) => match self.length.checked_sub(bytes.len() as u64) {
                Some(rest) => {
                    self.length = rest;
                    Some(Ok(bytes))
                }
                None => Some(Err(io::ErrorKind::InvalidData.into())),
            },
            None if self.length > 0 => Some(Err(io::ErrorKind::UnexpectedEof.into())),
            other => other,
        })
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        loop {
            match self.pieces.front_mut() {
                None => return Poll::Ready(None),
                Some(Piece::File(content)) => {
                    match std::task::ready!(content.next(context)) {
                        Some(bytes) => return Poll::Ready(Some(bytes.map(Frame::data))),
                        None => drop(self.pieces.pop_front()),
                    };
                }
                Some(Piece::Bytes(bytes)) => {
                    let bytes = std::mem::take(bytes);
                    self.pieces.pop_front();
                    return Poll::Ready(Some(Ok(Frame::data(bytes))));
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length())
    }
}
