//! The proxy in front of a server that says everything back: what each fault leaves of it.

use super::*;

/// Says everything back.
async fn echo() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut from, mut to) = stream.split();
                let _ended = tokio::io::copy(&mut from, &mut to).await;
            });
        }
    });
    address
}

/// What comes back of `hello` through a proxy, and how it ended.
async fn through(plan: Plan) -> (Vec<u8>, std::io::Result<usize>) {
    let proxy = Proxy::to(echo().await).await;
    proxy.spoil(plan);
    #[expect(
        clippy::disallowed_methods,
        reason = "the test is the client of its own proxy"
    )]
    let mut stream = TcpStream::connect(proxy.address).await.unwrap();
    stream.write_all(b"hello").await.unwrap();
    let mut heard = Vec::new();
    if plan == Plan::default() {
        stream.shutdown().await.unwrap();
    }
    let ended = stream.read_to_end(&mut heard).await;
    (heard, ended)
}

fn there(spoil: Spoil) -> Plan {
    Plan {
        there: spoil,
        ..Plan::default()
    }
}

fn back(spoil: Spoil) -> Plan {
    Plan {
        back: spoil,
        ..Plan::default()
    }
}

#[tokio::test]
async fn it_carries_what_it_is_not_told_to_spoil() {
    let (heard, ended) = through(Plan::default()).await;
    assert_eq!((&heard[..], ended.unwrap()), (&b"hello"[..], 5));
}

#[tokio::test]
async fn it_cuts_resets_and_half_closes_after_so_many_bytes() {
    let (heard, ended) = through(back(Spoil::CutAt(2))).await;
    assert_eq!((&heard[..], ended.is_ok()), (&b"he"[..], true));
    let (_, ended) = through(back(Spoil::ResetAt(2))).await;
    let kind = ended.unwrap_err().kind();
    assert_eq!(kind, std::io::ErrorKind::ConnectionReset);
    let (heard, ended) = through(there(Spoil::HalfCloseAt(3))).await;
    assert_eq!((&heard[..], ended.is_ok()), (&b"hel"[..], true));
}

#[tokio::test]
async fn it_delays_and_drips() {
    for (spoil, least) in [
        (Spoil::Delay(Duration::from_millis(100)), 100),
        (Spoil::Drip(Duration::from_millis(20)), 100),
    ] {
        let began = std::time::Instant::now();
        let proxy = Proxy::to(echo().await).await;
        proxy.spoil(there(spoil));
        #[expect(
            clippy::disallowed_methods,
            reason = "the test is the client of its own proxy"
        )]
        let mut stream = TcpStream::connect(proxy.address).await.unwrap();
        stream.write_all(b"hello").await.unwrap();
        let mut heard = [0; 5];
        stream.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"hello");
        assert!(began.elapsed() >= Duration::from_millis(least), "{spoil:?}");
    }
}
