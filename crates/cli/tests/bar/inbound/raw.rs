//! A client that sends what it wants, byte for byte.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use tenon_testkit::Server;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

/// The longest that anything here is waited for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

/// A connection.
pub(crate) struct Raw(pub(crate) TcpStream);

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// Where a server listens.
pub(crate) fn address(server: &Server) -> SocketAddr {
    server
        .http
        .base()
        .trim_start_matches("http://")
        .parse()
        .unwrap()
}

impl Raw {
    pub(crate) async fn connect(server: &Server) -> Self {
        Self::from(Ipv4Addr::LOCALHOST, address(server)).await
    }

    /// A connection from an address of this machine, which takes few bytes at once.
    #[expect(
        clippy::disallowed_methods,
        reason = "the test is a client of the real server"
    )]
    pub(crate) async fn from(own: Ipv4Addr, address: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        socket.bind(SocketAddr::from((own, 0))).unwrap();
        Self(socket.connect(address).await.unwrap())
    }

    /// Sends; a server that has closed already is none of its business.
    pub(crate) async fn send(&mut self, bytes: &[u8]) -> bool {
        self.0.write_all(bytes).await.is_ok()
    }

    /// Everything that comes until the server closes, and whether it did.
    pub(crate) async fn rest(&mut self, patience: Duration) -> (Vec<u8>, bool) {
        let (mut bytes, end) = (Vec::new(), Instant::now() + patience);
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match tokio::time::timeout(left, self.0.read_buf(&mut bytes)).await {
                Ok(Ok(0) | Err(_)) => return (bytes, true),
                Ok(Ok(_)) => {}
                Err(_late) => return (bytes, false),
            }
        }
    }

    /// The answers that come within this time.
    pub(crate) async fn answers(&mut self, patience: Duration) -> Vec<Answered> {
        answers(&self.rest(patience).await.0)
    }

    /// The next answer.
    pub(crate) async fn answer(&mut self) -> Option<Answered> {
        let mut bytes = Vec::new();
        loop {
            if let Some(answered) = answers(&bytes).into_iter().next() {
                return Some(answered);
            }
            match tokio::time::timeout(PATIENCE, self.0.read_buf(&mut bytes)).await {
                Ok(Ok(count)) if count > 0 => {}
                _ => return None,
            }
        }
    }
}

/// Tells answers apart by their lengths, as a proxy would.
fn answers(mut bytes: &[u8]) -> Vec<Answered> {
    let mut answers = Vec::new();
    while let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
        let (head, rest) = bytes.split_at(end + 4);
        let head = String::from_utf8_lossy(head).into_owned();
        let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .and_then(|length| length.parse::<usize>().ok())
            .unwrap_or(0);
        let (Some(status), true) = (status, rest.len() >= length) else {
            break;
        };
        let (body, next) = rest.split_at(length);
        let body = String::from_utf8_lossy(body).into_owned();
        answers.push(Answered { status, head, body });
        bytes = next;
    }
    answers
}

/// Lets this process have as many connections as the machine allows.
pub(crate) fn allow_many_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let files = getrlimit(Resource::Nofile);
    setrlimit(
        Resource::Nofile,
        Rlimit {
            current: files.maximum,
            ..files
        },
    )
    .unwrap();
}

/// How long the slowest but one in a hundred of so many ordinary calls took.
pub(crate) async fn p99(server: &Server, calls: usize) -> Duration {
    let mut times = Vec::with_capacity(calls);
    for _ in 0..calls {
        let since = Instant::now();
        assert_eq!(
            server.http.send("GET", "/healthz", &[], None).await.status,
            200
        );
        times.push(since.elapsed());
    }
    times.sort_unstable();
    times[calls * 99 / 100]
}

/// A variable of a server's environment.
pub(crate) fn set(name: &str, value: impl ToString) -> (String, String) {
    (name.to_owned(), value.to_string())
}
