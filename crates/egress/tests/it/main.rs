//! What the client promises, tried against servers on this machine.

#![expect(
    clippy::unwrap_used,
    reason = "what a test stands on fails the test where it fails"
)]

mod application;
mod bounds;
mod credentials;
mod failures;
mod files;
mod hostile;
mod oauth1;
mod routes;
mod tokens;
