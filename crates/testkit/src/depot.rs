//! An application that takes and gives files of any length, and holds none of them: it counts and sums what comes, and makes up
//! what goes.
//!
//! What it does stands in the path: `/take` takes a body; `/give/N` answers with a file of N bytes, `/json/N` with one JSON text of so
//! many, `/cut/N` promises N bytes and breaks off in the middle; `/echo/N` repeats the credential between N other bytes; `/drop`
//! breaks off in the middle of what comes; `/flaky` takes a body and fails the first time; `/start` names an address to send a file to.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// The length of the pieces that are made up.
const PIECE: u64 = 64 * 1024;

/// What came with one request.
#[derive(Debug, Clone)]
pub struct Taken {
    /// The line and the headers.
    pub head: String,
    /// How many bytes of a body came.
    pub length: u64,
    /// Their sum, as [`Sum`] makes it.
    pub sum: u64,
}

impl Taken {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(':'));
        lines
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
    }
}

/// A sum of bytes that come one after the other (FNV-1a): equal bytes have equal sums.
#[derive(Debug, Clone, Copy)]
pub struct Sum(u64);

impl Default for Sum {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Sum {
    /// The sum with these bytes too.
    #[must_use]
    pub fn and(self, bytes: &[u8]) -> Self {
        let step = |sum: u64, byte: &u8| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        Self(bytes.iter().fold(self.0, step))
    }

    /// The sum with the made-up content of this length.
    #[must_use]
    pub fn and_content(self, length: u64) -> Self {
        pieces(length).fold(self, |sum, piece| sum.and(&piece))
    }

    /// The number.
    pub fn number(self) -> u64 {
        self.0
    }
}

/// Made-up content of this length, piece by piece. No two pieces are equal.
pub fn pieces(length: u64) -> impl Iterator<Item = Vec<u8>> + Send {
    let starts = (0..length).step_by(usize::try_from(PIECE).unwrap_or(1));
    starts.map(move |start| {
        let end = length.min(start + PIECE);
        let byte = |at: u64| u8::try_from((at ^ (start >> 7)) & 0xff).unwrap_or_default();
        (start..end).map(byte).collect()
    })
}

/// A running depot.
#[derive(Clone)]
pub struct Depot {
    /// Where it listens: `http://127.0.0.1:PORT`.
    pub base: String,
    taken: Arc<Mutex<Vec<Taken>>>,
}

impl Depot {
    /// Starts on a free port of loopback.
    ///
    /// # Panics
    /// Where there is none.
    pub async fn start() -> Self {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)));
        let listener = listener.await.expect("a free port");
        let depot = Self {
            base: format!("http://{}", listener.local_addr().expect("an address")),
            taken: Arc::default(),
        };
        let serving = depot.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let depot = serving.clone();
                tokio::spawn(async move {
                    // A caller who breaks off is what some tests are about.
                    let _broken = depot.converse(stream).await;
                });
            }
        });
        depot
    }

    /// What came, in the order of its end.
    ///
    /// # Panics
    /// Where another test panicked while it held this.
    pub fn taken(&self) -> Vec<Taken> {
        self.taken.lock().expect("nobody panicked").clone()
    }

    async fn converse(&self, stream: TcpStream) -> io::Result<()> {
        let mut wire = BufReader::new(stream);
        while let Some(head) = head(&mut wire).await? {
            let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
            let mut words = path.trim_start_matches('/').split(['/', '?']);
            let word = words.next().unwrap_or_default().to_owned();
            let number = words.next().and_then(|text| text.parse().ok()).unwrap_or(0);
            let length = length(&head);
            if word == "drop" {
                read(&mut wire, length / 2).await?;
                return Ok(());
            }
            let sum = read(&mut wire, length).await?;
            let seen = self.note(Taken {
                head: head.clone(),
                length,
                sum,
            });
            self.answer(&mut wire, &word, number, &head, seen).await?;
        }
        Ok(())
    }

    /// Notes what came; says how many came to the same path.
    fn note(&self, taken: Taken) -> usize {
        let line = |taken: &Taken| taken.head.lines().next().map(str::to_owned);
        let mut all = self.taken.lock().expect("nobody panicked");
        let own = line(&taken);
        all.push(taken);
        all.iter().filter(|other| line(other) == own).count()
    }

    async fn answer(
        &self,
        wire: &mut BufReader<TcpStream>,
        word: &str,
        number: u64,
        head: &str,
        seen: usize,
    ) -> io::Result<()> {
        match word {
            "give" => {
                let more = "content-type: application/pdf\r\ncontent-disposition: attachment; filename=\"given.pdf\"\r\n";
                begin(wire, 200, more, number).await?;
                for piece in pieces(number) {
                    wire.write_all(&piece).await?;
                }
            }
            "cut" => {
                begin(wire, 200, "", number).await?;
                for piece in pieces(number / 2) {
                    wire.write_all(&piece).await?;
                }
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            "json" => {
                begin(wire, 200, "content-type: application/json\r\n", number + 2).await?;
                wire.write_all(b"\"").await?;
                for start in (0..number).step_by(65_536) {
                    let length = usize::try_from(65_536.min(number - start)).unwrap_or_default();
                    wire.write_all(&vec![b'x'; length]).await?;
                }
                wire.write_all(b"\"").await?;
            }
            "echo" => {
                let credential = credential(head);
                let other = vec![b'.'; usize::try_from(number).unwrap_or_default()];
                let body = [&other, credential.as_bytes(), &other, credential.as_bytes()].concat();
                begin(wire, 200, "", body.len() as u64).await?;
                // In pieces that tear whatever is in them.
                for piece in body.chunks(7) {
                    wire.write_all(piece).await?;
                    wire.flush().await?;
                }
            }
            "flaky" if seen == 1 => begin(wire, 503, "", 0).await?,
            "start" => {
                let location = format!("location: {}/take?session=1\r\n", self.base);
                begin(wire, 200, &location, 0).await?;
            }
            _ => {
                begin(wire, 201, "content-type: application/json\r\n", 10).await?;
                wire.write_all(b"{\"id\":\"1\"}").await?;
            }
        }
        wire.flush().await
    }
}

fn credential(head: &str) -> String {
    let lines = head.lines().filter_map(|line| line.split_once(": Bearer "));
    lines
        .map(|(_, token)| token.to_owned())
        .next()
        .unwrap_or_default()
}

fn length(head: &str) -> u64 {
    let lines = head.lines().filter_map(|line| line.split_once(':'));
    lines
        .filter(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .find_map(|(_, value)| value.trim().parse().ok())
        .unwrap_or(0)
}

async fn begin(
    wire: &mut BufReader<TcpStream>,
    status: u16,
    more: &str,
    length: u64,
) -> io::Result<()> {
    let head = format!("HTTP/1.1 {status} x\r\n{more}content-length: {length}\r\n\r\n");
    wire.write_all(head.as_bytes()).await
}

/// The next request's line and headers; nothing where there is none.
async fn head(wire: &mut BufReader<TcpStream>) -> io::Result<Option<String>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match wire.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    Ok(Some(String::from_utf8_lossy(&head).into_owned()))
}

/// Reads so many bytes, and gives their sum.
async fn read(wire: &mut BufReader<TcpStream>, length: u64) -> io::Result<u64> {
    let (mut left, mut sum) = (length, Sum::default());
    let mut piece = vec![0; 65_536];
    while left > 0 {
        let most = piece.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let count = wire.read(piece.get_mut(..most).unwrap_or_default()).await?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        left -= count as u64;
        sum = sum.and(piece.get(..count).unwrap_or_default());
    }
    Ok(sum.number())
}
