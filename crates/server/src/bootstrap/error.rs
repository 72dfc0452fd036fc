//! Why the program does not start, and how to mend it.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use tenon_engine::keychain::KeyChainError;
use tenon_store::{OpenError, PostgresError};
use tenon_vault::KeyError;

/// Why the program does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// `DATABASE_URL` names something else than PostgreSQL.
    #[error(
        "DATABASE_URL does not begin with postgres://, and no other server of databases can be used"
    )]
    DatabaseUrl,
    /// The PostgreSQL database cannot be opened.
    #[error(transparent)]
    Postgres(#[from] PostgresError),
    /// Nobody could manage the installation.
    #[error("nobody has an admin key for this database yet")]
    AdminKeyMissing,
    /// The data directory cannot be made or made private.
    #[error("the data directory {path} cannot be made, or not be closed to other users")]
    DataDir {
        /// The directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file of the data directory cannot be written.
    #[error("{path} cannot be written")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The database has no key.
    #[error("there is a database, but no key file {path} that opens it")]
    KeyMissing {
        /// Where it should be.
        path: PathBuf,
    },
    /// `TENON_ENCRYPTION_KEY` is not a key ring.
    #[error("TENON_ENCRYPTION_KEY cannot be used")]
    KeyText(#[source] KeyError),
    /// The key file is not one, or others may read it.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The database cannot be opened.
    #[error(transparent)]
    Database(#[from] OpenError),
    /// The key ring does not belong to the database.
    #[error(transparent)]
    KeyChain(#[from] KeyChainError),
    /// The database does not answer.
    #[error("the database cannot be prepared")]
    Engine(#[from] tenon_engine::error::Error),
    /// The further root certificates cannot be read.
    #[error("the root certificates in {path} cannot be read")]
    ExtraRoots {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The way out cannot be set up.
    #[error("requests to applications cannot be set up")]
    Egress(#[from] tenon_egress::ConfigError),
    /// The sandbox has no port.
    #[error("the sandbox cannot listen on the loopback address")]
    Sandbox(#[source] io::Error),
    /// The address cannot be had.
    #[error("cannot listen on {address}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// Links and callbacks cannot be made from the public address.
    #[error("the public address is none: it has to be a URL without query and fragment")]
    PublicUrl,
    /// The listener does not say where it listens.
    #[error("the listener has no address")]
    Listen(#[source] io::Error),
}

impl StartError {
    /// Whether the database belongs to another process, which is most often the running server.
    pub fn is_in_use(&self) -> bool {
        matches!(self, Self::Database(OpenError::Locked { .. }))
    }

    /// How to mend it, where the message does not say so itself.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::DatabaseUrl => {
                "unset DATABASE_URL to keep everything in the SQLite file of the data directory"
            }
            Self::AdminKeyMissing => {
                "set TENON_ADMIN_KEY to a long random text, the same for every replica: with PostgreSQL no start makes \
                 one, for the replicas would make one each"
            }
            Self::DataDir { .. } | Self::Write { .. } => {
                "choose a directory that this user owns with --data-dir, and see that the disk is not full"
            }
            Self::KeyMissing { .. } => {
                "put the key file back from its back-up, or name it with --key-file or TENON_KEY_FILE; \
                 without it the stored credentials cannot be opened by anybody"
            }
            Self::KeyText(_) => {
                "it wants `<id> <32 bytes in base64>`, as a line of `tenon.key` has it"
            }
            Self::Database(OpenError::Locked { .. }) => {
                "a server is running on this data directory; other commands talk to it by themselves"
            }
            Self::ExtraRoots { .. } => "TENON_EXTRA_CA_FILE has to name a readable PEM file",
            Self::Bind { source, .. } if source.kind() == io::ErrorKind::AddrInUse => {
                "another program listens there; choose another address with --listen, or port 0 for a free one"
            }
            Self::PublicUrl => "give --public-url or TENON_PUBLIC_URL as https://tenon.example.com",
            Self::Bind { .. } => "choose another address with --listen",
            _ => return None,
        };
        Some(hint.to_owned())
    }
}
