//! What every handler works with.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use metrics_exporter_prometheus::PrometheusHandle;
use tenon_engine::Engine;
use tenon_sandbox::Sandbox;
use tokio_util::sync::CancellationToken;

use crate::catalogue::Catalogue;

/// The running program, as handlers see it. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// All use cases.
    pub engine: Arc<Engine>,
    /// The emulated applications.
    pub sandbox: Sandbox,
    /// Where connectors come from.
    pub catalogue: Arc<Catalogue>,
    /// The counters, for `/metrics`.
    pub metrics: PrometheusHandle,
    /// What the operator decided about the API.
    pub settings: Arc<ApiSettings>,
    /// Cancelled when the program is asked to end: it is then no longer ready for more.
    pub stopping: CancellationToken,
}

/// What the operator decided about the API.
#[derive(Debug, Clone, Default)]
pub struct ApiSettings {
    /// What callbacks and links begin with, such as `https://tenon.example.com`.
    pub public_url: Option<String>,
    /// Where this process listens, once it does.
    pub address: OnceLock<SocketAddr>,
    /// Where copies of the database are put; nowhere where there is no data directory.
    pub data_dir: Option<PathBuf>,
    /// Answer executions with the application's status instead of 200, where a caller does not say.
    pub mirror_status: bool,
}

impl ApiSettings {
    /// What callbacks and links begin with: what the operator said, or this process's own address where only this
    /// machine reaches it.
    pub fn public_url(&self) -> Option<String> {
        let said = self.public_url.as_deref();
        let said = said.map(|url| url.trim_end_matches('/').to_owned());
        said.or_else(|| {
            let own = self.address.get()?;
            own.ip().is_loopback().then(|| format!("http://{own}"))
        })
    }
}
