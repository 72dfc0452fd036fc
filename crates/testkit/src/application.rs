//! An application that a test plays: it answers each request by its path, and counts what it saw.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// A running application.
#[derive(Clone, Default)]
pub struct Application {
    /// Where it listens.
    pub base: String,
    seen: Arc<AtomicUsize>,
    refusing: Arc<AtomicBool>,
    /// Let go of requests to `/hold`.
    pub release: Arc<Notify>,
    /// Told when a request to `/hold` has come in.
    pub arrived: Arc<Notify>,
}

impl Application {
    /// Starts to play, on a port of its own.
    ///
    /// # Panics
    /// Where there is no port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let application = Self {
            base: format!("http://{}", listener.local_addr().expect("a bound port")),
            ..Self::default()
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
    pub fn seen(&self) -> usize {
        self.seen.load(Ordering::SeqCst)
    }

    /// From now on every credential is refused.
    pub fn refuse(&self) {
        self.refusing.store(true, Ordering::SeqCst);
    }

    async fn serve(&self, mut stream: TcpStream) {
        while let Some(head) = read_request(&mut stream).await {
            let number = self.seen.fetch_add(1, Ordering::SeqCst) + 1;
            let path = head.split_whitespace().nth(1).unwrap_or_default();
            if path == "/hold" {
                self.arrived.notify_one();
                self.release.notified().await;
            }
            let refused = self.refusing.load(Ordering::SeqCst) || head.contains("dead-token");
            let Some((status, body)) = answer(path, refused, number, &head) else {
                return;
            };
            let length = body.len();
            let text = format!(
                "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
            );
            if stream.write_all(text.as_bytes()).await.is_err() {
                return;
            }
        }
    }
}

/// What a path gets; `None` closes the connection without an answer.
fn answer(path: &str, refused: bool, number: usize, head: &str) -> Option<(u16, String)> {
    Some(match path {
        "/drop" => return None,
        _ if refused => (401, r#"{"error": "no"}"#.to_owned()),
        "/refuse" => (401, r#"{"error": "no"}"#.to_owned()),
        "/me" => (200, r#"{"id": "vendor-7"}"#.to_owned()),
        "/missing" => (404, r#"{"error": "nothing there"}"#.to_owned()),
        "/down" => (503, r#"{"error": "down"}"#.to_owned()),
        "/empty" => (204, String::new()),
        "/echo" => (400, format!(r#"{{"echo": {head:?}}}"#)),
        "/fields" => (200, FIELDS.to_owned()),
        _ if path.starts_with("/people") => (200, people(path)),
        "/large" => (200, format!(r#"{{"x": "{}"}}"#, "x".repeat(11 << 20))),
        _ => (
            200,
            format!(r#"{{"id": "n{number}", "price": 0.1, "path": {path:?}}}"#),
        ),
    })
}

/// What an account calls its own.
const FIELDS: &str = r#"{"fields": [
    {"key": "shoe_size", "label": "Shoe size", "kind": "int"},
    {"key": "colour", "label": "Colour", "kind": "choice", "values": [{"id": "red"}, {"id": "blue"}]},
    {"key": "made_by", "label": "Made by", "kind": "text", "locked": true}
]}"#;

/// Five people, two on each page from the one that `page` names.
fn people(path: &str) -> String {
    let all = ["Ada", "Alan", "Barbara", "Edsger", "Grace"];
    let page = path.split_once("page=").map_or("1", |(_, page)| page);
    let page: usize = page.parse().unwrap_or(1);
    let shown = all
        .chunks(2)
        .nth(page.saturating_sub(1))
        .unwrap_or_default();
    let people: Vec<String> = shown
        .iter()
        .map(|name| format!(r#"{{"id": "{}", "name": "{name}"}}"#, name.to_lowercase()))
        .collect();
    let next = (page < 3).then(|| format!(r#", "next": "/people?page={}""#, page + 1));
    format!(
        r#"{{"people": [{}]{}}}"#,
        people.join(", "),
        next.unwrap_or_default()
    )
}

/// The head of the next request, once its body has come too.
async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| {
                    Some(
                        line.to_ascii_lowercase()
                            .strip_prefix("content-length:")?
                            .to_owned(),
                    )
                })
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
