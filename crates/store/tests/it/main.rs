//! The store's promises, each a small test of its own, run against every engine.

// `cfg(test)` tells clippy what these are: it allows more in tests.
#[cfg(test)]
mod engine;
#[cfg(test)]
mod parity;
#[cfg(test)]
mod postgres;
#[cfg(test)]
mod sqlite;
#[cfg(test)]
mod suite;
#[cfg(test)]
mod tampering;
