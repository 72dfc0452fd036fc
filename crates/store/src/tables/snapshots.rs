//! Copies of the whole database.

use std::path::Path;

use async_trait::async_trait;
use tenon_engine::ports::{Snapshots, Stored};

use crate::database::{Database, SqlStore};

#[async_trait]
impl<D: Database> Snapshots for SqlStore<D> {
    async fn snapshot(&self, to: &Path) -> Stored<bool> {
        self.database.snapshot(to.to_owned()).await
    }
}
