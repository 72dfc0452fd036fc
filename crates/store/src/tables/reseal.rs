//! Sealing again: keys under other keys, data under other keys.

use async_trait::async_trait;
use tenon_engine::model::{
    Connection, DataKeyId, Execution, ExecutionId, KeptResult, StoredResult,
};
use tenon_engine::ports::{Reseal, Stored};

use crate::database::{Database, SqlStore};
use crate::fault::Fault;
use crate::record::{FromRecord, Record};
use crate::value::values;

const REPLACE_WRAPPED: &str = "UPDATE data_keys SET wrapped = ? WHERE id = ? AND wrapped = ?";

const CONNECTIONS: &str = "SELECT * FROM connections WHERE data_key = ? ORDER BY id LIMIT ?";

/// A kept answer whose execution was purged waits for its end, which comes by itself.
const RESULTS: &str = "SELECT executions.*, results.data_key, results.answer, results.expires_at
    FROM results JOIN executions ON executions.id = results.execution
    WHERE results.data_key = ? ORDER BY results.execution LIMIT ?";

const REPLACE_RESULT: &str = "UPDATE results SET data_key = ?, answer = ?, expires_at = ?
    WHERE execution = ? AND data_key = ?";

const DELETE_KEY: &str = "DELETE FROM data_keys WHERE id = ?1
    AND NOT EXISTS (SELECT 1 FROM connections WHERE data_key = ?1)
    AND NOT EXISTS (SELECT 1 FROM results WHERE data_key = ?1)";

#[async_trait]
impl<D: Database> Reseal for SqlStore<D> {
    async fn replace_wrapped(&self, id: &DataKeyId, old: &[u8], new: &[u8]) -> Stored<bool> {
        let row = values![new.to_vec(), id.as_str(), old.to_vec()];
        Ok(self.database.change(REPLACE_WRAPPED, row).await? > 0)
    }

    async fn connections_under(&self, key: &DataKeyId, limit: u32) -> Stored<Vec<Connection>> {
        self.database
            .all(CONNECTIONS, values![key.as_str(), limit])
            .await
    }

    async fn results_under(&self, key: &DataKeyId, limit: u32) -> Stored<Vec<KeptResult>> {
        self.database
            .all(RESULTS, values![key.as_str(), limit])
            .await
    }

    async fn replace_result(
        &self,
        old: &DataKeyId,
        execution: &ExecutionId,
        result: &StoredResult,
    ) -> Stored<bool> {
        let row = values![
            result.key.as_str(),
            result.blob,
            result.expires_at.0,
            execution.as_str(),
            old.as_str()
        ];
        Ok(self.database.change(REPLACE_RESULT, row).await? > 0)
    }

    async fn delete_data_key(&self, id: &DataKeyId) -> Stored<bool> {
        let deleted = self
            .database
            .change(DELETE_KEY, values![id.as_str()])
            .await?;
        self.database.shred();
        Ok(deleted > 0)
    }
}

impl FromRecord for KeptResult {
    const TABLE: &'static str = "executions";

    fn from_record(record: &Record<'_>) -> Result<Self, Fault> {
        Ok(Self {
            execution: Execution::from_record(record)?,
            result: StoredResult::from_record(record)?,
        })
    }
}
