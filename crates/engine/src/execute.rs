//! Executing an action, from the caller's request to the journal's record. One path for every door.
//!
//! [`pipeline`] is the path; the phases that decide without I/O stand in files of their own.

mod answered;
mod attempt;
mod claims;
mod dry_run;
mod fingerprint;
mod journal;
mod outcome;
mod pages;
mod pipeline;
mod project;
mod request;
mod run;

pub use answered::{Answered, Done};
pub use pipeline::Reply;
pub use request::{DEFAULT_MAX_WAIT, DEFAULT_TIMEOUT, ExecuteRequest, LONGEST_TIMEOUT, Reading};

pub(crate) use claims::Claims;
pub(crate) use outcome::{answer, record_of};
pub(crate) use run::{no_step, way_of};
