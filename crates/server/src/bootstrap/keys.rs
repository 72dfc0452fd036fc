//! The key ring and the database that belongs to it.
//!
//! A key is made only where there is no database yet: beside one that exists, a new key would open nothing and hide
//! that the right one is missing.

use std::io;
use std::path::{Path, PathBuf};

use tenon_engine::keychain::KeyChainError;
use tenon_vault::{Created, KeyError, KeyRing, Secret};

use super::database::Database;
use super::{StartError, data_dir};
use crate::config::ServeConfig;

/// What the first start made. The operator has to be told.
#[derive(Debug, Default)]
pub struct FirstStart {
    /// The new key file: whoever loses it loses every stored credential.
    pub key_file: Option<PathBuf>,
    /// The new admin key.
    pub admin_key: Option<Secret>,
}

/// Opens the key ring and the database.
pub(super) async fn unlock(
    config: &ServeConfig,
) -> Result<(KeyRing, Database, FirstStart), StartError> {
    let given = config.environment.encryption_key.as_ref();
    let given = given.map(|text| KeyRing::from_env_text(text.expose()));
    let given = given.transpose().map_err(StartError::KeyText)?;
    data_dir::prepare(&config.data_dir)?;
    let mut first_start = FirstStart::default();
    let new_file = config.environment.database_url.is_none() && !config.database().exists();
    if given.is_none() && new_file {
        first_start.key_file = make(&config.key_file())?;
    }
    // The lock comes before the key: who finds the directory in use needs no key to be told so.
    let database = Database::open(config).await?;
    let ring = match given {
        Some(ring) => ring,
        None => {
            if database.is_shared() && is_new(&database).await? {
                first_start.key_file = make(&config.key_file())?;
            }
            load(config.key_file())?
        }
    };
    Ok((ring, database, first_start))
}

/// Whether nobody has sealed anything in it.
async fn is_new(database: &Database) -> Result<bool, StartError> {
    let keys = database.store().data_keys().await;
    Ok(keys.map_err(KeyChainError::Store)?.is_empty())
}

/// The key ring of an installation that has one.
pub(crate) fn ring(config: &ServeConfig) -> Result<KeyRing, StartError> {
    match &config.environment.encryption_key {
        Some(text) => KeyRing::from_env_text(text.expose()).map_err(StartError::KeyText),
        None => load(config.key_file()),
    }
}

fn make(path: &Path) -> Result<Option<PathBuf>, StartError> {
    let (_ring, created) = KeyRing::load_or_create(path)?;
    Ok((created == Created::Now).then(|| path.to_owned()))
}

fn load(path: PathBuf) -> Result<KeyRing, StartError> {
    KeyRing::load(&path).map_err(|error| match error {
        KeyError::Io { source, .. } if source.kind() == io::ErrorKind::NotFound => {
            StartError::KeyMissing { path }
        }
        error => error.into(),
    })
}
