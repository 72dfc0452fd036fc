//! A client that uploads and downloads piece by piece, as far as a test says.

use std::time::Duration;

use serde_json::Value;
use tenon_testkit::depot::{Sum, pieces};
use tenon_testkit::{Caller, Server};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The longest that anything here is waited for.
const PATIENCE: Duration = Duration::from_secs(120);

/// What a download came to.
#[derive(Debug)]
pub(super) struct Downloaded {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) length: u64,
    pub(super) sum: u64,
    /// Its beginning.
    pub(super) text: String,
}

#[expect(
    clippy::disallowed_methods,
    reason = "the test is a client of the real server"
)]
async fn connected(server: &Server) -> TcpStream {
    let address = server.http.base().trim_start_matches("http://");
    TcpStream::connect(address).await.unwrap()
}

/// Uploads made-up content of this length, and gives the answer.
pub(super) async fn upload(server: &Server, caller: &Caller, length: u64) -> (u16, Value) {
    let mut stream = begun(server, caller, length).await;
    for piece in pieces(length) {
        if stream.write_all(&piece).await.is_err() {
            // The server has said enough.
            break;
        }
    }
    let answer = read(&mut stream, u64::MAX).await;
    let body = serde_json::from_str(&answer.text).unwrap_or_default();
    (answer.status, body)
}

/// Begins an upload of this length; its content is still to be sent.
pub(super) async fn begun(server: &Server, caller: &Caller, length: u64) -> TcpStream {
    let mut stream = connected(server).await;
    let head = format!(
        "POST /api/v2/files?filename=made%20up.bin HTTP/1.1\r\nhost: x\r\nx-api-key: {}\r\nlinked_account_id: {}\r\n\
         content-type: application/x-made-up\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n",
        caller.key, caller.account
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// Downloads what a link leads to, at most so many bytes of it.
pub(super) async fn download(server: &Server, link: &str, most: u64) -> Downloaded {
    let mut stream = connected(server).await;
    let head = format!("GET {link} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    read(&mut stream, most).await
}

async fn read(stream: &mut TcpStream, most: u64) -> Downloaded {
    let reading = async {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        let (mut length, mut sum, mut text) = (0, Sum::default(), Vec::new());
        let mut piece = vec![0; 65_536];
        while length < most {
            let count = stream.read(&mut piece).await.unwrap_or(0);
            if count == 0 {
                break;
            }
            length += count as u64;
            sum = sum.and(&piece[..count]);
            text.extend(piece[..count].iter().take(65_536 - text.len()));
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        Downloaded {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head: head.to_lowercase(),
            length,
            sum: sum.number(),
            text: String::from_utf8_lossy(&text).into_owned(),
        }
    };
    tokio::time::timeout(PATIENCE, reading).await.unwrap()
}
