//! Statements that are run together or not at all.

use tenon_engine::model::ChainEvent;

use crate::value::Values;

/// One of several statements that are run together.
pub(crate) enum Step {
    /// Changes rows.
    Change(&'static str, Values),
    /// Changes or removes executions and returns them (`RETURNING *`): each gets a link of this event.
    Executions(&'static str, Values, ChainEvent),
    /// Writes lines of the audit log and returns them: each gets a link.
    Audits(&'static str, Values),
}
