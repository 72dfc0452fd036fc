//! A name server that says what a test wants: by UDP and TCP, for every name, and never to be kept.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::rdata::CNAME;
use hickory_proto::rr::{Name, RData, Record, RecordType};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UdpSocket};

/// What a name is said to have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// Names that the name is only another word for, each for the next.
    pub aliases: Vec<String>,
    /// Its addresses, or those of the last alias: the ones of the kind that was asked for are given.
    pub addresses: Vec<IpAddr>,
}

impl Said {
    /// A name with these addresses.
    ///
    /// # Panics
    /// Where one is none.
    pub fn at(addresses: &[&str]) -> Self {
        let parse = |text: &&str| {
            text.parse()
                .unwrap_or_else(|error| panic!("{text}: {error}"))
        };
        Self {
            aliases: Vec::new(),
            addresses: addresses.iter().map(parse).collect(),
        }
    }

    /// The same, behind these aliases.
    #[must_use]
    pub fn behind(self, aliases: &[&str]) -> Self {
        Self {
            aliases: aliases.iter().map(|alias| (*alias).to_owned()).collect(),
            ..self
        }
    }
}

type Script = dyn Fn(&str, usize) -> Said + Send + Sync;

/// A running name server.
#[derive(Clone)]
pub struct NameServer {
    /// Where it listens.
    pub address: SocketAddr,
    script: Arc<Script>,
    asked: Arc<Mutex<Vec<String>>>,
    count: Arc<AtomicUsize>,
}

impl NameServer {
    /// Starts one. `script` is asked with the name, in lower case and without its final dot, and the number of the
    /// question; a name of which nothing is said does not exist.
    ///
    /// # Panics
    /// Where the address is taken.
    pub async fn start(
        address: SocketAddr,
        script: impl Fn(&str, usize) -> Said + Send + Sync + 'static,
    ) -> Self {
        let udp = UdpSocket::bind(address).await.expect("a free address");
        let address = udp.local_addr().expect("a bound address");
        let tcp = TcpListener::bind(address).await.expect("a free port");
        let server = Self {
            address,
            script: Arc::new(script),
            asked: Arc::default(),
            count: Arc::default(),
        };
        tokio::spawn(server.clone().by_udp(udp));
        tokio::spawn(server.clone().by_tcp(tcp));
        server
    }

    /// The names that were asked for so far.
    pub fn asked(&self) -> Vec<String> {
        self.asked
            .lock()
            .expect("no test panicked while it held this")
            .clone()
    }

    async fn by_udp(self, socket: UdpSocket) {
        let mut buffer = [0; 1500];
        while let Ok((length, client)) = socket.recv_from(&mut buffer).await {
            let answer = self.answer(&buffer[..length]);
            socket
                .send_to(&answer, client)
                .await
                .expect("a loopback network");
        }
    }

    async fn by_tcp(self, listener: TcpListener) {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(self.clone().converse(stream));
        }
    }

    async fn converse(self, mut stream: TcpStream) -> std::io::Result<()> {
        loop {
            let mut question = vec![0; usize::from(stream.read_u16().await?)];
            stream.read_exact(&mut question).await?;
            let answer = self.answer(&question);
            stream
                .write_u16(u16::try_from(answer.len()).expect("a short answer"))
                .await?;
            stream.write_all(&answer).await?;
        }
    }

    fn answer(&self, question: &[u8]) -> Vec<u8> {
        let mut answer = Message::from_vec(question)
            .expect("a question")
            .into_response();
        let query = answer.queries[0].clone();
        let name = query
            .name()
            .to_ascii()
            .to_lowercase()
            .trim_end_matches('.')
            .to_owned();
        let number = self.count.fetch_add(1, Ordering::SeqCst);
        let said = (self.script)(&name, number);
        self.asked
            .lock()
            .expect("no test panicked while it held this")
            .push(name);
        if said == Said::default() {
            answer.metadata.response_code = ResponseCode::NXDomain;
        }
        answer
            .answers
            .extend(records(query.name().clone(), query.query_type(), &said));
        answer.to_vec().expect("an answer that can be written")
    }
}

fn records(mut name: Name, asked: RecordType, said: &Said) -> Vec<Record> {
    let mut records = Vec::new();
    for alias in &said.aliases {
        let alias = Name::from_ascii(format!("{alias}.")).expect("a name");
        records.push(Record::from_rdata(
            name,
            0,
            RData::CNAME(CNAME(alias.clone())),
        ));
        name = alias;
    }
    let wanted = said
        .addresses
        .iter()
        .filter_map(|address| match (address, asked) {
            (IpAddr::V4(address), RecordType::A) => Some(RData::A((*address).into())),
            (IpAddr::V6(address), RecordType::AAAA) => Some(RData::AAAA((*address).into())),
            _ => None,
        });
    records.extend(wanted.map(|data| Record::from_rdata(name.clone(), 0, data)));
    records
}
