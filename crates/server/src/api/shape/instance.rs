//! An execution in the vendor's Instance shape, for clients that were written for runs of workflows. An action is shown
//! as a workflow of one node.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use tenon_engine::executions::Inspected;
use tenon_engine::model::{Execution, NodeStatus};
use tenon_engine::registry::Registry;

use super::name_and_icon;

/// An execution as a run.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::api) struct Instance {
    _id: String,
    name: String,
    org_id: String,
    environment: &'static str,
    /// `COMPLETED`, `ERRORED`, `RUNNING` or `TIMED_OUT`
    status: &'static str,
    associated_application: Named,
    associated_workflow: Named,
    linked_account_id: String,
    config_id: Option<String>,
    /// `SYNC` or `ASYNC`
    type_of_execution: &'static str,
    execution_source: &'static str,
    #[serde(rename = "createdAt")]
    created_at: String,
    completion_time: Option<String>,
}

/// Something with a name.
#[derive(Debug, Serialize, JsonSchema)]
struct Named {
    _id: String,
    name: String,
    icon: Option<String>,
}

/// A run with its one node.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::api) struct InstanceDetail {
    #[serde(flatten)]
    instance: Instance,
    completion_percentage: u8,
    nodes: Vec<Node>,
}

/// The one node of a run.
#[derive(Debug, Serialize, JsonSchema)]
struct Node {
    node_id: String,
    node_name: String,
    node_type: &'static str,
    node_status: &'static str,
    is_batch: bool,
    attempts_made: usize,
    maximum_attempts: usize,
    /// In milliseconds.
    execution_time: i64,
    /// Always null: parameters are not kept.
    input_data: Value,
    /// The application's body, where the answer was kept.
    latest_output: Value,
}

/// How a run stands, in the vendor's words.
pub(in crate::api) fn status(end: Option<NodeStatus>) -> &'static str {
    match end {
        None => "RUNNING",
        Some(NodeStatus::Success) => "COMPLETED",
        Some(NodeStatus::TimedOut) => "TIMED_OUT",
        Some(NodeStatus::Failed | NodeStatus::Unknown) => "ERRORED",
    }
}

impl Instance {
    /// The run of an execution.
    pub(in crate::api) fn new(one: &Execution, registry: &Registry) -> Self {
        let (application, icon) = name_and_icon(registry, &one.slug);
        Self {
            _id: one.id.to_string(),
            name: one.action.clone(),
            org_id: one.tenant.org.to_string(),
            environment: one.tenant.environment.as_str(),
            status: status(one.node_status),
            associated_application: Named {
                _id: one.slug.clone(),
                name: application,
                icon,
            },
            associated_workflow: Named {
                _id: one.action.clone(),
                name: one.action.clone(),
                icon: None,
            },
            linked_account_id: one.account.to_string(),
            config_id: None,
            type_of_execution: if one.asynchronous { "ASYNC" } else { "SYNC" },
            execution_source: "API Call",
            created_at: one.started_at.to_iso(),
            completion_time: one.finished_at.map(|time| time.to_iso()),
        }
    }
}

impl InstanceDetail {
    /// The run with its node.
    pub(in crate::api) fn new(inspected: Inspected, registry: &Registry) -> Self {
        let one = &inspected.execution;
        let instance = Instance::new(one, registry);
        let end = one.node_status;
        let took = one
            .finished_at
            .map_or(0, |time| time.0.saturating_sub(one.started_at.0));
        let output = inspected.done.and_then(Result::ok);
        let node = Node {
            node_id: one.action.clone(),
            node_name: one.action.clone(),
            node_type: "action",
            node_status: end.map_or("Waiting", NodeStatus::as_str),
            is_batch: false,
            attempts_made: one.attempts.len(),
            maximum_attempts: one.attempts.len().max(1),
            execution_time: took,
            input_data: Value::Null,
            latest_output: output.map_or(Value::Null, |answered| answered.data),
        };
        Self {
            instance,
            completion_percentage: if end.is_some() { 100 } else { 0 },
            nodes: vec![node],
        }
    }
}
