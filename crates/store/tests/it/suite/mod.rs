//! What every store promises, by port.

mod accounts;
mod audits;
mod chain;
mod connecting;
mod connections;
mod executions;
mod idempotency;
mod journal;
mod keys;
mod nouns;
mod oauth_clients;
mod organizations;
mod rates;
mod renewals;
mod replicas;
mod reseal;
mod retention;
mod sessions;
mod tenancy;
mod webhooks;

pub(crate) use nouns::{
    account, add, api_key, begun, connection, execution, finished, key, tenant, with_accounts,
};
