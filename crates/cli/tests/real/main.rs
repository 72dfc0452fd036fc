//! The real binary against real counterparts: Prism judges requests by the vendors' own descriptions, and Synapse is an
//! application with real 401s and 429s.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test says what is wrong by stopping"
)]

mod browser;
mod curl;
mod described;
mod docs;
mod emulated;
mod faults;
mod overlay;
mod prism;
mod synapse;
mod tutorial;
mod webhooks;

/// The program under test.
const TENON: &str = env!("CARGO_BIN_EXE_tenon");
