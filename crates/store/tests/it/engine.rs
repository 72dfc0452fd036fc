//! The engines that the suite runs on, and the macro that makes a promise a test of each.

use std::path::PathBuf;
use std::sync::Arc;

use tempfile::TempDir;
use tenon_engine::model::{BootId, Millis, row_digest};
use tenon_engine::ports::{Notary, Store};
use tenon_store::{PostgresStore, SqliteStore};

/// A place where a store of some engine lives, empty at first.
pub(crate) trait Engine: Sized {
    /// An empty place.
    async fn new() -> Self;

    /// A store over what the place holds. One is open at a time.
    async fn open(&self) -> Arc<dyn Store>;
}

/// A SQLite file in a folder of its own.
pub(crate) struct Sqlite(TempDir);

impl Sqlite {
    /// The database file.
    pub(crate) fn path(&self) -> PathBuf {
        self.0.path().join("tenon.db")
    }
}

impl Engine for Sqlite {
    async fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    async fn open(&self) -> Arc<dyn Store> {
        let store = SqliteStore::open(&self.path()).unwrap();
        live(&*store).await;
        store
    }
}

/// A PostgreSQL database of its own.
pub(crate) struct Postgres {
    /// Where it is.
    pub(crate) address: String,
}

impl Engine for Postgres {
    async fn new() -> Self {
        let address = tenon_testkit::Postgres::shared().database();
        Self { address }
    }

    async fn open(&self) -> Arc<dyn Store> {
        let store = PostgresStore::open(&self.address).await.unwrap();
        live(&*store).await;
        store
    }
}

/// Makes hashes with a key that everybody knows.
pub(crate) struct TestNotary;

impl Notary for TestNotary {
    fn mac(&self, bytes: &[u8]) -> [u8; 32] {
        row_digest(&("key", bytes)).unwrap()
    }
}

/// Begins a life of a process on the store.
pub(crate) async fn live(store: &dyn Store) -> BootId {
    let boot = BootId::generate();
    let now = Millis(1_800_000_000_000);
    store
        .open_chain(&boot, Arc::new(TestNotary), now)
        .await
        .unwrap();
    boot
}

/// Makes promises, functions generic over the [`Engine`], tests of every engine.
macro_rules! promises {
    ($($promise:ident),+ $(,)?) => {
        mod on_sqlite {
            crate::engine::promises!(of crate::engine::Sqlite: $($promise),+);
        }
        mod on_postgres {
            crate::engine::promises!(of crate::engine::Postgres: $($promise),+);
        }
    };
    (of $engine:ty: $($promise:ident),+) => {
        $(
            #[tokio::test]
            async fn $promise() {
                let engine = <$engine as crate::engine::Engine>::new().await;
                super::$promise(&engine).await;
            }
        )+
    };
}

pub(crate) use promises;
