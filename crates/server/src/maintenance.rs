//! What is done to a database that nobody serves: bringing it to this program's schema, and putting back a copy.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tenon_engine::keychain::KeyChain;
use tenon_engine::ports::Store;
pub use tenon_store::Schema;
use tenon_store::{PostgresStore, SqliteStore};

use crate::bootstrap::database::Database;
use crate::bootstrap::{StartError, SystemClock, data_dir, keys};
use crate::config::{Environment, ServeConfig};

/// Why a copy was not put back. The data directory is as it was.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The data is in PostgreSQL.
    #[error(
        "DATABASE_URL names PostgreSQL, which restores its own copies: pg_restore --clean --if-exists --dbname \"$DATABASE_URL\" FILE"
    )]
    Postgres,
    /// There is a database already.
    #[error("{path} exists already; restoring never replaces a database")]
    Exists {
        /// The database.
        path: PathBuf,
    },
    /// The copy cannot be read, or not be written into the data directory.
    #[error("{from} cannot be copied to {to}")]
    Copy {
        /// The copy.
        from: PathBuf,
        /// The place in the data directory.
        to: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The copy is damaged, of another program, or of another key ring.
    #[error(transparent)]
    Refused(#[from] StartError),
}

impl RestoreError {
    /// How to mend it, where the message does not say so itself.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Exists { .. } => Some(
                "stop the server and move the old database away, or choose an empty directory with --data-dir"
                    .to_owned(),
            ),
            Self::Refused(error) => error.hint(),
            Self::Postgres | Self::Copy { .. } => None,
        }
    }
}

/// Puts a copy in the place of the database, if there is none, the copy is whole, and the key ring opens it.
///
/// # Errors
/// Every [`RestoreError`] says what to mend.
pub async fn restore(config: &ServeConfig, from: &Path) -> Result<Schema, RestoreError> {
    if config.environment.database_url.is_some() {
        return Err(RestoreError::Postgres);
    }
    let database = config.database();
    let exists = || RestoreError::Exists {
        path: database.clone(),
    };
    if database.exists() {
        return Err(exists());
    }
    data_dir::prepare(&config.data_dir)?;
    let beside = Beside::copy(from, config.data_dir.join("tenon.db.restoring"))?;
    let schema = examine(config, &beside.0).await?;
    // A link, unlike a renaming, does not replace what somebody else has made meanwhile.
    match fs::hard_link(&beside.0, &database) {
        Ok(()) => Ok(schema),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(exists()),
        Err(source) => Err(RestoreError::Copy {
            from: beside.0.clone(),
            to: database,
            source,
        }),
    }
}

/// A file beside the database that goes when this is dropped, with what SQLite put beside it.
struct Beside(PathBuf);

impl Beside {
    fn copy(from: &Path, to: PathBuf) -> Result<Self, RestoreError> {
        let beside = Self(to);
        // What a restoring that was cut off left there.
        beside.remove();
        let copied = copy(from, &beside.0);
        copied.map_err(|source| RestoreError::Copy {
            from: from.to_owned(),
            to: beside.0.clone(),
            source,
        })?;
        Ok(beside)
    }

    fn remove(&self) {
        for suffix in ["", ".lock", "-wal", "-shm"] {
            let mut name = self.0.clone().into_os_string();
            name.push(suffix);
            let _none_there = fs::remove_file(name);
        }
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        self.remove();
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let mut source = fs::File::open(from)?;
    let mut options = OpenOptions::new();
    let mut target = options.write(true).create_new(true).mode(0o600).open(to)?;
    io::copy(&mut source, &mut target)?;
    target.sync_all()
}

/// Opens the copy as a start would.
async fn examine(config: &ServeConfig, copy: &Path) -> Result<Schema, StartError> {
    SqliteStore::check(copy)?;
    let found = SqliteStore::schema(copy)?;
    let ring = keys::ring(config)?;
    let store = SqliteStore::open(copy)?;
    let shared: Arc<dyn Store> = store.clone();
    let keys = KeyChain::open(ring, shared, Arc::new(SystemClock)).await?;
    drop(keys);
    store.close().await;
    drop(store);
    Ok(found)
}

/// What became of the schema.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// Before.
    pub from: i64,
    /// After; what it would be where nothing was done.
    pub to: i64,
}

/// Brings the database to this program's schema, or only says from which number to which it would go.
///
/// # Errors
/// As a start; the database is then as it was.
pub async fn migrate(config: &ServeConfig, only_look: bool) -> Result<Migration, StartError> {
    let Schema { found, known } = schema(config).await?;
    // Opening refuses the schema of a newer program, and changes nothing then.
    if !only_look || found > known {
        data_dir::prepare(&config.data_dir)?;
        Database::open(config).await?.close().await;
    }
    Ok(Migration {
        from: found,
        to: known,
    })
}

async fn schema(config: &ServeConfig) -> Result<Schema, StartError> {
    match &config.environment.database_url {
        Some(address) if Environment::is_postgres(address) => {
            Ok(Box::pin(PostgresStore::schema(address.expose())).await?)
        }
        Some(_) => Err(StartError::DatabaseUrl),
        None => Ok(SqliteStore::schema(&config.database())?),
    }
}
