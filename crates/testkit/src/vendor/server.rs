//! The vendor itself: its ports, and the conversation on each connection.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rustls::ServerConfig;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::crm::{Crm, IDENTITY};
use super::fault::{Fault, Stage};
use super::play::{SECOND, play, whole};
use super::ports::{self, Held};
use super::record::Record;
use super::request::Request;
use super::tls::{Authority, Flaw};
use super::wire::{After, Wire, close, reset};

/// How a vendor is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// In clear.
    Http,
    /// Over TLS.
    Https,
}

impl Scheme {
    /// Both of them.
    pub const BOTH: [Self; 2] = [Self::Http, Self::Https];

    /// The word before `://`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// A running vendor.
pub struct Vendor {
    /// What it saw.
    pub record: Record,
    /// Who vouches for it.
    pub authority: Authority,
    ports: HashMap<(Option<Fault>, Scheme), SocketAddr>,
    _held: Vec<Held>,
}

#[derive(Clone)]
struct Desk {
    record: Record,
    crm: Arc<Crm>,
    /// The fault of the port, where it is the port's.
    fault: Option<Fault>,
}

impl Vendor {
    /// The first segment of paths that are answered well, and slowly.
    pub const SLOW: &str = "/slow/";
    /// How slowly.
    pub const SLOWNESS: Duration = Duration::from_millis(150);

    /// Opens all its ports.
    ///
    /// # Panics
    /// Where there are none.
    pub async fn start() -> Self {
        let mut vendor = Self {
            record: Record::new(),
            authority: Authority::new(),
            ports: HashMap::new(),
            _held: Vec::new(),
        };
        let crm = Arc::new(Crm::default());
        let own_ports = Fault::ALL
            .iter()
            .filter(|fault| fault.stage() == Stage::Port);
        for fault in own_ports.copied().map(Some).chain([None]) {
            for scheme in Scheme::BOTH {
                let desk = Desk {
                    record: vendor.record.clone(),
                    crm: Arc::clone(&crm),
                    fault,
                };
                let address = vendor.open(desk, scheme).await;
                vendor.ports.insert((fault, scheme), address);
            }
        }
        vendor
    }

    async fn open(&mut self, desk: Desk, scheme: Scheme) -> SocketAddr {
        let tls = match (desk.fault, scheme) {
            (_, Scheme::Http) => None,
            (Some(Fault::BadCertificate), _) => Some(self.authority.bad(Flaw::Expired)),
            _ => Some(self.authority.good()),
        };
        match desk.fault {
            Some(Fault::Refused) => self.hold(ports::refusing()),
            Some(Fault::BlackHole) => {
                let hole = ports::black_hole().await;
                self.hold(hole)
            }
            Some(Fault::Silence) => {
                ports::listening(move |stream| ports::stay_silent(stream, tls.clone())).await
            }
            Some(Fault::ResetOnAccept) => {
                ports::listening(|stream| async move { reset(stream) }).await
            }
            Some(Fault::TlsStall) => ports::listening(ports::stall).await,
            _ => ports::listening(move |stream| desk.clone().take(stream, tls.clone())).await,
        }
    }

    /// Opens a port that shows a bad certificate, and behind which it would behave.
    pub async fn flawed(&self, flaw: Flaw) -> String {
        let desk = Desk {
            record: self.record.clone(),
            crm: Arc::default(),
            fault: None,
        };
        let tls = self.authority.bad(flaw);
        let address = if flaw == Flaw::OldVersion {
            ports::listening(ports::greet_in_tls_1_0).await
        } else {
            ports::listening(move |stream| desk.clone().take(stream, Some(tls.clone()))).await
        };
        format!("https://{address}")
    }

    fn hold(&mut self, (held, address): (Held, SocketAddr)) -> SocketAddr {
        self._held.push(held);
        address
    }

    /// The base address of a fault that has a port of its own, or of all the others.
    pub fn base(&self, fault: Option<Fault>, scheme: Scheme) -> String {
        let own = fault.filter(|fault| fault.stage() == Stage::Port);
        format!("{}://{}", scheme.word(), self.ports[&(own, scheme)])
    }
}

impl Desk {
    async fn take(self, stream: TcpStream, tls: Option<Arc<ServerConfig>>) {
        match tls {
            None => self.converse(stream).await,
            Some(tls) => {
                // A caller who does not trust the certificate goes away here.
                if let Ok(stream) = TlsAcceptor::from(tls).accept(stream).await {
                    self.converse(stream).await;
                }
            }
        }
    }

    /// Answers one request after the other.
    async fn converse(self, mut wire: impl Wire) {
        let mut buffer = Vec::new();
        for turn in 1.. {
            // The connection was kept and is closed now, while the next request may be on its way.
            if turn == 2 && self.fault == Some(Fault::StaleUnread) {
                tokio::time::sleep(moment()).await;
                return close(wire).await;
            }
            let Some(request) = Request::read(&mut wire, &mut buffer).await else {
                return;
            };
            let fault = self.fault.or_else(|| Fault::of_path(&request.path));
            self.record
                .write(&request, fault.is_some_and(Fault::refuses))
                .await;
            match self.answer(turn, fault, &request, &mut wire).await {
                Ok(After::Keep) => {}
                Ok(After::Close) => return close(wire).await,
                Ok(After::Reset) => return reset(wire),
                // Nobody listens any more.
                Err(_gone) => return,
            }
        }
    }

    async fn answer(
        &self,
        turn: u32,
        fault: Option<Fault>,
        request: &Request,
        wire: &mut impl Wire,
    ) -> std::io::Result<After> {
        match fault {
            Some(Fault::StaleRead) if turn > 1 => return Ok(After::Close),
            Some(fault) if !fault.is_of_kept_connections() && request.path != IDENTITY => {
                return play(fault, request, wire).await;
            }
            _ => {}
        }
        if request.path.starts_with(Vendor::SLOW) {
            tokio::time::sleep(Vendor::SLOWNESS).await;
        }
        let (status, body) = self.crm.answer(request);
        wire.write_all(&whole(status, "", &body)).await?;
        wire.flush().await?;
        if fault == Some(Fault::LateSecondAnswer) {
            tokio::time::sleep(moment()).await;
            wire.write_all(SECOND.as_bytes()).await?;
            wire.flush().await?;
        }
        Ok(After::Keep)
    }
}

/// Up to three milliseconds, another one each time.
fn moment() -> Duration {
    static TURN: AtomicU64 = AtomicU64::new(0);
    Duration::from_micros(TURN.fetch_add(1, Ordering::Relaxed) * 377 % 3000)
}
