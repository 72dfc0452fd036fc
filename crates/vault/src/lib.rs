//! The only place that sees plaintext secrets and the keys that seal them.
//!
//! Two layers of keys: a [`KeyRing`] kept outside the database wraps one [`DataKey`] per tenant and environment, and
//! a data key seals credentials, each bound to the [`Purpose`] that it was sealed for. A blob that was changed, moved
//! to another row or opened for another purpose is refused. No I/O but reading and making the key file.

mod credential;
pub mod digest;
mod envelope;
mod keyfile;
mod keyring;
mod seal;
mod secret;
pub mod signature;
pub mod stream;

pub use credential::Credential;
pub use keyfile::{Created, KeyFile};
pub use keyring::{KeyError, KeyRing};
pub use seal::{DataKey, MacKey, Purpose, SealError, WrappedKey};
pub use secret::Secret;
