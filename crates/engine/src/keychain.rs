//! The data keys at hand: unwrapped once, handed out by scope and by id.
//!
//! The instance's own key doubles as the proof that key ring and database belong together: it is opened at start-up,
//! and nothing starts where that fails.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use tenon_vault::{DataKey, KeyError, KeyFile, KeyRing, SealError, WrappedKey};
use tokio::sync::{Mutex, MutexGuard};

use crate::model::{DataKeyId, DataKeyRow, Millis, Tenant};
use crate::ports::{Clock, Store, StoreError};

/// The scope of the key that belongs to no tenant: for API keys' hashes and session tokens.
pub(crate) const INSTANCE: &str = "instance";

/// Why the program cannot start with this key ring and this database.
#[derive(Debug, thiserror::Error)]
pub enum KeyChainError {
    /// The database was written under another key ring.
    #[error(
        "the key ring does not open this database: it was written under another key. Give the key file that belongs to \
         this database (TENON_KEY_FILE, or `tenon.key` in its data directory), or start on an empty data directory"
    )]
    Foreign(#[source] SealError),
    /// The database does not answer.
    #[error("the data keys cannot be read or written")]
    Store(#[source] StoreError),
    /// Something is sealed under a data key that is not there.
    #[error("the data key {0} is not in the database")]
    Missing(DataKeyId),
    /// A key that was just made is not there.
    #[error("a data key was kept, and is not in the database")]
    Lost,
    /// A key cannot be made.
    #[error("a data key cannot be made")]
    Seal(#[source] SealError),
    /// The key file cannot be read or changed.
    #[error("the key file cannot be used")]
    File(#[source] KeyError),
    /// The program is ending.
    #[error("the program ended before the key file was read")]
    Interrupted,
}

/// Unwrapped data keys, and the ring that wraps them.
pub struct KeyChain {
    ring: RwLock<Arc<KeyRing>>,
    file: Option<KeyFile>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    instance: Arc<DataKey>,
    instance_id: DataKeyId,
    open: RwLock<Open>,
    /// Held while a key is made, so that one process makes one key for a scope.
    making: Mutex<()>,
}

#[derive(Default)]
struct Open {
    by_id: HashMap<DataKeyId, Arc<DataKey>>,
    newest: HashMap<String, (i64, DataKeyId)>,
}

impl KeyChain {
    /// Opens every data key of the store; makes the instance's where there is none yet.
    ///
    /// # Errors
    /// [`KeyChainError::Foreign`] says how to mend a key ring that does not fit.
    pub async fn open(
        ring: KeyRing,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, KeyChainError> {
        let mut open = Open::default();
        open.take_in(&ring, data_keys(store.as_ref()).await?)?;
        if open.of(INSTANCE).is_none() {
            make(&ring, store.as_ref(), clock.now(), INSTANCE).await?;
            // Of two processes that start at once one has won: its key is the instance's.
            open.take_in(&ring, data_keys(store.as_ref()).await?)?;
        }
        let (instance_id, instance) = open.of(INSTANCE).ok_or(KeyChainError::Lost)?;
        Ok(Self {
            ring: RwLock::new(Arc::new(ring)),
            file: None,
            store,
            clock,
            instance,
            instance_id,
            open: RwLock::new(open),
            making: Mutex::new(()),
        })
    }

    /// The same, with the file that the ring came from: a rotation changes it, and [`Self::refresh`] reads it again.
    #[must_use]
    pub fn with_file(self, file: KeyFile) -> Self {
        Self {
            file: Some(file),
            ..self
        }
    }

    /// The key that belongs to no tenant. It is wrapped anew by a rotation and never replaced: API keys are kept as
    /// hashes under it, and nobody could make those again.
    pub fn instance(&self) -> &DataKey {
        &self.instance
    }

    /// The id of that key. Every process that shares the database knows the same one.
    pub fn instance_id(&self) -> &DataKeyId {
        &self.instance_id
    }

    /// The ids of the keys that this process can open data keys with.
    pub fn ring_ids(&self) -> Vec<String> {
        self.ring().ids()
    }

    /// The key that seals a tenant's secrets; made where there is none yet.
    ///
    /// # Errors
    /// Where a new key cannot be made or kept.
    pub async fn of_tenant(
        &self,
        tenant: &Tenant,
    ) -> Result<(DataKeyId, Arc<DataKey>), KeyChainError> {
        let scope = tenant.scope();
        if let Some(found) = self.newest(&scope) {
            return Ok(found);
        }
        let _only_maker = self.making.lock().await;
        self.look_again().await?;
        if let Some(found) = self.newest(&scope) {
            return Ok(found);
        }
        self.add(&scope, 1).await?;
        self.newest(&scope).ok_or(KeyChainError::Lost)
    }

    /// A key by its id, as what it sealed names it. One that another process made is looked up.
    ///
    /// # Errors
    /// [`KeyChainError::Missing`].
    pub async fn by_id(&self, id: &DataKeyId) -> Result<Arc<DataKey>, KeyChainError> {
        if let Some(found) = self.known(id) {
            return Ok(found);
        }
        self.look_again().await?;
        self.known(id)
            .ok_or_else(|| KeyChainError::Missing(id.clone()))
    }

    /// Takes in what other processes did: to the key file, and to the data keys of the store.
    ///
    /// # Errors
    /// Where the file or the store cannot be read, or the file lacks a key that is needed. The ring stays as it is then.
    pub async fn refresh(&self) -> Result<(), KeyChainError> {
        self.read_file().await?;
        self.look_again().await
    }

    async fn read_file(&self) -> Result<(), KeyChainError> {
        let Some(file) = self.file.clone() else {
            return Ok(());
        };
        let ring = on_a_thread(move || file.load()).await?;
        if ring.ids() != self.ring().ids() {
            self.adopt(ring).await?;
        }
        Ok(())
    }

    /// Works with this ring from now on, if it opens everything.
    pub(crate) async fn adopt(&self, ring: KeyRing) -> Result<(), KeyChainError> {
        for row in data_keys(self.store.as_ref()).await? {
            let opened = ring.unwrap(&row.scope, &WrappedKey(row.wrapped));
            opened.map_err(KeyChainError::Foreign)?;
        }
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ring);
        Ok(())
    }

    /// Opens the data keys of the store that are not known yet.
    async fn look_again(&self) -> Result<(), KeyChainError> {
        let rows = data_keys(self.store.as_ref()).await?;
        let opened = self.take_in(rows.clone());
        if !matches!(
            opened,
            Err(KeyChainError::Foreign(SealError::UnknownKey { .. }))
        ) {
            return opened;
        }
        // Another process has just added a key to the ring that both have from one file.
        let Some(file) = self.file.clone() else {
            return opened;
        };
        let ring = on_a_thread(move || file.load()).await?;
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ring);
        self.take_in(rows)
    }

    fn take_in(&self, rows: Vec<DataKeyRow>) -> Result<(), KeyChainError> {
        let ring = self.ring();
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        open.take_in(&ring, rows)
    }

    /// Adds a scope's data key of this generation. Where another process was first, its key counts.
    pub(crate) async fn add(&self, scope: &str, generation: i64) -> Result<(), KeyChainError> {
        let replicas = self.store.replicas().await.map_err(KeyChainError::Store)?;
        let everybody_has = |id: &str| {
            let mut notes = replicas.iter().map(|replica| &replica.note);
            notes.all(|note| note.key_ids.iter().any(|known| known == id))
        };
        let made = self.ring().new_data_key_for(scope, everybody_has);
        let (_, wrapped) = made.map_err(KeyChainError::Seal)?;
        let row = new_row(scope, generation, wrapped, self.clock.now());
        let added = self.store.add_data_key(&row).await;
        added.map_err(KeyChainError::Store)?;
        self.look_again().await
    }

    pub(crate) fn ring(&self) -> Arc<KeyRing> {
        let ring = self.ring.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&ring)
    }

    pub(crate) fn file(&self) -> Option<&KeyFile> {
        self.file.as_ref()
    }

    /// While this is held, this process makes no data key.
    pub(crate) async fn make_none(&self) -> MutexGuard<'_, ()> {
        self.making.lock().await
    }

    fn newest(&self, scope: &str) -> Option<(DataKeyId, Arc<DataKey>)> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        open.of(scope)
    }

    fn known(&self, id: &DataKeyId) -> Option<Arc<DataKey>> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        open.by_id.get(id).cloned()
    }
}

impl Open {
    /// Opens the rows that are new. Keys that are gone from the store stay: a call that began before may need them.
    fn take_in(&mut self, ring: &KeyRing, rows: Vec<DataKeyRow>) -> Result<(), KeyChainError> {
        for row in rows {
            if self.by_id.contains_key(&row.id) {
                continue;
            }
            let key = ring.unwrap(&row.scope, &WrappedKey(row.wrapped));
            let key = key.map_err(KeyChainError::Foreign)?;
            self.by_id.insert(row.id.clone(), Arc::new(key));
            let newest = self
                .newest
                .get(&row.scope)
                .map(|(generation, _)| *generation);
            if newest.is_none_or(|newest| newest < row.generation) {
                self.newest.insert(row.scope, (row.generation, row.id));
            }
        }
        Ok(())
    }

    fn of(&self, scope: &str) -> Option<(DataKeyId, Arc<DataKey>)> {
        let (_, id) = self.newest.get(scope)?;
        Some((id.clone(), Arc::clone(self.by_id.get(id)?)))
    }
}

async fn data_keys(store: &dyn Store) -> Result<Vec<DataKeyRow>, KeyChainError> {
    store.data_keys().await.map_err(KeyChainError::Store)
}

async fn make(
    ring: &KeyRing,
    store: &dyn Store,
    now: Millis,
    scope: &str,
) -> Result<(), KeyChainError> {
    let (_, wrapped) = ring.new_data_key(scope).map_err(KeyChainError::Seal)?;
    let added = store.add_data_key(&new_row(scope, 1, wrapped, now)).await;
    added.map(drop).map_err(KeyChainError::Store)
}

fn new_row(scope: &str, generation: i64, wrapped: WrappedKey, now: Millis) -> DataKeyRow {
    DataKeyRow {
        id: DataKeyId::generate(),
        scope: scope.to_owned(),
        generation,
        wrapped: wrapped.0,
        created_at: now,
    }
}

/// Files are read and written on a thread that may wait for them.
pub(crate) async fn on_a_thread(
    work: impl FnOnce() -> Result<KeyRing, KeyError> + Send + 'static,
) -> Result<KeyRing, KeyChainError> {
    let done = tokio::task::spawn_blocking(work).await;
    let ended = done.map_err(|_panicked| KeyChainError::Interrupted)?;
    ended.map_err(KeyChainError::File)
}

impl From<KeyChainError> for crate::error::Error {
    fn from(error: KeyChainError) -> Self {
        match error {
            KeyChainError::Store(error) => error.into(),
            other => Self::internal(other),
        }
    }
}
