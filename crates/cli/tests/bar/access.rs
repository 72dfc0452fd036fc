//! E: access. What was revoked is over everywhere at once, a stolen database opens no door, and rates are exact.

mod rates;
mod replicas;
mod revoking;
mod stolen;
