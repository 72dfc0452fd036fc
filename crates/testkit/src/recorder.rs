//! An application that keeps every request as it came, byte for byte, and answers as a test says.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// A request, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The line and the headers, with the line break that ends each.
    pub head: Vec<u8>,
    /// What followed, as long as the headers said.
    pub body: Vec<u8>,
}

impl Received {
    /// The method and the target of its first line.
    pub fn line(&self) -> (String, String) {
        let line = self.lines().next().unwrap_or_default();
        let mut words = line.split(' ').map(str::to_owned);
        (
            words.next().unwrap_or_default(),
            words.next().unwrap_or_default(),
        )
    }

    /// All values of a header.
    pub fn header(&self, name: &str) -> Vec<String> {
        let value = |line: String| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name)
                .then(|| value.trim().to_owned())
        };
        self.lines().skip(1).filter_map(value).collect()
    }

    fn lines(&self) -> impl Iterator<Item = String> {
        let text = String::from_utf8_lossy(&self.head).into_owned();
        text.split("\r\n")
            .map(str::to_owned)
            .collect::<Vec<_>>()
            .into_iter()
    }
}

type Script =
    dyn Fn(&Received) -> Pin<Box<dyn Future<Output = Option<String>> + Send>> + Send + Sync;

/// A running application.
#[derive(Clone)]
pub struct Recorder {
    /// Where it listens: `http://127.0.0.1:PORT`.
    pub base: String,
    script: Arc<Script>,
    received: Arc<Mutex<Vec<Received>>>,
    connections: Arc<Mutex<usize>>,
}

impl Recorder {
    /// Starts on a free port of loopback; every request is answered with an empty JSON object.
    pub async fn start() -> Self {
        Self::answering(SocketAddr::from(([127, 0, 0, 1], 0)), |_| answer(200, "")).await
    }

    /// Starts at an address; `script` gives the whole answer, for which there is [`answer`].
    ///
    /// # Panics
    /// Where the address is taken.
    pub async fn answering(
        address: SocketAddr,
        script: impl Fn(&Received) -> String + Send + Sync + 'static,
    ) -> Self {
        let at_once = move |received: &Received| std::future::ready(Some(script(received)));
        Self::acting(address, at_once).await
    }

    /// Starts at an address; `script` takes its time, and where it gives nothing the connection is cut.
    ///
    /// # Panics
    /// Where the address is taken.
    pub async fn acting<F>(
        address: SocketAddr,
        script: impl Fn(&Received) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Option<String>> + Send + 'static,
    {
        let listener = TcpListener::bind(address).await.expect("a free address");
        let address = listener.local_addr().expect("a bound address");
        let recorder = Self {
            base: format!("http://{address}"),
            script: Arc::new(move |received| Box::pin(script(received))),
            received: Arc::default(),
            connections: Arc::default(),
        };
        tokio::spawn(recorder.clone().listen(listener));
        recorder
    }

    /// How many requests came in whole.
    ///
    /// # Panics
    /// Never, as long as no script does.
    pub fn count(&self) -> usize {
        self.received
            .lock()
            .expect("no test panicked while it held this")
            .len()
    }

    /// Everything that came in whole, and forgets it.
    pub fn take(&self) -> Vec<Received> {
        std::mem::take(
            &mut *self
                .received
                .lock()
                .expect("no test panicked while it held this"),
        )
    }

    /// How many connections were made.
    pub fn connections(&self) -> usize {
        *self
            .connections
            .lock()
            .expect("no test panicked while it held this")
    }

    async fn listen(self, listener: TcpListener) {
        while let Ok((stream, _peer)) = listener.accept().await {
            *self
                .connections
                .lock()
                .expect("no test panicked while it held this") += 1;
            tokio::spawn(self.clone().converse(stream));
        }
    }

    async fn converse(self, mut stream: TcpStream) -> Option<()> {
        let mut bytes = Vec::new();
        loop {
            let received = next(&mut stream, &mut bytes).await?;
            let answering = (self.script)(&received);
            self.received
                .lock()
                .expect("no test panicked while it held this")
                .push(received);
            stream.write_all(answering.await?.as_bytes()).await.ok()?;
        }
    }
}

/// An answer with a status, further headers (each with its line break) and a small JSON body.
pub fn answer(status: u16, headers: &str) -> String {
    format!(
        "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\n{headers}content-length: 2\r\n\r\n{{}}"
    )
}

/// The next request; what came after it stays in `bytes`.
async fn next(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<Received> {
    loop {
        if let Some(received) = whole(bytes) {
            let length = received.head.len() + received.body.len();
            bytes.drain(..length);
            return Some(received);
        }
        if stream.read_buf(bytes).await.ok()? == 0 {
            return None;
        }
    }
}

fn whole(bytes: &[u8]) -> Option<Received> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let mut received = Received {
        head: bytes[..end].to_vec(),
        body: Vec::new(),
    };
    let length = received
        .header("content-length")
        .first()
        .map_or(0, |length| length.parse().unwrap_or(0));
    received.body = bytes.get(end..end + length)?.to_vec();
    Some(received)
}
