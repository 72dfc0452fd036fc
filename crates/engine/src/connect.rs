//! The connect flow: from a link to a connection, so that nobody's authorization ends up with somebody else.
//!
//! A tenant makes a **link** for an account ([`link`]). The browser that opens it first is the one that it belongs to
//! ([`visit`]). There an **attempt** begins ([`begin`]): the browser goes to the application and comes back ([`callback`]),
//! or a form is filled in. What came back is parked, sealed, until the tenant says by a credential of the same account that
//! it was the account's own user ([`confirm`]); only then it becomes a connection ([`redeem`]).

mod allowed;
mod begin;
mod callback;
mod choose;
mod confirm;
mod exchange;
mod judge;
mod link;
mod note;
mod offers;
mod parked;
mod redeem;
mod steps;
mod tokens;
mod upkeep;
mod visit;

pub use allowed::is_this_machine;
pub use begin::{Next, Submitted};
pub use callback::CameBack;
pub use choose::Decision;
pub use confirm::Handover;
pub use link::{MadeLink, NewLink, OpenedLink};
pub use note::Came;
pub use offers::{Asks, WayOffer, asked_facts, asked_fields};
pub use visit::Visit;

use crate::error::Error;
use crate::model::{ConnectFault, ConnectProblem};
use crate::ports::StoreError;

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;

/// How long a link's code is good.
const CODE_LIFE: i64 = 10 * MINUTE;
/// How long the pages of a link are good once it was opened.
const PAGES_LIFE: i64 = 60 * MINUTE;
/// How long somebody may take at the application.
const ATTEMPT_LIFE: i64 = 10 * MINUTE;
/// How long what came back waits for the account's user to be confirmed.
const PARKED_LIFE: i64 = MINUTE;
/// How long a decision between two accounts may take, and how long the end of an attempt is told.
const ANSWER_LIFE: i64 = 10 * MINUTE;

/// Why a page cannot do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// The person cannot go on; the page says why and what to do.
    #[error("connecting cannot go on: {}", .0.fault.as_str())]
    Problem(ConnectProblem),
    /// The request is wrong or Tenon failed.
    #[error(transparent)]
    Error(#[from] Error),
}

impl From<ConnectFault> for Stopped {
    fn from(fault: ConnectFault) -> Self {
        Self::Problem(fault.into())
    }
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Self {
        Self::Error(error.into())
    }
}
