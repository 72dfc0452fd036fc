//! The switches of the provider, in one place.

use std::time::Duration;

use super::garbage::Garbage;

/// What becomes of refresh tokens that are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotation {
    /// They stay as they are, and an answer to one brings none.
    Never,
    /// Each use brings the next one. Whoever uses an old one later than `grace` after it was followed ends its family.
    Each {
        /// How long an old one is still taken, and brings the next pair.
        grace: Duration,
    },
}

/// What the person says who is asked at `/authorize`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// Yes, at once.
    Given,
    /// No: `access_denied`.
    Denied,
}

/// What a value of the redirect back is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Echo {
    /// As it has to be.
    Right,
    /// Another one.
    Wrong,
    /// Not there.
    Missing,
}

/// What happens to the answer of a token call after the call was acted on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// It is sent at once.
    No,
    /// It is sent after a while.
    For(Duration),
    /// It is sent when the test says so.
    UntilReleased,
}

/// Everything that can be switched.
#[derive(Debug, Clone)]
pub struct Behaviour {
    /// What becomes of used refresh tokens. At first they rotate without grace.
    pub rotation: Rotation,
    /// How long access tokens live. At first an hour.
    pub access_life: Duration,
    /// The account at the provider that the next consents are for, where no `login_hint` says another one.
    pub account: String,
    /// What the person says.
    pub consent: Consent,
    /// The `iss` of the redirect back. At first it is missing.
    pub issuer: Echo,
    /// The `state` of the redirect back.
    pub state: Echo,
    /// How long a token call waits before it is acted on.
    pub latency: Duration,
    /// How its answer is held after it was acted on.
    pub hold: Hold,
    /// What token calls are answered with instead, where no scripted answer is left.
    pub garbage: Option<Garbage>,
    /// Whether `/revoke` does nothing and answers 503.
    pub revocation_fails: bool,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            rotation: Rotation::Each {
                grace: Duration::ZERO,
            },
            access_life: Duration::from_secs(3600),
            account: "account-1".to_owned(),
            consent: Consent::Given,
            issuer: Echo::Missing,
            state: Echo::Right,
            latency: Duration::ZERO,
            hold: Hold::No,
            garbage: None,
            revocation_fails: false,
        }
    }
}
