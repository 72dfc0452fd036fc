//! Reads an answer: decoded while it comes in, and never more of it than allowed.

use std::io::{self, Write};
use std::time::Duration;

use bytes::Bytes;
use flate2::write::{MultiGzDecoder, ZlibDecoder};
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;

use crate::error::{ErrorKind, Fault, SendError, Sent, http_fault};
use crate::keep::Keeping;

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

/// Reads the whole answer, up to `limit` decoded bytes; what is kept elsewhere is not in the response.
pub(crate) async fn read(
    answer: http::Response<Incoming>,
    limit: usize,
    keeping: Option<Keeping<'_>>,
) -> Result<Response, SendError> {
    let (mut head, mut body) = answer.into_parts();
    let mut keeping = keeping.filter(|_| head.status.is_success());
    let limit = keeping.as_ref().map_or(limit, Keeping::most);
    let mut decoder = Decoder::new(&head.headers, Capped::new(limit))?;
    let mut empty = true;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| maybe(http_fault(Some(&error))).because(error))?;
        if let Some(data) = frame.data_ref() {
            empty &= data.is_empty();
            // In small steps, so that a few bytes cannot become many before anybody looks.
            for step in data.chunks(STEP) {
                decoder.write(step).map_err(undecoded)?;
                if let Some(keeping) = &mut keeping {
                    keeping.pour(decoder.capped()).await.map_err(unkept)?;
                }
            }
        }
    }
    // An answer to HEAD names the encoding of a body that it does not have.
    let decoded = !empty && !matches!(decoder, Decoder::Plain(_));
    let body = if empty {
        Vec::new()
    } else {
        decoder.finish().map_err(undecoded)?
    };
    let body = match keeping {
        Some(keeping) => keeping.finish(body).await.map_err(unkept)?,
        None => body,
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

/// How long the beginning of a body is waited for, once its head is there.
const BEGINNING: Duration = Duration::from_secs(1);

/// Reads the head and of the body what soon comes, up to `limit` bytes. What is wrong with the body is no matter, and an
/// encoded one is left out.
pub(crate) async fn read_beginning(answer: http::Response<Incoming>, limit: usize) -> Response {
    let (head, mut body) = answer.into_parts();
    let mut bytes = Vec::new();
    let reading = async {
        while let Some(Ok(frame)) = body.frame().await {
            let data = frame.data_ref().map(Bytes::as_ref).unwrap_or_default();
            bytes.extend(data.iter().take(limit.saturating_sub(bytes.len())));
            if bytes.len() >= limit {
                break;
            }
        }
    };
    if encodings(&head.headers).is_empty() {
        // What has come until then is the beginning.
        let _all_or_part = tokio::time::timeout(BEGINNING, reading).await;
    }
    Response {
        status: head.status.as_u16(),
        headers: texts(&head.headers),
        body: bytes.into(),
    }
}

fn maybe(fault: Fault) -> SendError {
    SendError::new(fault, Sent::Maybe)
}

fn unkept(error: io::Error) -> SendError {
    let what = "answered, and there was no room to keep the answer";
    maybe(Fault(ErrorKind::NotKept, what)).because(error)
}

fn undecoded(error: io::Error) -> SendError {
    let fault = match error.kind() {
        io::ErrorKind::FileTooLarge => Fault(
            ErrorKind::TooLarge,
            "answered with a longer body than is taken",
        ),
        io::ErrorKind::QuotaExceeded => Fault(
            ErrorKind::TooLarge,
            "answered with a few bytes that become a great many when they are decoded",
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

/// How much larger an answer may become by decoding. Text of any use stays far below; a bomb is at a thousand.
const GREATEST_RATIO: usize = 100;
/// What is decoded whatever its ratio.
const SMALL: usize = 128 * 1024;
/// What is decoded between two looks at the ratio.
const STEP: usize = 512;

/// Takes bytes up to a limit.
pub(crate) struct Capped {
    bytes: Vec<u8>,
    /// How many bytes went on already.
    gone: usize,
    limit: usize,
    /// How much of the limit may be used yet, by what has come in.
    allowed: usize,
    came: usize,
}

impl Capped {
    fn new(limit: usize) -> Self {
        Self {
            bytes: Vec::new(),
            gone: 0,
            limit,
            allowed: limit.min(SMALL),
            came: 0,
        }
    }

    /// How many bytes are held.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Gives what is held; it counts on.
    pub(crate) fn drain(&mut self) -> Vec<u8> {
        self.gone = self.gone.saturating_add(self.bytes.len());
        std::mem::take(&mut self.bytes)
    }

    fn taken(&self) -> usize {
        self.gone.saturating_add(self.bytes.len())
    }

    /// More has come in, still encoded: more may be made of it.
    fn expect(&mut self, more: &[u8]) {
        self.came = self.came.saturating_add(more.len());
        let worth = self.came.saturating_mul(GREATEST_RATIO).max(SMALL);
        self.allowed = self.limit.min(worth);
    }
}

impl Write for Capped {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        if more.len() > self.limit.saturating_sub(self.taken()) {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        if more.len() > self.allowed.saturating_sub(self.taken()) {
            return Err(io::ErrorKind::QuotaExceeded.into());
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

    fn write(&mut self, step: &[u8]) -> io::Result<()> {
        self.capped().expect(step);
        match self {
            Self::Plain(into) => into.write_all(step),
            Self::Gzip(decoder) => decoder.write_all(step),
            Self::Deflate(decoder) => decoder.write_all(step),
        }
    }

    fn capped(&mut self) -> &mut Capped {
        match self {
            Self::Plain(into) => into,
            Self::Gzip(decoder) => decoder.get_mut(),
            Self::Deflate(decoder) => decoder.get_mut(),
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
