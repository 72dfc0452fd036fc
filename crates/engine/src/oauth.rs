//! Tokens of applications: tenants' clients ([`clients`]), consent ([`consent`]), grants ([`exchange`], [`mint`]),
//! renewal ([`refresh`], [`sweep`]) and revocation ([`revoke`]).
//!
//! A connection's tokens are renewed by whoever holds its lease, and by nobody else: see [`refresh`].

mod call;
mod clients;
mod consent;
mod exchange;
mod failpoint;
mod flight;
mod mint;
mod refresh;
mod revoke;
mod schedule;
mod spill;
mod sweep;
mod verdict;

pub use clients::NewOauthClient;
pub use consent::{Consent, SettingOut};
pub use exchange::{BroughtBack, Granted};
pub use refresh::Demand;
pub use revoke::Revocation;
pub use spill::Spill;

pub(crate) use consent::asked_scopes;
pub(crate) use flight::Flights;
pub(crate) use mint::needs_client;
pub(crate) use revoke::REVOCATION_MS;
pub(crate) use sweep::AT_ONCE;

/// Stands for the tenant's client where the credential itself holds what it is renewed with.
const OWN_CLIENT: &str = "own";
