//! The hostile vendor: an application, written below HTTP on raw sockets, that misbehaves in every way that a test asks for.
//!
//! It plays a small CRM, records each request that it has read completely enough to act on **before** it answers, and
//! picks its fault by the first segment of the path (`/half_status_line/things/7`); a path that names no fault is
//! answered well. Faults that happen before a path can be read have a port of their own.

pub(crate) mod bomb;
mod connectors;
mod crm;
mod fault;
pub(crate) mod play;
pub(crate) mod ports;
mod record;
pub(crate) mod request;
mod server;
mod tls;
pub(crate) mod wire;

pub use connectors::Connectors;
pub use fault::{Fault, Stage};
pub use record::{Received, Record};
pub use server::{Scheme, Vendor};
pub use tls::{Authority, Flaw};
