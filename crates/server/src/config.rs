//! What the operator decides, and the places in the data directory.
//!
//! Flags and variables are read by the command line; this is what they come to. Secrets are read here, from the
//! environment alone, so that none is ever an argument that `ps` shows.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
pub use tenon_engine::flow::Caps;
pub use tenon_engine::model::Rate;
use tenon_vault::Secret;

/// Everything that is decided before the program starts.
#[derive(Debug, Clone)]
pub struct ServeConfig {
    /// Where to listen. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where everything is kept.
    pub data_dir: PathBuf,
    /// The key ring's file; `tenon.key` in the data directory where nobody says.
    pub key_file: Option<PathBuf>,
    /// The operator's connectors.
    pub connectors: Option<PathBuf>,
    /// What callbacks and links begin with.
    pub public_url: Option<String>,
    /// Private networks that connectors may reach.
    pub dangerously_allow_private_networks: Vec<IpNet>,
    /// Answer executions with the application's status where a caller does not say.
    pub mirror_status: bool,
    /// How many executions may run at once.
    pub caps: Caps,
    /// How often one linked account may call.
    pub rate: Option<Rate>,
    /// How files are kept.
    pub files: FileLimits,
    /// How many connections are held, and how long they may keep the server waiting.
    pub connections: Connections,
    /// Further root certificates for applications, in PEM.
    pub extra_ca_file: Option<PathBuf>,
    /// What the environment alone brings.
    pub environment: Environment,
}

/// How files are kept that were uploaded or that answers became.
#[derive(Debug, Clone)]
pub struct FileLimits {
    /// The folder; `files` in the data directory where nobody says. Several replicas may share one.
    pub folder: Option<PathBuf>,
    /// How long a file may be, in bytes.
    pub most_bytes: u64,
    /// How much room all files together have, in bytes.
    pub room_bytes: u64,
    /// How long a file is kept.
    pub life: Duration,
}

impl Default for FileLimits {
    fn default() -> Self {
        Self {
            folder: None,
            most_bytes: 100 * 1024 * 1024,
            room_bytes: 10 * 1024 * 1024 * 1024,
            life: Duration::from_secs(24 * 3600),
        }
    }
}

/// Bounds on the connections of the listener.
#[derive(Debug, Clone, Copy)]
pub struct Connections {
    /// How many are held at once.
    pub most: usize,
    /// How many of them may come from one address; behind a proxy, all do.
    pub most_per_address: usize,
    /// A request's head has to be there after this time, and a kept connection is closed after it.
    pub head: Duration,
    /// The longest that a request's body may pause, and that a client may leave an answer unread.
    pub stall: Duration,
}

impl Default for Connections {
    fn default() -> Self {
        Self {
            most: 15_000,
            most_per_address: 15_000,
            head: Duration::from_secs(10),
            stall: Duration::from_secs(30),
        }
    }
}

/// What comes from the environment alone.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// The key ring's text (`TENON_ENCRYPTION_KEY`), instead of a file.
    pub encryption_key: Option<Secret>,
    /// An admin key that the operator brings (`TENON_ADMIN_KEY`).
    pub admin_key: Option<Secret>,
    /// Another database than the file (`DATABASE_URL`). It may hold a password.
    pub database_url: Option<Secret>,
}

impl Environment {
    /// The variables that bring secrets.
    pub const SECRETS: [&str; 3] = ["TENON_ENCRYPTION_KEY", "TENON_ADMIN_KEY", "DATABASE_URL"];

    /// What these variables say. Empty ones count as absent.
    pub fn from_variables(variable: impl Fn(&str) -> Option<Secret>) -> Self {
        let read = |name| variable(name).filter(|text| !text.is_empty());
        Self {
            encryption_key: read("TENON_ENCRYPTION_KEY"),
            admin_key: read("TENON_ADMIN_KEY"),
            database_url: read("DATABASE_URL"),
        }
    }

    /// Whether this address is of a PostgreSQL database.
    pub(crate) fn is_postgres(address: &Secret) -> bool {
        let text = address.expose();
        text.starts_with("postgres://") || text.starts_with("postgresql://")
    }
}

impl ServeConfig {
    /// The database.
    pub fn database(&self) -> PathBuf {
        self.data_dir.join("tenon.db")
    }

    /// The key ring's file.
    pub fn key_file(&self) -> PathBuf {
        let usual = || self.data_dir.join("tenon.key");
        self.key_file.clone().unwrap_or_else(usual)
    }

    /// The folder of kept files.
    pub fn files_folder(&self) -> PathBuf {
        let usual = || self.data_dir.join("files");
        self.files.folder.clone().unwrap_or_else(usual)
    }

    /// Where the first start leaves the admin key.
    pub fn admin_key_file(&self) -> PathBuf {
        self.data_dir.join("admin.key")
    }

    /// Where a running server says how to reach it.
    pub fn server_file(&self) -> PathBuf {
        self.data_dir.join("server.json")
    }
}
