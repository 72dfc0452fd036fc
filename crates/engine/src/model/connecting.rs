//! Connecting: the link that brings an account's browser to the connect pages, and the attempts that begin there.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    AccountId, Actor, ConnectAttemptId, ConnectLinkId, ConnectionId, Millis, SessionScopes, Tenant,
};

/// A single-use way into the connect pages. Whoever opens it first is the browser that it belongs to.
#[derive(Debug, Clone, PartialEq)]
pub struct ConnectLink {
    /// Its id: it opens nothing without the browser's secret.
    pub id: ConnectLinkId,
    /// Whose it is.
    pub tenant: Tenant,
    /// For which account.
    pub account: AccountId,
    /// The one application that it is for; all of them where there is none.
    pub slug: Option<String>,
    /// The hash of the code in its address.
    pub code_hash: [u8; 32],
    /// The hash of the secret of the browser that opened it.
    pub browser: Option<[u8; 32]>,
    /// What whoever made it asked for.
    pub wish: LinkWish,
    /// When it was made.
    pub created_at: Millis,
    /// When its code was used.
    pub opened_at: Option<Millis>,
    /// When it ends: the code until it is used, the pages from then on.
    pub expires_at: Millis,
}

/// What whoever made a link asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkWish {
    /// Who made it.
    pub maker: Actor,
    /// What its maker may do: the applications that its pages show.
    pub scopes: SessionScopes,
    /// The way to authenticate, where it is not chosen on the page.
    pub auth: Option<String>,
    /// The connection that gets the new credential.
    pub replace: Option<ConnectionId>,
    /// Facts of the connection that need not be asked for.
    pub facts: BTreeMap<String, String>,
    /// Where the browser returns to.
    pub redirect_url: Option<String>,
    /// How the pages look, as the tenant said it.
    pub properties: Map<String, Value>,
}

/// One authorization on its way: from consent to a connection. Every change of state is one step of one process.
#[derive(Debug, Clone, PartialEq)]
pub struct ConnectAttempt {
    /// Its id.
    pub id: ConnectAttemptId,
    /// The link that it began at.
    pub link: ConnectLinkId,
    /// Whose it is.
    pub tenant: Tenant,
    /// For which account.
    pub account: AccountId,
    /// At which application.
    pub slug: String,
    /// By which of the connector's ways to authenticate.
    pub auth: String,
    /// What the connector and the tenant's client were when it began. Where they are another, it ends.
    pub trust: String,
    /// How far it is.
    pub state: AttemptState,
    /// The hash of the `state` that the application sends back; none for forms.
    pub state_hash: Option<[u8; 32]>,
    /// What it is to become.
    pub wish: AttemptWish,
    /// Secrets on their way, sealed.
    pub parked: Option<Vec<u8>>,
    /// Raised with every change.
    pub version: i64,
    /// What it became.
    pub connection: Option<ConnectionId>,
    /// Why it failed.
    pub problem: Option<ConnectProblem>,
    /// When it began.
    pub created_at: Millis,
    /// Until when the next step has to be taken.
    pub expires_at: Millis,
}

/// What an attempt is to become.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttemptWish {
    /// The connection's facts.
    pub facts: BTreeMap<String, String>,
    /// The scopes that were shown.
    pub scopes: Vec<String>,
    /// The connection that gets the new credential.
    pub replace: Option<ConnectionId>,
    /// Whether it becomes a connection beside those that there are.
    pub another: bool,
}

words! {
    /// How far an attempt is.
    AttemptState {
        /// The browser was sent to the application.
        Begun = "begun",
        /// The code or the typed fields are here, and nobody said yet that it was the account's own user.
        Parked = "parked",
        /// One process turns what is parked into a connection.
        Redeeming = "redeeming",
        /// The tokens are another vendor account's than the connection's: somebody has to say what to do.
        Choosing = "choosing",
        /// It became a connection.
        Connected = "connected",
        /// It ended without one.
        Failed = "failed",
    }
}

impl AttemptState {
    /// Whether nothing comes after it.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Connected | Self::Failed)
    }
}

words! {
    /// Why somebody cannot go on.
    ConnectFault {
        /// There is no such link, or it ended long ago.
        LinkUnknown = "link_unknown",
        /// Its code was used before.
        LinkUsed = "link_used",
        /// It ended.
        LinkOver = "link_over",
        /// Whoever made it may not any more.
        LinkRevoked = "link_revoked",
        /// It was opened in another browser.
        OtherBrowser = "other_browser",
        /// The form was not sent from our own page.
        OtherSite = "other_site",
        /// The link does not cover the application, or the tenant switched it off.
        NotOffered = "not_offered",
        /// The tenant has no OAuth client for the application.
        NoClient = "no_client",
        /// Nothing was begun with this `state`.
        StateUnknown = "state_unknown",
        /// The `state` came back before.
        StateUsed = "state_used",
        /// The answer came too late.
        AttemptOver = "attempt_over",
        /// The answer came back for another application than the one that was asked.
        OtherApplication = "other_application",
        /// Another authorization server answered than the one that was asked.
        OtherIssuer = "other_issuer",
        /// The connector or the tenant's client was changed meanwhile.
        Changed = "changed",
        /// Somebody said no at the application.
        Denied = "denied",
        /// The application answered with an error.
        Refused = "refused",
        /// The application answered with neither a code nor an error.
        NoCode = "no_code",
        /// The application did not give tokens for the code.
        NotGranted = "not_granted",
        /// Another user than the account's confirmed.
        OtherUser = "other_user",
        /// Somebody cancelled it.
        Cancelled = "cancelled",
    }
}

/// Why somebody cannot go on, with the application's own words where it said some.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectProblem {
    /// What happened.
    pub fault: ConnectFault,
    /// The application's words, shortened. They are shown as text and never as anything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
}

impl From<ConnectFault> for ConnectProblem {
    fn from(fault: ConnectFault) -> Self {
        Self { fault, said: None }
    }
}
