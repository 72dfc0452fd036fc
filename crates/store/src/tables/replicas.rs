//! The processes that share the database, by the database's clock.

use async_trait::async_trait;
use tenon_engine::model::{BootId, PRESUMED_DEAD_MS, Replica, ReplicaNote};
use tenon_engine::ports::{Replicas, Stored};

use crate::database::{Database, SqlStore};
use crate::fault::Fault;
use crate::record::{FromRecord, Record};
use crate::value::values;

const LEAVE: &str = "DELETE FROM replicas WHERE boot = ?";

#[async_trait]
impl<D: Database> Replicas for SqlStore<D> {
    async fn heartbeat(&self, boot: &BootId, note: &ReplicaNote) -> Stored<()> {
        let note = serde_json::to_string(note).map_err(Fault::from)?;
        let row = values![boot.as_str(), note];
        self.database
            .change_lightly(D::HEARTBEAT, row)
            .await
            .map(drop)
    }

    async fn leave(&self, boot: &BootId) -> Stored<()> {
        let row = values![boot.as_str()];
        self.database.change(LEAVE, row).await.map(drop)
    }

    async fn replicas(&self) -> Stored<Vec<Replica>> {
        self.database
            .all(D::LIVING, values![PRESUMED_DEAD_MS])
            .await
    }
}

impl FromRecord for Replica {
    const TABLE: &'static str = "replicas";

    fn from_record(record: &Record<'_>) -> Result<Self, Fault> {
        Ok(Self {
            boot: record.parse("boot", BootId::parse)?,
            note: record.json("note")?,
            silent_for_ms: record.get("silent_for_ms")?,
        })
    }
}
