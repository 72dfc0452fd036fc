//! The rotating provider: an OAuth 2.0 authorization server and a small API behind it, on loopback, in the test's process.
//!
//! It consents at once, rotates refresh tokens and notices when one is used twice, and answers a token call late, never
//! or with garbage when a test says so. Every request is recorded before it is acted on, and every code and token that
//! it gives carries the canary.

mod api;
mod assertion;
mod authorize;
mod behaviour;
mod client;
mod connector;
mod desk;
mod garbage;
mod ledger;
mod record;
mod server;
mod state;
#[cfg(test)]
mod tests;
mod token;

pub use behaviour::{Behaviour, Consent, Echo, Hold, Rotation};
pub use garbage::{Garbage, Verdict};
pub use ledger::{Issued, Kind, Pair};
pub use record::Received;
pub use server::Provider;
pub use state::Executed;
