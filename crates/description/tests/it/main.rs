//! Descriptions: what is read of them, what is made of them, and what becomes of hostile ones.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests stop at the first thing that is not as it should be"
)]

mod actions;
mod formats;
mod fuzz;
mod hostile;
mod wanted;
