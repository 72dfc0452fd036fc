//! The database of an installation: a file that this process owns, or a server that replicas share.

use std::sync::Arc;

use tenon_engine::ports::Store;
use tenon_store::{PostgresStore, SqliteStore};

use super::StartError;
use crate::config::{Environment, ServeConfig};

/// An open database.
#[derive(Clone)]
pub(crate) enum Database {
    /// The SQLite file of the data directory.
    File(Arc<SqliteStore>),
    /// The PostgreSQL database that `DATABASE_URL` names.
    Shared(Arc<PostgresStore>),
}

impl Database {
    /// Opens it, and brings it to this program's schema.
    pub(crate) async fn open(config: &ServeConfig) -> Result<Self, StartError> {
        match &config.environment.database_url {
            Some(address) if Environment::is_postgres(address) => {
                let store = Box::pin(PostgresStore::open(address.expose())).await;
                Ok(Self::Shared(store?))
            }
            Some(_) => Err(StartError::DatabaseUrl),
            None => Ok(Self::File(SqliteStore::open(&config.database())?)),
        }
    }

    /// What the engine keeps everything in.
    pub(crate) fn store(&self) -> Arc<dyn Store> {
        match self {
            Self::File(store) => store.clone(),
            Self::Shared(store) => store.clone(),
        }
    }

    /// Whether other processes may work on it.
    pub(crate) fn is_shared(&self) -> bool {
        matches!(self, Self::Shared(_))
    }

    /// Waits for what was asked of it, and takes no more writes.
    pub(crate) async fn close(&self) {
        match self {
            Self::File(store) => store.close().await,
            Self::Shared(store) => store.close().await,
        }
    }
}
