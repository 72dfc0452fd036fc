//! The journal, read: one account's executions.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use tenon_engine::error::{Error, Outcomes};
use tenon_engine::model::{ExecutionFilter, ExecutionState, Millis, NodeStatus, Outcome};

use super::access::Access;
use super::answer::{Answer, Json};
use super::date;
use super::extract::{ByAccount, Left, Path, Query};
use super::paging::{PageQuery, Paged};
use super::route::{Operation, Route, get};
use super::shape::{ExecutionBody, ExecutionDetail};
use super::switch::Switch;
use super::text::{day_or_moment, one_of, several_of};
use crate::app::App;

/// The routes.
pub(super) fn routes() -> Vec<Route> {
    [
        get(
            "/api/v2/public/action-execution",
            Access::Account,
            list,
            Operation::new("listExecutions", "List executions")
                .describe("Newest first, unless `sortAsc` says otherwise.")
                .query::<PageQuery>()
                .query::<ExecutionQuery>()
                .gives::<Paged<ExecutionBody>>(),
        ),
        get(
            "/api/v2/public/action-execution/{execution_id}",
            Access::Account,
            one,
            Operation::new("getExecution", "Read an execution")
                .describe("With `result`, what the execute call answered, where that was kept.")
                .gives::<ExecutionDetail>(),
        ),
    ]
    .into_iter()
    .map(|route| route.tagged("Executions"))
    .collect()
}

const ENDS: &str = "Success, Failed, Timed_Out, Unknown";
const OUTCOMES: &str = "not_sent, succeeded, failed, unknown";
const STATUSES: &str = "All, running, finished, Success, Failed, Timed_Out, Unknown";
pub(super) const TYPES: &str = "All, SYNC, ASYNC";
const DATES: &str = "a day such as 2026-05-01, a moment such as 2026-05-01T12:00:00Z";

/// Which executions.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(super) struct ExecutionQuery {
    /// At these applications, with commas between them.
    slug: Option<String>,
    /// Of this action.
    action_id: Option<String>,
    /// `running`, `finished`, or a `node_status`.
    #[schemars(extend("enum" = one_of(STATUSES)))]
    status: Option<String>,
    /// `Success`, `Failed`, `Timed_Out` or `Unknown`; several with commas between them.
    #[schemars(extend("pattern" = several_of(ENDS)))]
    node_status: Option<String>,
    /// `not_sent`, `succeeded`, `failed` or `unknown`.
    #[schemars(extend("enum" = one_of(OUTCOMES)))]
    outcome: Option<String>,
    /// `SYNC` or `ASYNC`.
    #[schemars(extend("enum" = one_of(TYPES)))]
    execution_type: Option<String>,
    /// Begun at or after this day or time (ISO 8601).
    #[schemars(extend("anyOf" = day_or_moment()))]
    start_date: Option<String>,
    /// Begun before this time, or on or before this day.
    #[schemars(extend("anyOf" = day_or_moment()))]
    end_date: Option<String>,
    /// Oldest first.
    #[serde(rename = "sortAsc", default)]
    ascending: Switch,
}

impl ExecutionQuery {
    /// The filter that is meant.
    pub(super) fn filter(&self) -> Outcomes<ExecutionFilter> {
        let mut filter = ExecutionFilter {
            slugs: self.slug.as_deref().map(words).unwrap_or_default(),
            action: said(self.action_id.as_deref()).map(str::to_owned),
            asynchronous: execution_type(self.execution_type.as_deref())?,
            from: said(self.start_date.as_deref()).map(from).transpose()?,
            until: said(self.end_date.as_deref()).map(until).transpose()?,
            ascending: self.ascending.0,
            ..ExecutionFilter::default()
        };
        if let Some(text) = said(self.outcome.as_deref()) {
            let parsed = Outcome::parse(text).ok_or_else(|| unknown("outcome", OUTCOMES))?;
            filter.outcome = Some(parsed);
        }
        for word in self.node_status.as_deref().map(words).unwrap_or_default() {
            let end = NodeStatus::parse(&word).ok_or_else(|| unknown("node_status", ENDS))?;
            filter.node_statuses.push(end);
        }
        self.apply_status(&mut filter)?;
        Ok(filter)
    }

    fn apply_status(&self, filter: &mut ExecutionFilter) -> Outcomes<()> {
        let Some(text) = said(self.status.as_deref()).filter(|text| *text != "All") else {
            return Ok(());
        };
        match (ExecutionState::parse(text), NodeStatus::parse(text)) {
            (Some(state), _) => filter.state = Some(state),
            (None, Some(end)) => filter.node_statuses.push(end),
            (None, None) => {
                return Err(unknown("status", STATUSES));
            }
        }
        Ok(())
    }
}

/// Texts with commas between them.
pub(super) fn words(text: &str) -> Vec<String> {
    text.split(',')
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Whether executions are asynchronous; `None` means both.
pub(super) fn execution_type(text: Option<&str>) -> Outcomes<Option<bool>> {
    match said(text) {
        None | Some("All") => Ok(None),
        Some("SYNC") => Ok(Some(false)),
        Some("ASYNC") => Ok(Some(true)),
        Some(_) => Err(unknown("execution_type", TYPES)),
    }
}

/// The first moment of a day, or the moment itself.
pub(super) fn from(text: &str) -> Outcomes<Millis> {
    date::first_moment(text).ok_or_else(|| unknown("start_date", DATES))
}

/// The first moment after a day, or the moment itself.
pub(super) fn until(text: &str) -> Outcomes<Millis> {
    date::moment_after(text).ok_or_else(|| unknown("end_date", DATES))
}

/// A filter that says something; forms send the others empty.
pub(super) fn said(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

/// A filter that says what cannot be.
pub(super) fn unknown(name: &str, known: &str) -> Error {
    let message = format!("`{name}` in the query must be one of: {known}");
    Error::invalid(name, "enum", message)
}

async fn list(
    State(app): State<App>,
    Left(caller): ByAccount,
    Query(page): Query<PageQuery>,
    Query(query): Query<ExecutionQuery>,
) -> Answer<Paged<ExecutionBody>> {
    let paging = page.paging();
    let found = app
        .engine
        .executions(&caller, query.filter()?, paging)
        .await?;
    Ok(Json(Paged::new(found, paging, ExecutionBody::from)))
}

async fn one(
    State(app): State<App>,
    Left(caller): ByAccount,
    Path(id): Path<String>,
) -> Answer<ExecutionDetail> {
    let inspected = app.engine.execution(&caller, &id).await?;
    Ok(Json(inspected.into()))
}
