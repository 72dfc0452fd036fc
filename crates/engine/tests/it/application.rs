//! An application that a test plays: it answers each request by its path, and counts what it saw.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// A running application.
#[derive(Clone)]
pub(crate) struct Application {
    pub(crate) base: String,
    seen: Arc<AtomicUsize>,
    /// Let go of requests to `/hold…`.
    pub(crate) release: Arc<Notify>,
    /// Told when a request has come in.
    pub(crate) arrived: Arc<Notify>,
}

impl Application {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let application = Self {
            base,
            seen: Arc::default(),
            release: Arc::default(),
            arrived: Arc::default(),
        };
        let playing = application.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let playing = playing.clone();
                tokio::spawn(async move { playing.serve(stream).await });
            }
        });
        application
    }

    /// How many requests came in whole.
    pub(crate) fn seen(&self) -> usize {
        self.seen.load(Ordering::SeqCst)
    }

    async fn serve(&self, mut stream: TcpStream) {
        while let Some(head) = read_request(&mut stream).await {
            let number = self.seen.fetch_add(1, Ordering::SeqCst) + 1;
            self.arrived.notify_one();
            let path = head
                .split_whitespace()
                .nth(1)
                .unwrap_or_default()
                .to_owned();
            if path.starts_with("/hold") {
                self.release.notified().await;
            }
            let Some((status, body)) = answer(&path, number, &head) else {
                return;
            };
            let text = format!(
                "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            if stream.write_all(text.as_bytes()).await.is_err() {
                return;
            }
        }
    }
}

/// What a path gets; `None` closes the connection without an answer.
fn answer(path: &str, number: usize, head: &str) -> Option<(u16, String)> {
    Some(match path.split('?').next().unwrap_or_default() {
        "/drop" => return None,
        "/fail" => (503, r#"{"error": "down"}"#.to_owned()),
        "/once" if number == 1 => (503, "{}".to_owned()),
        "/refuse" | "/me/dead" => (401, r#"{"error": "no"}"#.to_owned()),
        "/echo" => (400, format!(r#"{{"echo": {:?}}}"#, head)),
        "/empty" => (204, String::new()),
        "/me" => (200, r#"{"id": "vendor-7"}"#.to_owned()),
        _ => (200, format!(r#"{{"id": "n{number}", "path": {path:?}}}"#)),
    })
}

/// The head of the next request, once its body has come too.
async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                line.to_ascii_lowercase()
                    .strip_prefix("content-length:")
                    .map(str::to_owned)
            });
            let length: usize = length
                .and_then(|length| length.trim().parse().ok())
                .unwrap_or(0);
            if body.len() >= length {
                return Some(head.to_owned());
            }
        }
        let count = stream
            .read(&mut buffer)
            .await
            .ok()
            .filter(|count| *count > 0)?;
        bytes.extend(buffer.iter().take(count));
    }
}
