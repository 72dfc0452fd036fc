//! Lists of executions.

use tenon_engine::model::{ExecutionFilter, Tenant};

use crate::database::Database;
use crate::selection::Selection;

const NEWEST_FIRST: &str = "started_at DESC, id DESC";
const OLDEST_FIRST: &str = "started_at, id";

/// The order that a filter asks for. Ids decide within a millisecond, for later ones sort later.
pub(super) fn order(filter: &ExecutionFilter) -> &'static str {
    if filter.ascending {
        OLDEST_FIRST
    } else {
        NEWEST_FIRST
    }
}

/// The executions that a filter lets through.
pub(super) fn selection<D: Database>(tenant: &Tenant, filter: &ExecutionFilter) -> Selection {
    let account = filter
        .account
        .as_ref()
        .map(|account| account.as_str().to_owned());
    let state = filter.state.map(|state| state.as_str().to_owned());
    let ends: Vec<_> = filter
        .node_statuses
        .iter()
        .map(|status| status.as_str().to_owned())
        .collect();
    let outcome = filter.outcome.map(|outcome| outcome.as_str().to_owned());
    Selection::of(tenant)
        .and("account = ?", account)
        .and_any("slug", D::LISTED, &filter.slugs)
        .and("action = ?", filter.action.clone())
        .and("state = ?", state)
        .and_any("node_status", D::LISTED, &ends)
        .and("outcome = ?", outcome)
        .and("asynchronous = ?", filter.asynchronous)
        .and("started_at >= ?", filter.from.map(|time| time.0))
        .and("started_at < ?", filter.until.map(|time| time.0))
}
