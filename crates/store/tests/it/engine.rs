//! The engines that the suite runs on, and the macro that makes a promise a test of each.

use std::path::PathBuf;
use std::sync::Arc;

use tempfile::TempDir;
use tenon_engine::ports::Store;
use tenon_store::SqliteStore;

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
        SqliteStore::open(&self.path()).unwrap()
    }
}

/// Makes promises, functions generic over the [`Engine`], tests of every engine.
macro_rules! promises {
    ($($promise:ident),+ $(,)?) => {
        mod on_sqlite {
            $(
                #[tokio::test]
                async fn $promise() {
                    let engine = <crate::engine::Sqlite as crate::engine::Engine>::new().await;
                    super::$promise(&engine).await;
                }
            )+
        }
    };
}

pub(crate) use promises;
