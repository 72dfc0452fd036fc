//! The sandbox: emulated applications with a memory, played from the connectors' own documents, over real HTTP.
//!
//! The egress dialer leads the requests of sandbox connections here and leaves host and path as they are, so the
//! host tells which application is meant. What a vendor would check is checked: credential, method, path and body.
//! Only credentials whose fields begin with `sandbox_` are taken, so that a real one never works here, and each is
//! a world of its own. Nothing is stored: the worlds end with the process.

mod answer;
mod application;
mod condition;
mod credential;
mod faults;
mod groups;
mod http;
mod ids;
mod operation;
mod received;
mod records;
mod refusal;
mod route;
mod select;
mod text;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tenon_connector::Connector;
use tokio::net::TcpListener;

pub use faults::{Fault, FaultSwitch};

use answer::Answer;
use application::{Application, Applications};
use faults::Faults;
use received::Received;
use records::Worlds;

/// All emulated applications. Clones are the same sandbox.
#[derive(Clone)]
pub struct Sandbox {
    state: Arc<State>,
}

struct State {
    connectors: Box<dyn Fn() -> Vec<Arc<Connector>> + Send + Sync>,
    applications: Applications,
    worlds: Worlds,
    faults: Faults,
    requests: AtomicU64,
}

/// The connection is to be closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the sandbox was told to drop this request")]
pub(crate) struct Dropped;

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").finish_non_exhaustive()
    }
}

impl Sandbox {
    /// A sandbox without records. `connectors` is asked at each request, so that a reloaded connector is seen at once.
    pub fn new(connectors: impl Fn() -> Vec<Arc<Connector>> + Send + Sync + 'static) -> Self {
        Self {
            state: Arc::new(State {
                connectors: Box::new(connectors),
                applications: Applications::default(),
                worlds: Worlds::default(),
                faults: Faults::default(),
                requests: AtomicU64::new(0),
            }),
        }
    }

    /// Serves until `shutdown`. Connections that are open then are closed; one that cannot be accepted is logged and the
    /// next one awaited.
    pub async fn serve(self, listener: TcpListener, shutdown: impl Future<Output = ()> + Send) {
        http::serve(self, listener, shutdown).await;
    }

    /// Makes an application misbehave, or behave again.
    pub fn set_fault(&self, slug: &str, switch: Option<FaultSwitch>) {
        self.state.faults.set(slug, switch);
    }

    /// The applications that misbehave, by slug.
    pub fn faults(&self) -> Vec<(String, FaultSwitch)> {
        self.state.faults.all()
    }

    /// How many requests have come, those that a fault left without an answer among them.
    pub fn requests(&self) -> u64 {
        self.state.requests.load(Ordering::Relaxed)
    }

    /// Plays the application that a request is for.
    pub(crate) async fn answer(&self, received: &Received) -> Result<Answer, Dropped> {
        let state = &self.state;
        state.requests.fetch_add(1, Ordering::Relaxed);
        let connectors = (state.connectors)();
        let Some(application) = state.applications.find(&connectors, received) else {
            return Ok(Answer::message(
                404,
                "no connector's application is at this host",
            ));
        };
        let slug = application.connector.slug.as_str();
        let fault = state.faults.take(slug);
        match fault {
            Some(Fault::Drop) => return Err(Dropped),
            Some(Fault::Slow { milliseconds }) => {
                tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            }
            _ => {}
        }
        let answer = fault
            .and_then(|fault| application.refusals.of_fault(fault))
            .unwrap_or_else(|| application.answer(received, &state.worlds));
        tracing::debug!(slug, status = answer.status, "the sandbox answered");
        Ok(answer)
    }
}

/// Everything that is wrong with a connector's `sandbox` section: each a sentence that begins with the key.
pub fn check(connector: &Arc<Connector>) -> Vec<String> {
    Application::compile(connector).problems
}

#[cfg(test)]
mod tests;
