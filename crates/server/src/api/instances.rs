//! The same executions for clients that know runs of workflows: lists and details in the vendor's Instance shape.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Deserialize;
use tenon_engine::error::{Code, Error, Outcomes};
use tenon_engine::model::{ExecutionFilter, ExecutionState, NodeStatus, Page};

use super::access::Access;
use super::answer::{Answer, Json};
use super::executions::{TYPES, execution_type, from, said, unknown, until, words};
use super::extract::{ByAccount, Left, Path, Query};
use super::paging::{PageQuery, Paged};
use super::route::{Operation, Route, get};
use super::shape::{Instance, InstanceDetail, instance_status};
use super::switch::Switch;
use super::text::{day_or_moment, one_of};
use crate::app::App;

/// The routes.
pub(super) fn routes() -> Vec<Route> {
    [
        get(
            "/api/v2/public/execution",
            Access::Account,
            list,
            Operation::new("listInstances", "List executions as runs")
                .query::<PageQuery>()
                .query::<InstanceQuery>()
                .gives::<Paged<Instance>>(),
        ),
        get(
            "/api/v2/public/execution/{execution_id}",
            Access::Account,
            one,
            Operation::new("getInstance", "Read an execution as a run").gives::<InstanceDetail>(),
        ),
    ]
    .into_iter()
    .map(|route| route.tagged("Executions"))
    .collect()
}

const SOURCES: &str = "All, API Call, API_CALL, Event, Schedule, SCHEDULE";
const STATUSES: &str = "All, COMPLETED, ERRORED, RUNNING, STOPPED, STOPPING, TIMED_OUT";

/// Which runs.
#[derive(Debug, Default, Deserialize, JsonSchema)]
struct InstanceQuery {
    /// `All`, `COMPLETED`, `ERRORED`, `RUNNING`, `STOPPED`, `STOPPING` or `TIMED_OUT`.
    #[schemars(extend("enum" = one_of(STATUSES)))]
    status: Option<String>,
    /// `All`, `API Call`, `API_CALL`, `Event`, `Schedule` or `SCHEDULE`. Actions only come from the API.
    #[schemars(extend("enum" = one_of(SOURCES)))]
    execution_source: Option<String>,
    /// `All`, `SYNC` or `ASYNC`.
    #[schemars(extend("enum" = one_of(TYPES)))]
    execution_type: Option<String>,
    /// Begun at or after this day or time.
    #[schemars(extend("anyOf" = day_or_moment()))]
    start_date: Option<String>,
    /// Begun before this time, or on or before this day.
    #[schemars(extend("anyOf" = day_or_moment()))]
    end_date: Option<String>,
    /// At these applications, with commas between them.
    slug: Option<String>,
    /// Of this action.
    workflow_id: Option<String>,
    /// This one.
    execution_id: Option<String>,
    /// Oldest first.
    #[serde(rename = "sortAsc", default)]
    ascending: Switch,
}

impl InstanceQuery {
    /// The filter that is meant; `None` where no action can fit.
    fn filter(&self) -> Outcomes<Option<ExecutionFilter>> {
        let mut filter = ExecutionFilter {
            slugs: self.slug.as_deref().map(words).unwrap_or_default(),
            action: said(self.workflow_id.as_deref()).map(str::to_owned),
            asynchronous: execution_type(self.execution_type.as_deref())?,
            from: said(self.start_date.as_deref()).map(from).transpose()?,
            until: said(self.end_date.as_deref()).map(until).transpose()?,
            ascending: self.ascending.0,
            ..ExecutionFilter::default()
        };
        let by_api = match said(self.execution_source.as_deref()) {
            None | Some("All" | "API Call" | "API_CALL") => true,
            Some("Event" | "Schedule" | "SCHEDULE") => false,
            Some(_) => return Err(unknown("execution_source", SOURCES)),
        };
        let possible = match said(self.status.as_deref()) {
            None | Some("All") => true,
            Some("RUNNING") => {
                filter.state = Some(ExecutionState::Running);
                true
            }
            Some("STOPPED" | "STOPPING") => false,
            Some(word @ ("COMPLETED" | "ERRORED" | "TIMED_OUT")) => {
                filter.node_statuses = ends(word);
                true
            }
            Some(_) => return Err(unknown("status", STATUSES)),
        };
        Ok((by_api && possible).then_some(filter))
    }
}

/// The ends that the vendor calls by this word.
fn ends(word: &str) -> Vec<NodeStatus> {
    [
        NodeStatus::Success,
        NodeStatus::Failed,
        NodeStatus::TimedOut,
        NodeStatus::Unknown,
    ]
    .into_iter()
    .filter(|end| instance_status(Some(*end)) == word)
    .collect()
}

async fn list(
    State(app): State<App>,
    Left(caller): ByAccount,
    Query(page): Query<PageQuery>,
    Query(query): Query<InstanceQuery>,
) -> Answer<Paged<Instance>> {
    let paging = page.paging();
    let nothing = || Page {
        items: Vec::new(),
        total: 0,
    };
    let found = match (query.filter()?, said(query.execution_id.as_deref())) {
        (None, _) => nothing(),
        (Some(_), Some(id)) => match app.engine.execution(&caller, id).await {
            Ok(inspected) => Page {
                items: vec![inspected.execution],
                total: 1,
            },
            Err(Error {
                code: Code::ResourceNotFound,
                ..
            }) => nothing(),
            Err(error) => return Err(error.into()),
        },
        (Some(filter), None) => app.engine.executions(&caller, filter, paging).await?,
    };
    let registry = app.engine.registry();
    let show = |execution| Instance::new(&execution, registry);
    Ok(Json(Paged::new(found, paging, show)))
}

async fn one(
    State(app): State<App>,
    Left(caller): ByAccount,
    Path(id): Path<String>,
) -> Answer<InstanceDetail> {
    let inspected = app.engine.execution(&caller, &id).await?;
    let shown = InstanceDetail::new(inspected, app.engine.registry());
    Ok(Json(shown))
}
