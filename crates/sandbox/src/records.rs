//! The records of all sandbox connections, in memory. Each connection is a world of its own.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use chrono::{DateTime, SecondsFormat, Utc};
use indexmap::IndexMap;
use serde_json::{Map, Value};

use crate::ids;

/// How many records one collection of one world holds.
const MOST_RECORDS: usize = 10_000;

/// One record.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Record {
    /// Its id.
    pub(crate) id: String,
    /// What the caller and the application put in it.
    pub(crate) fields: Map<String, Value>,
    /// When it was made.
    pub(crate) created_at: String,
    /// When it was last changed.
    pub(crate) updated_at: String,
}

/// Which world: whose token, at which application.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct World {
    /// What tells sandbox connections apart.
    pub(crate) token: String,
    /// The application.
    pub(crate) slug: String,
}

type Collection = IndexMap<String, Arc<Record>>;

/// All worlds.
#[derive(Debug, Default)]
pub(crate) struct Worlds(Mutex<HashMap<World, HashMap<String, Collection>>>);

impl Worlds {
    /// Adds a record. `None`: the collection is full.
    pub(crate) fn create(
        &self,
        world: &World,
        collection: &str,
        id_pattern: &str,
        fields: Map<String, Value>,
    ) -> Option<Arc<Record>> {
        let mut worlds = self.lock();
        let collections = worlds.entry(world.clone()).or_default();
        let records = collections.entry(collection.to_owned()).or_default();
        if records.len() >= MOST_RECORDS {
            return None;
        }
        let now = now();
        let record = Arc::new(Record {
            id: ids::fresh(id_pattern, |id| records.contains_key(id)),
            fields,
            created_at: now.clone(),
            updated_at: now,
        });
        records.insert(record.id.clone(), Arc::clone(&record));
        Some(record)
    }

    /// One record.
    pub(crate) fn read(&self, world: &World, collection: &str, id: &str) -> Option<Arc<Record>> {
        self.lock().get(world)?.get(collection)?.get(id).cloned()
    }

    /// Puts fields into a record; those that are not given stay.
    pub(crate) fn update(
        &self,
        world: &World,
        collection: &str,
        id: &str,
        fields: Map<String, Value>,
    ) -> Option<Arc<Record>> {
        let mut worlds = self.lock();
        let record = worlds.get_mut(world)?.get_mut(collection)?.get_mut(id)?;
        let changed = Arc::make_mut(record);
        changed.fields.extend(fields);
        changed.updated_at = now();
        Some(Arc::clone(record))
    }

    /// Removes a record.
    pub(crate) fn delete(&self, world: &World, collection: &str, id: &str) -> Option<Arc<Record>> {
        self.lock()
            .get_mut(world)?
            .get_mut(collection)?
            .shift_remove(id)
    }

    /// The records of a collection, the oldest first.
    pub(crate) fn all(&self, world: &World, collection: &str) -> Vec<Arc<Record>> {
        let worlds = self.lock();
        let records = worlds.get(world).and_then(|world| world.get(collection));
        records
            .into_iter()
            .flat_map(IndexMap::values)
            .cloned()
            .collect()
    }

    /// The collection that is meant by a name in any case.
    pub(crate) fn collection_named(&self, world: &World, name: &str) -> Option<String> {
        let worlds = self.lock();
        let mut names = worlds.get(world)?.keys();
        names
            .find(|known| known.eq_ignore_ascii_case(name))
            .cloned()
    }

    /// Every change is one insertion or removal, so a thread that died while it held the lock spoiled nothing.
    fn lock(&self) -> MutexGuard<'_, HashMap<World, HashMap<String, Collection>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "an emulated application has a clock of its own, as the real one does"
)]
fn now() -> String {
    DateTime::<Utc>::from(SystemTime::now()).to_rfc3339_opts(SecondsFormat::Millis, true)
}
