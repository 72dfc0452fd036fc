//! Brings a database to this program's schema, or refuses it.
//!
//! Each migration has a transaction of its own under a lock that ends with it, so that processes
//! that start together take turns. A migration waits for no table longer than two seconds, for
//! whoever comes after it would wait as well; it tries again instead.

use std::time::Duration;

use deadpool_postgres::Client;
use tokio_postgres::Transaction;
use tokio_postgres::error::SqlState;

use super::{PostgresError, Refusal};
use crate::migrations::Migration;

/// Whose turn it is: "tenon" in ASCII.
const TURN: &str = "SET LOCAL lock_timeout = '2s'; SET LOCAL statement_timeout = 0; \
    SELECT pg_advisory_xact_lock(499848081262)";

const CREATE: &str = "CREATE TABLE IF NOT EXISTS _migrations (
    number     BIGINT PRIMARY KEY,
    name       TEXT NOT NULL,
    text       TEXT NOT NULL,
    applied_at BIGINT NOT NULL
)";

const FOREIGN_TABLES: &str = "SELECT coalesce(max(schemaname)::text, ''), count(*) FROM pg_tables
    WHERE schemaname = current_schema()
        AND NOT EXISTS (SELECT 1 FROM pg_tables
            WHERE schemaname = current_schema() AND tablename = '_migrations')";

const APPLIED: &str = "SELECT number, text FROM _migrations ORDER BY number";

const RECORD: &str = "INSERT INTO _migrations (number, name, text, applied_at)
    VALUES ($1, $2, $3, (extract(epoch FROM clock_timestamp()) * 1000)::bigint)";

const IS_OURS: &str = "SELECT to_regclass('_migrations') IS NOT NULL";

const LAST: &str = "SELECT coalesce(max(number), 0) FROM _migrations";

/// How often a migration is tried that does not get its locks, and how long it pauses at first.
const TRIES: u32 = 30;
const PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Applies what is missing of `known`.
pub(super) async fn migrate(client: &mut Client, known: &[Migration]) -> Result<(), PostgresError> {
    let mut tries = 1;
    let mut pause = PAUSE;
    loop {
        match step(client, known).await {
            Ok(Step::Applied) => tries = 1,
            Ok(Step::Complete) => return Ok(()),
            Err(Stop::Busy(_)) if tries < TRIES => {
                tries += 1;
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            Err(Stop::Busy(refusal)) => return Err(unreachable(refusal)),
            Err(Stop::Refused(error)) => return Err(error),
        }
    }
}

/// The number of the last migration that was applied; 0 where none was.
pub(super) async fn last(client: &Client) -> Result<i64, PostgresError> {
    let ask = async |sql| client.query_one(sql, &[]).await;
    let row = ask(IS_OURS).await.map_err(refused)?;
    if !row.try_get::<_, bool>(0).map_err(refused)? {
        return Ok(0);
    }
    let row = ask(LAST).await.map_err(refused)?;
    row.try_get(0).map_err(refused)
}

fn refused(error: tokio_postgres::Error) -> PostgresError {
    unreachable(Refusal::from(error))
}

enum Step {
    /// One more migration is applied.
    Applied,
    /// None is missing.
    Complete,
}

enum Stop {
    /// Somebody else holds what is needed.
    Busy(Refusal),
    /// It will not be any better.
    Refused(PostgresError),
}

impl From<tokio_postgres::Error> for Stop {
    fn from(error: tokio_postgres::Error) -> Self {
        let refusal = Refusal::from(error);
        match refusal.is(&SqlState::LOCK_NOT_AVAILABLE) {
            true => Self::Busy(refusal),
            false => Self::Refused(unreachable(refusal)),
        }
    }
}

/// Applies the first migration that is missing, if there is one.
async fn step(client: &mut Client, known: &[Migration]) -> Result<Step, Stop> {
    let transaction = tokio_postgres::Client::transaction(client).await?;
    transaction.batch_execute(TURN).await?;
    let applied = applied(&transaction).await?;
    check(&applied, known).map_err(Stop::Refused)?;
    let Some(missing) = known.get(applied.len()) else {
        transaction.commit().await?;
        return Ok(Step::Complete);
    };
    apply(&transaction, missing).await.map_err(|error| {
        let refusal = Refusal::from(error);
        match refusal.is(&SqlState::LOCK_NOT_AVAILABLE) {
            true => Stop::Busy(refusal),
            false => Stop::Refused(PostgresError::Migration {
                number: missing.number,
                source: refusal.into(),
            }),
        }
    })?;
    transaction.commit().await?;
    Ok(Step::Applied)
}

async fn applied(transaction: &Transaction<'_>) -> Result<Vec<(i64, String)>, Stop> {
    let row = transaction.query_one(FOREIGN_TABLES, &[]).await?;
    if row.try_get::<_, i64>(1)? > 0 {
        return Err(Stop::Refused(PostgresError::Foreign {
            schema: row.try_get(0)?,
        }));
    }
    transaction.batch_execute(CREATE).await?;
    let rows = transaction.query(APPLIED, &[]).await?;
    let read = |row: &tokio_postgres::Row| Ok((row.try_get(0)?, row.try_get(1)?));
    rows.iter().map(read).collect()
}

fn check(applied: &[(i64, String)], known: &[Migration]) -> Result<(), PostgresError> {
    let found = applied.last().map_or(0, |(number, _)| *number);
    let newest = known.last().map_or(0, |migration| migration.number);
    if found > newest {
        return Err(PostgresError::Newer {
            found,
            known: newest,
        });
    }
    let altered = applied
        .iter()
        .zip(known)
        .find(|((number, text), ours)| *number != ours.number || text != ours.sql);
    match altered {
        Some((_, ours)) => Err(PostgresError::Altered {
            number: ours.number,
        }),
        None => Ok(()),
    }
}

async fn apply(
    transaction: &Transaction<'_>,
    migration: &Migration,
) -> Result<(), tokio_postgres::Error> {
    transaction.batch_execute(migration.sql).await?;
    transaction
        .execute(
            RECORD,
            &[&migration.number, &migration.name, &migration.sql],
        )
        .await?;
    Ok(())
}

fn unreachable(refusal: Refusal) -> PostgresError {
    PostgresError::Unreachable(refusal.into())
}
