//! The ports' statements and the nouns of their rows, written once for every engine.
//!
//! What an engine words differently is a constant of [`crate::database::Database`]; what it does
//! differently is a method of it.

mod accounts;
mod app_credentials;
mod audits;
mod chain;
mod connecting;
mod connections;
mod deliveries;
mod events;
mod execution_list;
mod executions;
mod journal;
mod keys;
mod oauth_clients;
mod organizations;
mod rates;
mod renewals;
mod replicas;
mod reseal;
mod retention;
mod sessions;
mod snapshots;
mod step;
mod webhooks;

pub(crate) use chain::{
    ANY_EXECUTION, AUDIT_ENTRY, Attestable, Digested, INSERT_LINK, LINKS_OF, Name, SUBJECTS,
    UNNAMED_ENDS, Written, last_word, now,
};
pub(crate) use deliveries::{deliveries_due, take_delivery, waiting};
pub(crate) use executions::INSERT_EXECUTION;
pub(crate) use journal::{
    Beginning, CLAIM_KEY, Claim, Ending, FINISH, FREE_KEY, HOLDER, KEEP_RESULT,
};
pub(crate) use rates::{FULL_AT, SET_FULL_AT};
pub(crate) use renewals::{abandoned, due, extend_lease, retire, revoking, take_lease};
pub(crate) use step::Step;
