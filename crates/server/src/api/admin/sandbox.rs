//! The sandbox's fault switches: how an emulated application misbehaves on purpose.

use std::collections::BTreeMap;

use axum::extract::State;
use schemars::JsonSchema;
use serde_json::Value;
use tenon_sandbox::FaultSwitch;

use crate::api::access::Access::Admin;
use crate::api::answer::{Answer, Json};
use crate::api::body::Given;
use crate::api::extract::Path;
use crate::api::route::{Operation, Route, delete, get, put};
use crate::app::App;

const LIST: &str = "/api/v2/admin/sandbox/faults";
const ONE: &str = "/api/v2/admin/sandbox/faults/{slug}";

pub(super) fn routes() -> Vec<Route> {
    let operation = |id, summary| Operation::new(id, summary).gives::<BTreeMap<String, Value>>();
    vec![
        get(LIST, Admin, list, operation("adminListFaults", "List the faults that are on")),
        put(
            ONE,
            Admin,
            set,
            operation("adminSetFault", "Switch a fault on")
                .describe("`kind` is `unauthorized`, `rate_limited` (with `retry_after_seconds`), `server_error` (with `status`), `slow` (with `milliseconds`) or `drop`; `times` limits it to so many requests.")
                .takes::<SwitchShape>(),
        ),
        delete(ONE, Admin, clear, operation("adminClearFault", "Switch an application's fault off")),
    ]
}

/// A fault, and for how many requests.
#[derive(JsonSchema)]
#[schemars(rename = "FaultSwitch")]
#[expect(dead_code, reason = "describes `FaultSwitch` in the OpenAPI document")]
struct SwitchShape {
    #[serde(flatten)]
    fault: FaultShape,
    /// To how many requests; to all of them where nobody says.
    #[schemars(range(max = u32::MAX))]
    times: Option<u32>,
}

/// A way to misbehave.
#[derive(JsonSchema)]
#[schemars(tag = "kind", rename_all = "snake_case")]
#[expect(dead_code, reason = "describes `Fault` in the OpenAPI document")]
enum FaultShape {
    /// Refuses every credential.
    Unauthorized,
    /// Has had too many requests.
    RateLimited { retry_after_seconds: u64 },
    /// Fails on its side.
    ServerError { status: u16 },
    /// Does what is asked, after a while.
    Slow { milliseconds: u64 },
    /// Closes the connection without an answer.
    Drop,
}

type Faults = BTreeMap<String, FaultSwitch>;

fn faults(app: &App) -> Json<Faults> {
    Json(app.sandbox.faults().into_iter().collect())
}

async fn list(State(app): State<App>) -> Json<Faults> {
    faults(&app)
}

async fn set(
    State(app): State<App>,
    Path(slug): Path<String>,
    Given(switch): Given<FaultSwitch>,
) -> Answer<Faults> {
    app.engine.registry().connector(&slug)?;
    app.sandbox.set_fault(&slug, Some(switch));
    Ok(faults(&app))
}

async fn clear(State(app): State<App>, Path(slug): Path<String>) -> Answer<Faults> {
    app.engine.registry().connector(&slug)?;
    app.sandbox.set_fault(&slug, None);
    Ok(faults(&app))
}
