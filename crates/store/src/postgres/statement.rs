//! Statements on one connection, prepared once for it.

use deadpool_postgres::GenericClient;
use tokio_postgres::types::ToSql;

use super::placeholders::numbered;
use crate::fault::Fault;
use crate::record::{FromRecord, Record};
use crate::value::Value;

/// Runs a statement that returns no rows, and says how many it changed.
pub(super) async fn change(
    client: &impl GenericClient,
    sql: &str,
    values: &[Value],
) -> Result<u64, Fault> {
    let statement = client.prepare_cached(&numbered(sql)).await?;
    Ok(client.execute(&statement, &parameters(values)).await?)
}

/// The first row of a query.
pub(super) async fn first<T: FromRecord>(
    client: &impl GenericClient,
    sql: &str,
    values: &[Value],
) -> Result<Option<T>, Fault> {
    let rows = rows(client, sql, values).await?;
    rows.first().map(|row| Record::read(row)).transpose()
}

/// All rows of a query.
pub(super) async fn all<T: FromRecord>(
    client: &impl GenericClient,
    sql: &str,
    values: &[Value],
) -> Result<Vec<T>, Fault> {
    let rows = rows(client, sql, values).await?;
    rows.iter().map(|row| Record::read(row)).collect()
}

/// The number that a query counts.
pub(super) async fn number(
    client: &impl GenericClient,
    sql: &str,
    values: &[Value],
) -> Result<i64, Fault> {
    let rows = rows(client, sql, values).await?;
    let number = rows.first().map(|row| row.try_get(0)).transpose()?;
    Ok(number.unwrap_or_default())
}

async fn rows(
    client: &impl GenericClient,
    sql: &str,
    values: &[Value],
) -> Result<Vec<tokio_postgres::Row>, Fault> {
    let statement = client.prepare_cached(&numbered(sql)).await?;
    Ok(client.query(&statement, &parameters(values)).await?)
}

fn parameters(values: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    values.iter().map(|value| value as _).collect()
}
