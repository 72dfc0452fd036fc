//! Routes of the compatible API that Tenon leaves out: 501 in the envelope, so that a client can tell them from typos.

use tenon_engine::error::{Code, Error};

use super::access::Access;
use super::error::Failure;
use super::route::{Operation, Route, delete, get, patch, post, put};

macro_rules! public {
    ($path:literal) => {
        concat!("/api/v2/public", $path)
    };
}

/// The paths, and the methods that the compatible API has there.
const TABLE: &[(&str, &str)] = &[
    (public!("/mcp-servers"), "GET POST"),
    (public!("/mcp-servers/{mcp_server_id}"), "GET PUT DELETE"),
    (public!("/execution/{execution_id}/stop"), "POST"),
    (public!("/execution/{execution_id}/rerun"), "POST"),
    (public!("/config"), "POST PUT"),
    (public!("/slug/{slug}/config"), "GET DELETE"),
    (public!("/slug/{slug}/config/{config_id}"), "GET DELETE"),
    (
        public!("/slug/{slug}/config/{config_id}/workflows/{workflow_id}"),
        "PUT PATCH",
    ),
    (public!("/config/field"), "POST"),
    (public!("/config/field/{field_id}"), "GET POST PUT DELETE"),
    (public!("/config/rule-engine/{field_id}"), "POST"),
    (public!("/application/event"), "GET POST"),
    (public!("/application/event/{event_id}"), "GET PUT DELETE"),
    (public!("/event"), "GET POST"),
    (public!("/event/trigger"), "POST"),
    (public!("/event/{slug}"), "GET POST PUT DELETE"),
    (public!("/workflow"), "GET POST"),
    (public!("/workflow/enabled"), "GET"),
    (public!("/workflow/request-structure/{workflow_id}"), "GET"),
    (public!("/workflow/versions/{workflow_id}"), "GET"),
    (public!("/workflow/{workflow_id}"), "GET PUT DELETE"),
    (public!("/workflow/{workflow_id}/edit"), "GET"),
    (public!("/workflow/{workflow_id}/execute"), "POST"),
    (public!("/workflow/{workflow_id}/publish"), "PUT"),
    (public!("/datastore/config/{slug}"), "GET"),
    (
        public!("/datastore/config/{slug}/{datastore_name}/records"),
        "GET",
    ),
    (
        public!("/datastore/config/{slug}/{datastore_name}/search"),
        "POST",
    ),
    (public!("/dataref"), "GET POST"),
    (public!("/dataref/{ref_name}"), "GET DELETE"),
    (public!("/dataref/{ref_name}/clear-records"), "PUT"),
    (public!("/datarefs/group"), "PUT"),
    (public!("/tables"), "GET POST"),
    (public!("/tables/group/edit"), "PUT"),
    (public!("/tables/{table_id}"), "GET PATCH DELETE"),
    (public!("/tables/{table_id}/{record_id}"), "DELETE"),
    (public!("/tables/{table_id}/columns/add"), "PATCH"),
    (public!("/tables/{table_id}/columns/rename"), "PATCH"),
    (public!("/tables/{table_id}/columns/remove"), "DELETE"),
    (public!("/tables/{table_id}/search"), "POST"),
    (public!("/env/definitions"), "GET"),
    (public!("/env/definitions/{id}"), "GET"),
    (public!("/env/value/{definition_id}"), "GET"),
    (public!("/env/values"), "POST"),
    (public!("/env/values/{value_id}"), "GET DELETE"),
    (public!("/human-tasks/{id}"), "GET POST"),
    (public!("/audit/audit-trails"), "GET"),
    (public!("/audit/event-received"), "GET"),
    ("/api/v1/workflow/public/scheduled", "GET POST"),
    (
        "/api/v1/workflow/public/scheduled/{schedule_id}",
        "PUT DELETE",
    ),
    (
        "/api/v1/workflow/public/scheduled/{schedule_id}/pause",
        "PUT",
    ),
    (
        "/api/v1/workflow/public/scheduled/{schedule_id}/resume",
        "PUT",
    ),
    ("/api/v1/workflow/{workflow_id}/execute", "POST"),
    ("/api/v1/execution/{execution_id}/response", "GET"),
    (
        "/api/v1/webhook-trigger/{scope}/{workflow_id}/{linked_account_id}",
        "POST",
    ),
    ("/api/v1/audit/public/audit-logs", "GET"),
    (
        "/api/v1/auth-service/f-sdk/universal-connector/{slug}/integrate",
        "GET POST",
    ),
    (
        "/api/v1/auth-service/f-sdk/universal-connector/{slug}/save-credentials",
        "POST",
    ),
    (
        "/api/v1/auth-service/f-sdk/universal-connector/{slug}/revoke",
        "POST",
    ),
    ("/mcp/v1/{server_id}", "GET POST DELETE"),
    ("/mcp/v1/{token}/{server_id}", "GET POST DELETE"),
];

/// The routes. Nobody is authenticated for a no.
pub(super) fn routes() -> Vec<Route> {
    let plain = TABLE
        .iter()
        .flat_map(|(path, methods)| methods.split(' ').filter_map(|method| route(method, path)));
    plain.chain([batches_route()]).collect()
}

fn route(method: &str, path: &'static str) -> Option<Route> {
    let add = match method {
        "GET" => get,
        "POST" => post,
        "PUT" => put,
        "PATCH" => patch,
        "DELETE" => delete,
        _ => return None,
    };
    let operation = Operation::new(operation_id(method, path), "Left out").with_status(501);
    Some(add(path, Access::Open, left_out, operation).tagged("Left out"))
}

fn operation_id(method: &str, path: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    format!("leftOut_{method}{path}")
        .chars()
        .map(plain)
        .collect()
}

async fn left_out() -> Failure {
    Error::of(Code::NotImplemented).into()
}

/// The one route that the compatible API itself answers 501, in words that clients may match.
fn batches_route() -> Route {
    const PATH: &str = public!("/execution/{execution_id}/nodes/{node_id}/batches");
    let operation = Operation::new(operation_id("GET", PATH), "Left out").with_status(501);
    get(PATH, Access::Open, batches, operation).tagged("Left out")
}

async fn batches() -> Failure {
    let message = "Batch details are not yet available for this execution type";
    Error::new(Code::NotImplemented, message).into()
}
