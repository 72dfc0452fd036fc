//! `server.json`: how commands on this machine find the running server.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{StartError, data_dir};
use crate::config::ServeConfig;

#[derive(Debug, Serialize, Deserialize)]
struct Document {
    /// Where it can be reached from this machine.
    address: SocketAddr,
    /// Its process.
    pid: u32,
}

/// The file of a server that runs in this process.
pub(crate) struct ServerFile(PathBuf);

impl ServerFile {
    /// Writes the file.
    pub(super) fn write(config: &ServeConfig, address: SocketAddr) -> Result<Self, StartError> {
        let document = Document {
            address: from_here(address),
            pid: std::process::id(),
        };
        let text = serde_json::to_string(&document).unwrap_or_default();
        let path = config.server_file();
        data_dir::write_private(&path, &text)?;
        Ok(Self(path))
    }

    /// Where the server that wrote the file listens. A file that is missing or broken says nothing.
    pub(crate) fn read(config: &ServeConfig) -> Option<SocketAddr> {
        let text = std::fs::read_to_string(config.server_file()).ok()?;
        let document: Document = serde_json::from_str(&text).ok()?;
        Some(document.address)
    }

    /// Removes what a killed server left: its port may be another program's by now, and the admin key is not for that.
    pub(super) fn forget(config: &ServeConfig) {
        let _none_there = std::fs::remove_file(config.server_file());
    }

    /// Removes the file.
    pub(super) fn remove(&self) {
        if let Err(error) = std::fs::remove_file(&self.0) {
            tracing::warn!(%error, path = %self.0.display(), "could not be removed");
        }
    }
}

/// A server that listens everywhere is reached at the loopback address.
fn from_here(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}
