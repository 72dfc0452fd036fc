//! Starts the real program and its counterparts for black-box tests. Never ships.
//!
//! What a [`Server`] said and kept is searched for canaries when it is finished with: every credential in these tests
//! carries one, and none may show.

#![expect(
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::panic,
    reason = "a test says what is wrong by stopping"
)]

mod application;
pub mod browser;
mod canary;
mod clock;
pub mod cut;
pub mod depot;
pub mod dns;
pub mod emulated;
mod emulators;
pub mod fuzz;
mod http;
mod namespace;
mod node;
pub mod oidc;
mod postgres;
mod process;
pub mod promise;
pub mod provider;
pub mod proxy;
pub mod recorder;
mod server;
mod tools;
pub mod vendor;
mod watch;

pub use application::Application;
pub use canary::{CANARY, SECRET, Searched, assert_clean};
pub use clock::WrongClock;
pub use emulators::Emulator;
pub use http::{Answer, Http};
pub use namespace::Namespace;
pub use postgres::Postgres;
pub use process::Process;
pub use server::{Caller, Options, Server};
pub use tools::{Prism, Synapse, free_port, json_file, specs};
pub use watch::Watch;
