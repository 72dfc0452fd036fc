//! Rotating keys while everything goes on.
//!
//! Every step can be repeated and the order is such that nothing is ever sealed under a key that somebody lacks: a new
//! key is used when every living process has it, and an old one goes when nothing is sealed under it. A rotation that
//! was cut off is ended by asking for one again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tenon_vault::{KeyRing, WrappedKey};
use tokio::time::{Instant, sleep};

use crate::Engine;
use crate::access::AdminCaller;
use crate::error::{Code, Error, Outcomes};
use crate::keychain::{INSTANCE, on_a_thread};
use crate::model::{DataKeyId, DataKeyRow};

/// How long other processes may take to have a new key.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is looked whether they have.
const LOOK: Duration = Duration::from_millis(100);
/// What a living process knows of the store's keys is never older: it looks every second.
const SETTLED: Duration = Duration::from_secs(3);
/// How many connections or answers are sealed again before the next are read.
const BATCH: u32 = 100;

/// What a rotation did.
#[derive(Debug, Default, Clone)]
pub struct Rotated {
    /// The id of the key that wraps data keys now.
    pub primary: String,
    /// The ids of the keys that went.
    pub dropped: Vec<String>,
    /// How many data keys were wrapped anew.
    pub rewrapped: u64,
    /// How many data keys were made in the place of older ones.
    pub data_keys: u64,
    /// How many connections were sealed anew.
    pub connections: u64,
    /// How many kept answers were sealed anew.
    pub answers: u64,
}

impl Engine {
    /// Rotates the key that wraps data keys, and with `data_keys` those too. Goes on when its caller hangs up.
    ///
    /// # Errors
    /// [`Code::BadRequest`] where the ring comes from the environment; [`Code::Unavailable`] where another process does
    /// not get the new key.
    pub async fn rotate_keys(
        self: &Arc<Self>,
        _admin: AdminCaller,
        data_keys: bool,
    ) -> Outcomes<Rotated> {
        let engine = Arc::clone(self);
        let rotation = async move {
            let _one_at_a_time = engine.rotating.lock().await;
            let mut done = Rotated::default();
            engine.rotate_ring(&mut done).await?;
            if data_keys {
                engine.rotate_data_keys(&mut done).await?;
            }
            Ok(done)
        };
        self.tasks.spawn(rotation).await.map_err(Error::internal)?
    }

    /// Wraps every data key under the ring's primary key, for rings that the operator keeps.
    ///
    /// # Errors
    /// [`Code::Unavailable`] where another process does not have that key.
    pub async fn rewrap_keys(self: &Arc<Self>, _admin: AdminCaller) -> Outcomes<Rotated> {
        let engine = Arc::clone(self);
        let rewrapping = async move {
            let _one_at_a_time = engine.rotating.lock().await;
            let ring = engine.keys.ring();
            engine.everybody_has(ring.primary_id()).await?;
            let mut done = Rotated::default();
            engine.rewrap(&ring, &mut done).await?;
            Ok(done)
        };
        self.tasks
            .spawn(rewrapping)
            .await
            .map_err(Error::internal)?
    }

    /// Takes in what other processes did to the keys.
    ///
    /// # Errors
    /// Where the key file or the store cannot be read, or the file lacks a key that is needed.
    pub async fn refresh_keys(&self) -> Outcomes<()> {
        Ok(self.keys.refresh().await?)
    }

    async fn rotate_ring(&self, done: &mut Rotated) -> Outcomes<()> {
        let file = self.keys.file().cloned().ok_or_else(kept_elsewhere)?;
        let adding = file.clone();
        let ring = on_a_thread(move || adding.add_primary()).await?;
        let older = ring.ids();
        self.keys.adopt(ring).await?;
        let ring = self.keys.ring();
        self.heartbeat(false).await?;
        if self.everybody_has(ring.primary_id()).await? {
            self.rewrap(&ring, done).await?;
            // One that made a key before it had the new one has written it by now.
            sleep(SETTLED).await;
        }
        let _made_here = self.keys.make_none().await;
        self.rewrap(&ring, done).await?;
        let primary = ring.primary_id().to_owned();
        let ring = on_a_thread(move || file.drop_older(&primary)).await?;
        let gone = |id: &String| !ring.ids().contains(id);
        done.dropped = older.into_iter().filter(gone).collect();
        Ok(self.keys.adopt(ring).await?)
    }

    /// Waits until every other living process has this key; says whether there is one.
    async fn everybody_has(&self, key: &str) -> Outcomes<bool> {
        let end = Instant::now() + PATIENCE;
        loop {
            let mut others = self.store.replicas().await?;
            others.retain(|replica| replica.boot != self.boot);
            let has = |known: &[String]| known.iter().any(|known| known == key);
            let lacking = others.iter().find(|other| !has(&other.note.key_ids));
            match lacking {
                None => return Ok(!others.is_empty()),
                Some(other) if Instant::now() > end => return Err(lacks(&other.boot, key)),
                Some(_) => sleep(LOOK).await,
            }
        }
    }

    async fn rewrap(&self, ring: &KeyRing, done: &mut Rotated) -> Outcomes<()> {
        ring.primary_id().clone_into(&mut done.primary);
        loop {
            let mut older = 0;
            for row in self.store.data_keys().await? {
                let old = WrappedKey(row.wrapped);
                let new = ring.rewrap(&row.scope, &old).map_err(Error::internal)?;
                let Some(new) = new else { continue };
                older += 1;
                let replaced = self.store.replace_wrapped(&row.id, &old.0, &new.0).await?;
                done.rewrapped += u64::from(replaced);
            }
            if older == 0 {
                return Ok(());
            }
        }
    }

    async fn rotate_data_keys(&self, done: &mut Rotated) -> Outcomes<()> {
        for (scope, rows) in self.tenants_keys().await? {
            // Where there are several, a rotation was cut off: the newest seals already.
            if let [only] = rows.as_slice() {
                self.keys.add(&scope, only.generation + 1).await?;
                done.data_keys += 1;
            }
        }
        if self.everybody_has(&done.primary).await? {
            sleep(SETTLED).await;
        }
        for rows in self.tenants_keys().await?.into_values() {
            let Some((_newest, older)) = rows.split_last() else {
                continue;
            };
            for row in older {
                self.empty(&row.id, done).await?;
            }
        }
        Ok(())
    }

    /// The data keys of every tenant, by scope and in order of their generations.
    async fn tenants_keys(&self) -> Outcomes<BTreeMap<String, Vec<DataKeyRow>>> {
        let mut scopes = BTreeMap::<String, Vec<DataKeyRow>>::new();
        for row in self.store.data_keys().await? {
            if row.scope != INSTANCE {
                scopes.entry(row.scope.clone()).or_default().push(row);
            }
        }
        for rows in scopes.values_mut() {
            rows.sort_by_key(|row| row.generation);
        }
        Ok(scopes)
    }

    /// Seals everything anew that is sealed under a key, and removes the key.
    async fn empty(&self, old: &DataKeyId, done: &mut Rotated) -> Outcomes<()> {
        loop {
            let connections = self.store.connections_under(old, BATCH).await?;
            let answers = self.store.results_under(old, BATCH).await?;
            if connections.is_empty() && answers.is_empty() {
                self.store.delete_data_key(old).await?;
                let left = self.store.data_keys().await?;
                if left.iter().all(|row| row.id != *old) {
                    return Ok(());
                }
            }
            for connection in connections {
                done.connections += u64::from(self.renew_seal(connection).await?);
            }
            for answer in answers {
                done.answers += u64::from(self.renew_result(answer).await?);
            }
        }
    }
}

fn kept_elsewhere() -> Error {
    Error::new(
        Code::BadRequest,
        "The key ring comes from TENON_ENCRYPTION_KEY, which this program cannot change. Add a line with a new key at \
         its end, restart every process with it, call `tenon key rewrap`, then take the older lines out",
    )
}

fn lacks(boot: &crate::model::BootId, key: &str) -> Error {
    Error::new(
        Code::Unavailable,
        format!(
            "The process {boot} does not have the key `{key}` yet. Give it the same key file, and ask again: the \
             rotation goes on from there"
        ),
    )
}
