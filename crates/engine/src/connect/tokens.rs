//! The secrets of the flow: how they are made, and the hashes under which they are known.
//!
//! Codes, browsers' secrets and `state`s are 256 random bits and kept as keyed hashes alone, so that a copy of the database
//! opens nothing. A confirmation is not kept at all: it is a keyed hash over the attempt, and good until its next step.

use tenon_vault::{Secret, digest};

use crate::Engine;
use crate::model::ConnectAttemptId;

/// What a secret of the flow is for.
#[derive(Debug, Clone, Copy)]
pub(super) enum For {
    /// Opening a link.
    Code,
    /// Telling browsers apart.
    Browser,
    /// Finding an attempt when a browser comes back.
    State,
}

impl For {
    fn prefix(self) -> &'static str {
        match self {
            Self::Code => "cl",
            Self::Browser => "cb",
            Self::State => "cs",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Code => "connect-code",
            Self::Browser => "connect-browser",
            Self::State => "connect-state",
        }
    }

    /// A new secret.
    pub(super) fn make(self) -> Secret {
        digest::random_token(self.prefix())
    }
}

impl Engine {
    /// The hash under which a secret is known; none for a text that is none.
    pub(super) fn connect_hash(&self, what: For, secret: &Secret) -> Option<[u8; 32]> {
        let text = secret.expose();
        let own = text
            .strip_prefix(what.prefix())
            .is_some_and(|rest| rest.starts_with('_'));
        (own && digest::token_is_well_formed(text))
            .then(|| self.keys.instance().mac(what.label(), text.as_bytes()))
    }

    /// What confirms that an attempt was the account's own user's. It is told when there is something to confirm, and
    /// works once, because the attempt takes that step once.
    pub(super) fn confirmation(&self, attempt: &ConnectAttemptId) -> Secret {
        let key = self.keys.instance();
        let mac = key.mac("connect-confirm", attempt.as_str().as_bytes());
        Secret::new(digest::hex(&mac))
    }
}
