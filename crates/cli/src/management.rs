//! Calls of the management API, as commands make them.

use std::future::Future;
use std::io::{IsTerminal as _, stderr};
use std::time::Duration;

use serde_json::Value;
use tenon_connector::Method;
use tenon_server::bootstrap::FirstStart;
use tenon_server::client::{Call, ClientError, ManagementClient};

use crate::arguments::{Global, World};
use crate::failure::Failure;
use crate::screen;

/// How long a call may take before somebody who watches is told.
const PATIENCE: Duration = Duration::from_secs(1);

/// A call of the management API: `segments` are the path below `/api/v2/admin`.
pub(crate) fn call(method: Method, segments: &[&str]) -> Call {
    let path = ["api", "v2", "admin"].into_iter();
    Call::new(method, path.chain(segments.iter().copied()))
}

/// A call that is about one world.
pub(crate) fn call_in(world: &World, method: Method, segments: &[&str]) -> Call {
    call(method, segments)
        .query("environment", Some(world.environment.as_str()))
        .query("organization_id", world.organization.as_deref())
}

/// Makes one call, and returns the body of a success.
pub(crate) async fn ask(global: &Global, call: Call) -> Result<Value, Failure> {
    let (status, body) = answer(global, call).await?;
    success(status, body)
}

/// Makes one call about what only lives as long as the server does.
pub(crate) async fn ask_server(global: &Global, call: Call) -> Result<Value, Failure> {
    let (client, first_start) = ManagementClient::open(&global.config()).await?;
    tell(&first_start);
    if !client.is_remote() {
        client.close().await;
        let message = "no server runs on this data directory, and the sandbox lives in the server";
        return Err(Failure::new(message).hint("start it: tenon serve"));
    }
    let (status, body) = Box::pin(client.call(call)).await?;
    success(status, body)
}

/// Makes one call, and returns status and body whatever they are.
pub(crate) async fn answer(global: &Global, call: Call) -> Result<(u16, Value), Failure> {
    let asked = async {
        let (client, first_start) = ManagementClient::open(&global.config()).await?;
        tell(&first_start);
        let answer = client.call(call).await;
        client.close().await;
        answer
    };
    let answer: Result<_, ClientError> = Box::pin(patiently(asked)).await;
    Ok(answer?)
}

/// The body, if the status is a success.
pub(crate) fn success(status: u16, body: Value) -> Result<Value, Failure> {
    match status {
        200..=299 => Ok(body),
        _ => Err(Failure::of_answer(status, &body)),
    }
}

/// Tells the operator what a first start made.
pub(crate) fn tell(first_start: &FirstStart) {
    if let Some(path) = &first_start.key_file {
        let path = path.display();
        screen::note(&format!(
            "made the key file {path}: back it up elsewhere, for without it stored credentials are lost"
        ));
    }
    if let Some(key) = &first_start.admin_key {
        screen::note(&format!(
            "the admin key, shown this once (and kept in admin.key of the data directory): {}",
            key.expose()
        ));
    }
}

/// Waits, and tells somebody who watches that it takes a while.
async fn patiently<T>(work: impl Future<Output = T>) -> T {
    let mut work = std::pin::pin!(work);
    match tokio::time::timeout(PATIENCE, work.as_mut()).await {
        Ok(done) => done,
        Err(_elapsed) => {
            if stderr().is_terminal() {
                screen::note("still waiting …");
            }
            work.await
        }
    }
}
