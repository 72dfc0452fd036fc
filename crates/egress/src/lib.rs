//! The only HTTP client of the program.
//!
//! It sends a [`Plan`](tenon_connector::plan::Plan) with a credential filled in, and guarantees: a credential goes
//! only to the hosts that it belongs to; only addresses that were vetted are connected to, and private networks are
//! out of reach unless the operator opened them; no redirect is followed, no request is repeated, no proxy or hosts
//! file has a say; every answer is bounded in size and time; and a failure says whether anything may have been sent.
//! Connections are HTTP/1.1 alone: what HTTP/2 would save is not worth a second set of failure modes for writes.

mod address;
mod answer;
mod assertion;
mod body;
mod client;
mod dial;
mod error;
mod fill;
mod grant;
mod keep;
mod mask;
mod oauth1;
mod outgoing;
mod pool;
mod request;
mod resolve;

pub use answer::Response;
pub use client::{Call, Config, ConfigError, Egress, Route, Told};
pub use error::{ErrorKind, Fault, SendError, Sent};
pub use grant::{Granted, Refused, TokenAnswer};
pub use keep::{Keep, Sink};
pub use outgoing::{Contents, StoredContent};
