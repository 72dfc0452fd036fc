//! Which way a request takes: the network, TLS, the sandbox, and whose connection.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tenon_connector::hosts::{HostPattern, HostSet};
use tenon_egress::{Call, Config, ConfigError, Egress, ErrorKind, Route, Sent};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use url::Url;

use crate::application::{Application, call, egress, get, open, post, read_request, send};

const ROOT: &[u8] = include_bytes!("certificates/root.pem");

#[tokio::test]
async fn loopback_is_reached_where_the_operator_opened_it() {
    let application = Application::answering("201 Created\r\nX-Id: 7", b"{}").await;
    let answer = send(&open(), &post(application.url("/a?b=c")), None)
        .await
        .unwrap();
    assert_eq!((answer.status, &answer.body[..]), (201, &b"{}"[..]));
    assert!(
        answer
            .headers
            .contains(&("x-id".to_owned(), "7".to_owned()))
    );
    assert!(application.requests()[0].starts_with("POST /a?b=c HTTP/1.1\r\n"));
}

#[tokio::test]
async fn the_name_localhost_needs_no_resolver_where_loopback_is_open() {
    let application = Application::answering("200 OK", b"").await;
    let mut url = application.url("/");
    url.set_host(Some("localhost")).unwrap();
    assert_eq!(send(&open(), &get(url), None).await.unwrap().status, 200);
}

#[tokio::test]
async fn the_sandbox_sees_the_request_as_the_application_would() {
    let application = Application::answering("200 OK", b"").await;
    let plan = post(Url::parse("https://api.example.com/v3/contacts").unwrap());
    let hosts = HostSet::new(HostPattern::of(&plan.url));
    let route = Route::Sandbox(application.address);
    // The address is the program's own choice, so that it is private does not matter.
    let egress = egress(Config::default());
    egress
        .send(Call {
            route,
            ..call(&plan, None, &hosts)
        })
        .await
        .unwrap();
    let seen = application.requests().remove(0);
    assert!(seen.starts_with("POST /v3/contacts HTTP/1.1\r\n"), "{seen}");
    assert!(seen.contains("\r\nhost: api.example.com\r\n"), "{seen}");
}

#[tokio::test]
async fn a_connection_is_used_again_by_its_own_partition_and_by_no_other() {
    let application = Application::answering("200 OK", b"").await;
    let egress = open();
    let plan = get(application.url("/"));
    let hosts = HostSet::new(HostPattern::of(&plan.url));
    let opens_another = async |partition| {
        let before = application.connections();
        egress
            .send(Call {
                partition,
                ..call(&plan, None, &hosts)
            })
            .await
            .unwrap();
        application.connections() > before
    };
    assert!(opens_another("a").await, "the first of all");
    // A connection comes back a moment after its answer.
    let mut tries = 1;
    while opens_another("a").await {
        tries += 1;
        assert!(tries < 100, "no connection was ever used again");
    }
    assert!(opens_another("b").await, "another partition");
    egress.forget("a");
    assert!(opens_another("a").await, "a partition that was forgotten");
}

#[tokio::test]
async fn https_wants_a_certificate_that_is_trusted() {
    let trusting = Config {
        dangerously_allow_private_networks: vec!["127.0.0.0/8".parse().unwrap()],
        extra_roots_pem: Some(ROOT.to_vec()),
        ..Config::default()
    };
    let answer = send(
        &egress(trusting.clone()),
        &get(secure_application().await),
        None,
    )
    .await;
    assert_eq!(answer.unwrap().status, 204);

    let error = send(&open(), &post(secure_application().await), None)
        .await
        .unwrap_err();
    assert_eq!((error.kind, error.sent), (ErrorKind::Tls, Sent::No));

    let mut elsewhere = secure_application().await;
    elsewhere.set_host(Some("127.0.0.1")).unwrap();
    let error = send(&egress(trusting), &post(elsewhere), None)
        .await
        .unwrap_err();
    assert_eq!(
        error.kind,
        ErrorKind::Tls,
        "the certificate is for another name"
    );
}

#[test]
fn extra_roots_without_a_certificate_are_refused() {
    let config = |pem: &[u8]| Config {
        extra_roots_pem: Some(pem.to_vec()),
        ..Config::default()
    };
    assert!(matches!(
        Egress::new(config(b"nothing")),
        Err(ConfigError::NoRoots)
    ));
    let cut = &ROOT[..ROOT.len() / 2];
    assert!(matches!(
        Egress::new(config(cut)),
        Err(ConfigError::RootsPem(_))
    ));
}

/// Answers one request over TLS as `localhost`.
async fn secure_application() -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        // A client that does not trust the certificate hangs up.
        let Ok(mut stream) = acceptor().accept(stream).await else {
            return;
        };
        read_request(&mut stream).await.unwrap();
        stream
            .write_all(b"HTTP/1.1 204 No Content\r\n\r\n")
            .await
            .unwrap();
    });
    Url::parse(&format!("https://localhost:{port}/")).unwrap()
}

fn acceptor() -> TlsAcceptor {
    let chain = CertificateDer::from_pem_slice(include_bytes!("certificates/localhost.pem"));
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("certificates/localhost.key.pem"));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![chain.unwrap()], key.unwrap())
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}
