//! What every store promises, by port.

mod accounts;
mod connections;
mod executions;
mod idempotency;
mod journal;
mod keys;
mod nouns;
mod organizations;
mod sessions;
mod tenancy;

pub(crate) use nouns::{account, execution, tenant};
