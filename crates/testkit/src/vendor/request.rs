//! Reads a request from a socket, as far as an application has to in order to act on it.

use tokio::io::{AsyncRead, AsyncReadExt as _};

/// A request that came in whole.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The credential, for faults that repeat it.
    pub(crate) fn credential(&self) -> &str {
        let value = self.header("authorization").unwrap_or_default();
        value.trim_start_matches("Bearer ")
    }

    /// The next request of a connection; what was read beyond it stays in `buffer`.
    pub(crate) async fn read(
        stream: &mut (impl AsyncRead + Unpin),
        buffer: &mut Vec<u8>,
    ) -> Option<Self> {
        loop {
            if let Some((request, length)) = parse(buffer) {
                buffer.drain(..length);
                return Some(request);
            }
            let mut more = [0; 4096];
            let count = stream.read(&mut more).await.ok()?;
            buffer.extend(more.get(..count).filter(|more| !more.is_empty())?);
        }
    }
}

/// The request and its length, once all of it is there.
fn parse(buffer: &[u8]) -> Option<(Request, usize)> {
    let end = buffer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(buffer.get(..end)?);
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let (method, path) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length: usize = length.map_or(Some(0), |(_, value)| value.parse().ok())?;
    let body = buffer.get(end..end + length)?.to_vec();
    let request = Request {
        method,
        path,
        headers,
        body,
    };
    Some((request, end + length))
}
