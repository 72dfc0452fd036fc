//! Reads an answer: decoded while it comes in, and never more of it than allowed.

use std::io::{self, Write};

use bytes::Bytes;
use flate2::write::{MultiGzDecoder, ZlibDecoder};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;

use crate::error::{ErrorKind, Fault, SendError, Sent, http_fault};

/// What the application answered, whatever its status.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The headers in order, names in lower case. Those that told how the body was encoded are gone with the encoding.
    pub headers: Vec<(String, String)>,
    /// The decoded body.
    pub body: Bytes,
}

/// Reads the whole answer, up to `limit` decoded bytes.
pub(crate) async fn read(
    answer: http::Response<Incoming>,
    limit: usize,
) -> Result<Response, SendError> {
    let (mut head, mut body) = answer.into_parts();
    let mut decoder = Decoder::new(
        &head.headers,
        Capped {
            bytes: Vec::new(),
            limit,
        },
    )?;
    let mut empty = true;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| maybe(http_fault(Some(&error))).because(error))?;
        if let Some(data) = frame.data_ref() {
            empty &= data.is_empty();
            decoder.write(data).map_err(undecoded)?;
        }
    }
    // An answer to HEAD names the encoding of a body that it does not have.
    let decoded = !empty && !matches!(decoder, Decoder::Plain(_));
    let body = if empty {
        Vec::new()
    } else {
        decoder.finish().map_err(undecoded)?
    };
    if decoded {
        head.headers.remove(CONTENT_ENCODING);
        head.headers.remove(CONTENT_LENGTH);
    }
    Ok(Response {
        status: head.status.as_u16(),
        headers: texts(&head.headers),
        body: body.into(),
    })
}

fn maybe(fault: Fault) -> SendError {
    SendError::new(fault, Sent::Maybe)
}

fn undecoded(error: io::Error) -> SendError {
    let fault = match error.kind() {
        io::ErrorKind::FileTooLarge => Fault(
            ErrorKind::TooLarge,
            "answered with a longer body than is taken",
        ),
        _ => Fault(
            ErrorKind::Protocol,
            "answered with a compressed body that is broken",
        ),
    };
    maybe(fault).because(error)
}

fn texts(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    headers
        .iter()
        .map(|(name, value)| (name.to_string(), text(value.as_bytes())))
        .collect()
}

/// Takes bytes up to a limit.
struct Capped {
    bytes: Vec<u8>,
    limit: usize,
}

impl Write for Capped {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        if more.len() > self.limit - self.bytes.len() {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Undoes one encoding; an encoding within an encoding is refused.
enum Decoder {
    Plain(Capped),
    Gzip(MultiGzDecoder<Capped>),
    Deflate(ZlibDecoder<Capped>),
}

impl Decoder {
    fn new(headers: &HeaderMap, into: Capped) -> Result<Self, SendError> {
        match encodings(headers).as_slice() {
            [] => Ok(Self::Plain(into)),
            ["gzip" | "x-gzip"] => Ok(Self::Gzip(MultiGzDecoder::new(into))),
            ["deflate"] => Ok(Self::Deflate(ZlibDecoder::new(into))),
            _ => {
                let what = "answered in an encoding that was not asked for";
                Err(maybe(Fault(ErrorKind::Protocol, what)))
            }
        }
    }

    fn write(&mut self, data: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(into) => into.write_all(data),
            Self::Gzip(decoder) => decoder.write_all(data),
            Self::Deflate(decoder) => decoder.write_all(data),
        }
    }

    fn finish(self) -> io::Result<Vec<u8>> {
        match self {
            Self::Plain(into) => Ok(into),
            Self::Gzip(decoder) => decoder.finish(),
            Self::Deflate(decoder) => decoder.finish(),
        }
        .map(|into| into.bytes)
    }
}

fn encodings(headers: &HeaderMap) -> Vec<&str> {
    let values = headers.get_all(CONTENT_ENCODING).iter();
    let words = values.flat_map(|value| value.to_str().unwrap_or("?").split(','));
    words
        .map(str::trim)
        .filter(|word| !matches!(*word, "" | "identity"))
        .collect()
}
