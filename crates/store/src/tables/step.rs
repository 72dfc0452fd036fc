//! Statements that are run together or not at all.

use tenon_engine::model::ChainEvent;

use crate::value::Values;

/// One of several statements that are run together.
pub(crate) enum Step {
    /// Changes rows.
    Change(&'static str, Values),
    /// The same; where it changes none, the steps behind it are left out.
    Must(&'static str, Values),
    /// Changes or removes executions and returns them (`RETURNING *`): each gets a link of this event.
    Executions(&'static str, Values, ChainEvent),
    /// Writes lines of the audit log and returns them: each gets a link.
    Audits(&'static str, Values),
}

impl Step {
    /// Whether the steps behind it are left out where this one changes nothing.
    pub(crate) fn is_condition(&self) -> bool {
        matches!(self, Self::Must(..))
    }
}
