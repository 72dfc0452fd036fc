//! Idempotency keys whose calls have not come to the journal yet, in this process.
//!
//! The journal decides who was first. This only keeps a crowd with one key from taking the places of others while it
//! finds that out: all but the first are told at once that the first is on its way.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::journal::Key;
use crate::access::AccountCaller;
use crate::error::{Code, Error, Outcomes};

/// How long a caller waits who asks while the first call is still running.
pub(super) const IN_FLIGHT_WAIT_MS: u64 = 1000;

/// The keys, with what was asked under each.
#[derive(Debug, Clone, Default)]
pub(crate) struct Claims(Arc<Mutex<HashMap<String, String>>>);

/// A claimed key; free again when it is dropped.
#[derive(Debug)]
pub(super) struct Claim {
    claims: Claims,
    name: String,
}

impl Claims {
    /// Claims the key of a call.
    ///
    /// # Errors
    /// Where another call holds it: [`Code::IdempotencyInFlight`], or [`Code::IdempotencyKeyReused`] if it asks for
    /// something else.
    pub(super) fn claim(
        &self,
        caller: &AccountCaller,
        slug: &str,
        action: &str,
        key: &Key,
    ) -> Outcomes<Claim> {
        let tenant = caller.tenant();
        let (org, environment) = (tenant.org.as_str(), tenant.environment.as_str());
        let account = caller.account().account_id.as_str();
        // None of the parts holds a NUL, so no two calls have the same name by accident.
        let name = [org, environment, account, slug, action, &key.hash].join("\0");
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match held.get(&name) {
            None => {
                held.insert(name.clone(), key.fingerprint.clone());
                drop(held);
                let claims = self.clone();
                Ok(Claim { claims, name })
            }
            Some(fingerprint) if *fingerprint == key.fingerprint => {
                Err(Error::of(Code::IdempotencyInFlight).after(IN_FLIGHT_WAIT_MS))
            }
            Some(_) => Err(Error::of(Code::IdempotencyKeyReused)),
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut held = self.claims.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.remove(&self.name);
    }
}
