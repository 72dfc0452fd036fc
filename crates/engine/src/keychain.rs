//! The data keys at hand: unwrapped once, handed out by scope and by id.
//!
//! The instance's own key doubles as the proof that key ring and database belong together: it is opened at start-up,
//! and nothing starts where that fails.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use tenon_vault::{DataKey, KeyRing, SealError, WrappedKey};
use tokio::sync::Mutex;

use crate::model::{DataKeyId, DataKeyRow, Millis, Tenant};
use crate::ports::{Clock, Store, StoreError};

/// The scope of the key that belongs to no tenant: for API keys' hashes and session tokens.
const INSTANCE: &str = "instance";

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
    /// A key cannot be made.
    #[error("a data key cannot be made")]
    Seal(#[source] SealError),
}

/// Unwrapped data keys.
pub struct KeyChain {
    ring: KeyRing,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    instance: Arc<DataKey>,
    open: RwLock<Open>,
    /// Held while a key is made: of two keys for one scope, idempotency keys would have two hashes.
    making: Mutex<()>,
}

#[derive(Default)]
struct Open {
    by_id: HashMap<DataKeyId, Arc<DataKey>>,
    newest: HashMap<String, DataKeyId>,
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
        for row in store.data_keys().await.map_err(KeyChainError::Store)? {
            let wrapped = WrappedKey(row.wrapped);
            let key = ring
                .unwrap(&row.scope, &wrapped)
                .map_err(KeyChainError::Foreign)?;
            open.add(row.scope, row.id, Arc::new(key));
        }
        let instance = match open.of(INSTANCE) {
            Some((_, key)) => key,
            None => make(&ring, store.as_ref(), clock.now(), INSTANCE).await?.1,
        };
        Ok(Self {
            ring,
            store,
            clock,
            instance,
            open: RwLock::new(open),
            making: Mutex::new(()),
        })
    }

    /// The key that belongs to no tenant.
    pub fn instance(&self) -> &DataKey {
        &self.instance
    }

    /// The ids of the key-encryption keys at hand; the last one seals.
    pub fn ring_ids(&self) -> Vec<String> {
        self.ring.ids()
    }

    /// The same, for those who keep it.
    pub fn shared_instance(&self) -> Arc<DataKey> {
        Arc::clone(&self.instance)
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
        if let Some(found) = self.newest(&scope) {
            return Ok(found);
        }
        let made = make(&self.ring, self.store.as_ref(), self.clock.now(), &scope).await?;
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        open.add(scope, made.0.clone(), Arc::clone(&made.1));
        Ok(made)
    }

    fn newest(&self, scope: &str) -> Option<(DataKeyId, Arc<DataKey>)> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        open.of(scope)
    }

    /// A key by its id, as what it sealed names it.
    ///
    /// # Errors
    /// [`KeyChainError::Missing`].
    pub fn by_id(&self, id: &DataKeyId) -> Result<Arc<DataKey>, KeyChainError> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        let found = open.by_id.get(id).cloned();
        found.ok_or_else(|| KeyChainError::Missing(id.clone()))
    }
}

impl Open {
    fn add(&mut self, scope: String, id: DataKeyId, key: Arc<DataKey>) {
        self.newest.insert(scope, id.clone());
        self.by_id.insert(id, key);
    }

    fn of(&self, scope: &str) -> Option<(DataKeyId, Arc<DataKey>)> {
        let id = self.newest.get(scope)?;
        Some((id.clone(), Arc::clone(self.by_id.get(id)?)))
    }
}

async fn make(
    ring: &KeyRing,
    store: &dyn Store,
    now: Millis,
    scope: &str,
) -> Result<(DataKeyId, Arc<DataKey>), KeyChainError> {
    let (key, wrapped) = ring.new_data_key(scope).map_err(KeyChainError::Seal)?;
    let id = DataKeyId::generate();
    let row = DataKeyRow {
        id: id.clone(),
        scope: scope.to_owned(),
        generation: 1,
        wrapped: wrapped.0,
        created_at: now,
    };
    let added = store.add_data_key(&row).await;
    match added.map_err(KeyChainError::Store)? {
        true => Ok((id, Arc::new(key))),
        false => Err(KeyChainError::Store(StoreError::Exists)),
    }
}

impl From<KeyChainError> for crate::error::Error {
    fn from(error: KeyChainError) -> Self {
        match error {
            KeyChainError::Store(error) => error.into(),
            other => Self::internal(other),
        }
    }
}
