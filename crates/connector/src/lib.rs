//! The connector language: an application and its actions as documents, and everything that can be said of a
//! request and a response without sending anything.
//!
//! Pure: no I/O, no clock, no randomness, no secrets. Whatever is compiled here cannot be malformed later.

pub mod auth;
pub mod document;
pub mod hosts;
pub mod plan;
