//! The connector language: an application and its actions as documents, and everything that can be said of a
//! request and a response without sending anything.
//!
//! Pure: no I/O, no clock, no randomness, no secrets. A [`Bundle`] of files compiles to a [`Connector`], or to a list
//! of [`Problem`]s that name file, line and column. Whatever is compiled cannot be malformed later.

pub mod auth;
pub mod disposition;
pub mod document;
pub mod example;
pub mod expr;
pub mod grant;
pub mod hosts;
pub mod limits;
pub mod lint;
pub mod plan;
pub mod profile;
pub mod rate;
pub mod retry;
pub mod schema;
pub mod token;
pub mod wait;

mod action;
mod actions;
mod answer;
mod bundle;
mod compile;
mod connector;
mod file;
mod input;
mod listing;
mod lookup;
mod page;
mod payload;
mod problem;
mod request;
mod template;
mod yaml;

#[cfg(test)]
mod fuzz_tests;

pub use action::{Action, FETCH_ALL};
pub use actions::Actions;
pub use answer::{Answer, Failure, Verdict};
pub use bundle::{Bundle, CONNECTOR_FILE, EXCEPTIONS_FILE, README_FILE};
pub use connector::{Connector, Facts, HTTP_REQUEST, Way};
pub use file::StoredFile;
pub use input::FieldError;
pub use listing::{Choice, Source};
pub use lookup::{Finding, Lookup};
pub use payload::{KeptFile, Payload};
pub use plan::{Body, Content, Method, Part, Plan};
pub use problem::Problem;
pub use request::{PlanError, Request};
pub use template::{Template, Text};
pub use yaml::FILE_LIMIT_BYTES;
