//! Rate limits: read, decided and written under the row's lock, by the database's clock.

use deadpool_postgres::Client;
use tenon_engine::model::{Rate, Taken};

use super::statement::{change, number};
use crate::fault::Fault;
use crate::tables::SET_FULL_AT;

/// What a crash forgets is at most a burst, and nobody waits for the disk.
const LIGHTLY: &str = "SET LOCAL synchronous_commit = off";

/// There has to be a row to lock.
const PREPARE: &str = "INSERT INTO rate_limits (key, full_at) VALUES (?, 0)
    ON CONFLICT (key) DO NOTHING";

const LOCK: &str = "SELECT full_at FROM rate_limits WHERE key = ? FOR UPDATE";

const NOW: &str = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";

/// Takes a call, and writes it down if it was given.
pub(super) async fn take(client: &mut Client, key: &str, rate: Rate) -> Result<Taken, Fault> {
    let transaction = client.transaction().await?;
    transaction.batch_execute(LIGHTLY).await?;
    change(&transaction, PREPARE, &[key.to_owned().into()]).await?;
    let full_at = number(&transaction, LOCK, &[key.to_owned().into()]).await?;
    let now = number(&transaction, NOW, &[]).await?;
    let (full_at, taken) = rate.take(full_at, now);
    if taken.allowed {
        change(
            &transaction,
            SET_FULL_AT,
            &[key.to_owned().into(), full_at.into()],
        )
        .await?;
    }
    transaction.commit().await?;
    Ok(taken)
}
