//! The ports' statements and the nouns of their rows, written once for every engine.
//!
//! What an engine words differently is a constant of [`crate::database::Database`]; what it does
//! differently is a method of it.

mod accounts;
mod connections;
mod execution_list;
mod executions;
mod journal;
mod keys;
mod organizations;
mod sessions;

pub(crate) use executions::INSERT_EXECUTION;
pub(crate) use journal::{
    Beginning, CLAIM_KEY, Claim, Ending, FINISH, FREE_KEY, HOLDER, KEEP_RESULT,
};
