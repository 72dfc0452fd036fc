//! What an environment decides about connecting: whether the account's own user confirms, and where browsers may return to.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

words! {
    /// Whether a connection is made only when the account's own user confirms it.
    #[derive(Default)]
    Confirm {
        /// The tenant's application says that it was the account's own user, by a credential of that account.
        #[default]
        On = "on",
        /// Whoever completes the page is taken for the account's user.
        Off = "off",
    }
}

/// What an environment decides about connecting.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConnectSettings {
    /// Whether the account's own user confirms.
    pub confirm: Confirm,
    /// Addresses that browsers may return to, exactly as they stand here.
    pub redirect_urls: Vec<String>,
    /// Origins whose pages may open the connect pages and confirm, and whose addresses browsers may return to.
    pub origins: Vec<String>,
    /// How the pages look where a link does not say.
    pub properties: Map<String, Value>,
}

impl ConnectSettings {
    /// Whether nobody decided anything.
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}
