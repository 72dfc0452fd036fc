//! The only door out: from the origin of a request to a connection with an address that was vetted.
//!
//! A host that is an address is vetted as well as one that is a name; no resolver ever sees the former.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;
use tower::Service;
use url::Url;

use crate::address::{CLEAR, Guard};
use crate::client::Route;
use crate::error::{ErrorKind, Fault};
use crate::resolve::{Resolver, public_name};

/// Why there is no connection. Nothing of the request has left.
#[derive(Debug)]
pub(crate) struct DialError {
    pub(crate) fault: Fault,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl DialError {
    pub(crate) fn new(fault: Fault) -> Self {
        Self {
            fault,
            source: None,
        }
    }

    pub(crate) fn because(self, source: impl Error + Send + Sync + 'static) -> Self {
        Self {
            source: Some(Box::new(source)),
            ..self
        }
    }
}

impl From<Fault> for DialError {
    fn from(fault: Fault) -> Self {
        Self::new(fault)
    }
}

impl fmt::Display for DialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the host {}", self.fault.1)
    }
}

impl Error for DialError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

/// A connection, in clear or not.
pub(crate) trait Socket: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Socket for S {}

impl Connection for Box<dyn Socket> {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

/// What all connections share.
pub(crate) struct Network {
    pub(crate) guard: Guard,
    pub(crate) resolver: Resolver,
    pub(crate) tls: Arc<ClientConfig>,
    pub(crate) connect_timeout: Duration,
    pub(crate) tls_timeout: Duration,
}

/// Makes the connections of one client.
#[derive(Clone)]
pub(crate) struct Dialer {
    pub(crate) network: Arc<Network>,
    pub(crate) route: Route,
}

impl Service<Uri> for Dialer {
    type Response = TokioIo<Box<dyn Socket>>;
    type Error = DialError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, DialError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), DialError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, origin: Uri) -> Self::Future {
        let Self { network, route } = self.clone();
        Box::pin(async move {
            match route {
                Route::Network => network.dial(&origin).await,
                Route::Sandbox(address) => network.connect(&[address]).await.map(in_clear),
            }
            .map(TokioIo::new)
        })
    }
}

fn in_clear(stream: TcpStream) -> Box<dyn Socket> {
    Box::new(stream)
}

impl Network {
    async fn dial(&self, origin: &Uri) -> Result<Box<dyn Socket>, DialError> {
        let host = origin.host().unwrap_or_default();
        let secure = origin.scheme_str() == Some("https");
        let port = origin.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let vetted = self.guard.vet(&self.addresses(host).await?, secure)?;
        let vetted: Vec<_> = vetted
            .into_iter()
            .map(|ip| SocketAddr::new(ip, port))
            .collect();
        let stream = self.connect(&vetted).await?;
        if secure {
            self.secure(stream, host).await
        } else {
            Ok(in_clear(stream))
        }
    }

    /// What [`Self::dial`] would refuse without asking a resolver.
    pub(crate) fn foresee(&self, url: &Url) -> Result<(), Fault> {
        let host = url.host_str().unwrap_or_default();
        let secure = url.scheme() == "https";
        match self.known(host) {
            Some(address) => self.guard.vet(&[address], secure).map(drop),
            None if !secure && !self.guard.opens_any() => Err(CLEAR),
            None => public_name(host).map(drop),
        }
    }

    /// The address of a host that no resolver is asked for.
    fn known(&self, host: &str) -> Option<IpAddr> {
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let named = || (host == "localhost" && self.guard.opens(loopback)).then_some(loopback);
        bare(host).parse().ok().or_else(named)
    }

    /// The addresses of a host, not vetted yet.
    async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, DialError> {
        match self.known(host) {
            Some(address) => Ok(vec![address]),
            None => self.resolver.addresses(host).await,
        }
    }

    /// The first connection that comes about, each address having its share of the time that is left.
    async fn connect(&self, addresses: &[SocketAddr]) -> Result<TcpStream, DialError> {
        let end = Instant::now() + self.connect_timeout;
        let mut failure = DialError::new(Fault(ErrorKind::Connect, "has no address"));
        for (address, left) in addresses.iter().zip((1..=addresses.len() as u32).rev()) {
            let share = end.saturating_duration_since(Instant::now()) / left;
            failure = match timeout_at(Instant::now() + share, connect_to(*address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => {
                    DialError::new(Fault(ErrorKind::Connect, "takes no connection")).because(error)
                }
                Err(elapsed) => {
                    let what = "did not take a connection in time";
                    DialError::new(Fault(ErrorKind::Timeout, what)).because(elapsed)
                }
            };
        }
        Err(failure)
    }

    async fn secure(&self, stream: TcpStream, host: &str) -> Result<Box<dyn Socket>, DialError> {
        let name = bare(host.strip_suffix('.').unwrap_or(host)).to_owned();
        let name =
            ServerName::try_from(name).map_err(|error| DialError::new(TLS).because(error))?;
        let handshake = TlsConnector::from(Arc::clone(&self.tls)).connect(name, stream);
        let what = "did not finish the TLS handshake in time";
        let stream = timeout(self.tls_timeout, handshake)
            .await
            .map_err(|elapsed| DialError::new(Fault(ErrorKind::Timeout, what)).because(elapsed))?
            .map_err(unsecured)?;
        Ok(Box::new(stream))
    }
}

/// What TLS itself finds wrong comes as invalid data; everything else is the network's.
fn unsecured(error: std::io::Error) -> DialError {
    let fault = match error.kind() {
        std::io::ErrorKind::InvalidData => TLS,
        _ => Fault(
            ErrorKind::Connect,
            "broke the connection during the TLS handshake",
        ),
    };
    DialError::new(fault).because(error)
}

const TLS: Fault = Fault(ErrorKind::Tls, "offers no TLS that can be trusted");

/// An IPv6 address stands in brackets in a URL.
fn bare(host: &str) -> &str {
    host.strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(host)
}

/// Connects to an address that was vetted, and makes sure that it is the one at the other end.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one door: every address was vetted"
)]
async fn connect_to(address: SocketAddr) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    if stream.peer_addr()? != address {
        return Err(std::io::Error::other(
            "connected to another address than asked for",
        ));
    }
    stream.set_nodelay(true)?;
    Ok(stream)
}

#[cfg(test)]
mod tests;
