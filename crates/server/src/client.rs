//! The management API as the command line uses it: over the loopback when a server runs, in this process when none does.
//!
//! The database's lock decides which: it is taken, or somebody has it and is asked instead. Either way the same routes
//! answer, so that a command cannot tell the difference.

mod call;
pub mod fetch;
mod local;
mod remote;

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use crate::bootstrap::{self, FirstStart, ServerFile, StartError};
use crate::config::ServeConfig;

pub use call::Call;
use local::Local;
pub use remote::Remote;
pub use tenon_vault::Secret;

/// How long a server that has just taken the lock may need until it says where it listens.
const START: Duration = Duration::from_secs(5);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Why a command got no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The data directory cannot be opened.
    #[error(transparent)]
    Start(#[from] StartError),
    /// Somebody has the database and does not say where it listens.
    #[error("another process holds the database and serves nothing")]
    NoServer,
    /// There is no admin key to show.
    #[error("there is no admin key in {path}")]
    NoAdminKey {
        /// Where it should be.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The way to the server cannot be set up.
    #[error("requests cannot be set up")]
    Setup(#[from] tenon_egress::ConfigError),
    /// The server does not answer.
    #[error("the server does not answer")]
    NoAnswer(#[from] tenon_egress::SendError),
    /// The request or the answer is not what this program makes.
    #[error("the server's answer cannot be read")]
    Unreadable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl ClientError {
    /// How to mend it, where the message does not say so itself.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Start(error) => error.hint(),
            Self::NoServer => {
                Some("wait until the other command is done, and try again".to_owned())
            }
            Self::NoAdminKey { .. } => {
                Some("set TENON_ADMIN_KEY to the key that the first start printed".to_owned())
            }
            Self::NoAnswer(_) => Some(
                "`tenon doctor` says whether the server of this data directory runs".to_owned(),
            ),
            Self::Setup(_) | Self::Unreadable(_) => None,
        }
    }
}

/// Someone with the admin key.
pub struct ManagementClient(Door);

enum Door {
    Remote(Box<Remote>),
    Local(Box<Local>),
}

impl ManagementClient {
    /// Finds the server of the data directory, or opens the directory. What a first start made is returned with it.
    ///
    /// # Errors
    /// Where neither can be done.
    pub async fn open(config: &ServeConfig) -> Result<(Self, FirstStart), ClientError> {
        match bootstrap::open(config).await {
            Ok(mut installation) => {
                let first_start = std::mem::take(&mut installation.first_start);
                let key = admin_key(config)?;
                let local = Box::new(Local::new(installation, key));
                Ok((Self(Door::Local(local)), first_start))
            }
            Err(error) if error.is_in_use() => {
                let address = address(config).await?;
                let remote = Remote::as_admin(address, admin_key(config)?)?;
                Ok((Self(Door::Remote(Box::new(remote))), FirstStart::default()))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Whether a server answers, and not this process.
    pub fn is_remote(&self) -> bool {
        matches!(self.0, Door::Remote(_))
    }

    /// Makes one call, and returns the status and the body.
    ///
    /// # Errors
    /// Where no answer came. An answer that reports an error is an answer.
    pub async fn call(&self, call: Call) -> Result<(u16, Value), ClientError> {
        match &self.0 {
            Door::Remote(remote) => remote.call(call).await,
            Door::Local(local) => local.call(call).await,
        }
    }

    /// Gives everything free.
    pub async fn close(self) {
        if let Door::Local(local) = self.0 {
            local.close().await;
        }
    }
}

/// The admin key of a data directory: the operator's own, or the one that the first start left.
///
/// # Errors
/// Where there is none.
pub fn admin_key(config: &ServeConfig) -> Result<Secret, ClientError> {
    if let Some(key) = &config.environment.admin_key {
        return Ok(key.clone());
    }
    let path = config.admin_key_file();
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Secret::new(text.trim())),
        Err(source) => Err(ClientError::NoAdminKey { path, source }),
    }
}

/// Where the server listens. One that is still starting is given a moment to say so.
async fn address(config: &ServeConfig) -> Result<std::net::SocketAddr, ClientError> {
    let said = async {
        loop {
            if let Some(address) = ServerFile::read(config) {
                return address;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    };
    let said = tokio::time::timeout(START, said).await;
    said.map_err(|_elapsed| ClientError::NoServer)
}
