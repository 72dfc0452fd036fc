//! The real binary against real counterparts: Prism judges requests by the vendors' own descriptions, Synapse is an
//! application with real 401s and 429s, and `kill -9` is what it is.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test says what is wrong by stopping"
)]

mod curl;
mod faults;
mod overlay;
mod prism;
mod synapse;
mod tutorial;

/// The program under test.
const TENON: &str = env!("CARGO_BIN_EXE_tenon");
