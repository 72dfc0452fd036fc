//! Listeners on every address that remember which ones were connected to. They answer nothing.

use std::net::{Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use tokio::net::TcpListener;

/// What was connected to.
#[derive(Clone, Default)]
pub struct Watch {
    dialled: Arc<Mutex<Vec<SocketAddr>>>,
}

impl Watch {
    /// Listens on these ports of every address, IPv4 and IPv6.
    ///
    /// # Panics
    /// Where a port is taken.
    pub async fn start(ports: &[u16]) -> Self {
        let watch = Self::default();
        for port in ports {
            let listener = TcpListener::bind((Ipv6Addr::UNSPECIFIED, *port)).await;
            let listener = listener.unwrap_or_else(|error| panic!("port {port}: {error}"));
            tokio::spawn(watch.clone().listen(listener));
        }
        watch
    }

    async fn listen(self, listener: TcpListener) {
        while let Ok((stream, _peer)) = listener.accept().await {
            let address = stream.local_addr().expect("the address of a connection");
            let address = SocketAddr::new(address.ip().to_canonical(), address.port());
            self.dialled
                .lock()
                .expect("no test panicked while it held this")
                .push(address);
        }
    }

    /// Every connection so far, by the address that was dialled.
    pub fn dialled(&self) -> Vec<SocketAddr> {
        self.dialled
            .lock()
            .expect("no test panicked while it held this")
            .clone()
    }
}
