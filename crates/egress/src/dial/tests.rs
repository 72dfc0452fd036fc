//! Names that lead into private networks, by a name server that lies on purpose.

use std::net::Ipv6Addr;

use hickory_resolver::config::NameServerConfig;
use hickory_resolver::proto::op::{Message, ResponseCode};
use hickory_resolver::proto::rr::rdata::CNAME;
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use tokio::net::{TcpListener, UdpSocket};

use super::*;
use crate::client::tls;

/// Public, and never connected to: each answer that holds it is refused.
const PUBLIC: Ipv4Addr = Ipv4Addr::new(1, 1, 1, 1);

fn network(resolver: Resolver, opened: &[&str]) -> Network {
    Network {
        guard: Guard::new(opened.iter().map(|text| text.parse().unwrap()).collect()),
        resolver,
        tls: Arc::new(tls(None).unwrap()),
        connect_timeout: Duration::from_secs(3),
        tls_timeout: Duration::from_secs(3),
    }
}

async fn lying() -> Resolver {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let mut server = NameServerConfig::udp(socket.local_addr().unwrap().ip());
    server.connections[0].port = socket.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut buffer = [0; 1500];
        while let Ok((length, client)) = socket.recv_from(&mut buffer).await {
            let answer = answer(Message::from_vec(&buffer[..length]).unwrap());
            socket
                .send_to(&answer.to_vec().unwrap(), client)
                .await
                .unwrap();
        }
    });
    Resolver::asking(vec![server]).unwrap()
}

fn answer(question: Message) -> Message {
    let mut answer = question.into_response();
    let query = answer.queries[0].clone();
    for data in records(&query.name().to_ascii().to_lowercase(), query.query_type()) {
        let name = match data {
            RData::CNAME(_) => query.name().clone(),
            _ if query.name().to_ascii().starts_with("alias") => other_name(),
            _ => query.name().clone(),
        };
        answer.add_answer(Record::from_rdata(name, 0, data));
    }
    if answer.answers.is_empty() {
        answer.metadata.response_code = ResponseCode::NXDomain;
    }
    answer
}

fn other_name() -> Name {
    Name::from_ascii("private.example.").unwrap()
}

fn records(name: &str, asked: RecordType) -> Vec<RData> {
    let private = RData::A(Ipv4Addr::LOCALHOST.into());
    match (name, asked) {
        ("private.example.", RecordType::A) => vec![private],
        ("alias.example.", RecordType::A) => vec![RData::CNAME(CNAME(other_name())), private],
        ("mixed.example.", RecordType::A) => vec![RData::A(PUBLIC.into()), private],
        ("both.example.", RecordType::A) => vec![RData::A(PUBLIC.into())],
        ("both.example.", RecordType::AAAA) => vec![RData::AAAA(Ipv6Addr::LOCALHOST.into())],
        ("many.example.", RecordType::A) => vec![RData::A(PUBLIC.into()); 17],
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn a_name_with_any_private_address_is_refused() {
    let network = network(lying().await, &[]);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    for host in ["private", "alias", "mixed", "both"] {
        let origin = format!("https://{host}.example:{port}").parse().unwrap();
        let error = network.dial(&origin).await.err().unwrap();
        assert_eq!(
            error.fault.0,
            ErrorKind::AddressNotAllowed,
            "{host}: {error:?}"
        );
    }
    let nobody = std::future::poll_fn(|context| Poll::Ready(listener.poll_accept(context)));
    assert!(nobody.await.is_pending(), "somebody connected");
}

#[tokio::test]
async fn a_name_with_no_or_too_many_addresses_is_unresolved() {
    let network = network(lying().await, &[]);
    for host in ["absent", "many"] {
        let origin = format!("https://{host}.example").parse().unwrap();
        let error = network.dial(&origin).await.err().unwrap();
        assert_eq!(error.fault.0, ErrorKind::Resolve, "{host}: {error:?}");
    }
}

#[tokio::test]
async fn a_name_that_leads_into_an_opened_network_is_connected_to() {
    let network = network(lying().await, &["127.0.0.1/32"]);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let origin = format!("http://alias.example:{port}").parse().unwrap();
    assert!(network.dial(&origin).await.is_ok());
}

#[tokio::test]
async fn where_the_first_address_takes_no_connection_the_next_one_does() {
    let network = network(lying().await, &[]);
    let closed = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let open = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let open = (open.local_addr().unwrap(), open);
    let stream = network.connect(&[closed, open.0]).await.unwrap();
    assert_eq!(stream.peer_addr().unwrap(), open.0);
}
