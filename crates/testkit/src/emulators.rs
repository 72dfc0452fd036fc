//! Programs by others that play a vendor's application and keep state: what was created can be read, changed and listed.
//!
//! Each has a store of its own, listens on loopback alone and dies with the test. None of them is the vendor: where one
//! disagrees with the vendor's description, the description is right.

use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::Process;
use crate::node::node;
use crate::tools::{free_port, variable};

const START_LIMIT: Duration = Duration::from_secs(60);

/// A running emulator.
pub struct Emulator {
    _process: Process,
    /// Where it listens.
    pub base: String,
    /// The program's name, as its package is called.
    pub name: &'static str,
}

impl Emulator {
    /// One application of `emulate`, such as `github` or `slack`, with what it knows from the start.
    ///
    /// # Panics
    /// Where it does not come up.
    pub fn emulate(service: &str, seed: &Value) -> Self {
        let port = free_port();
        let given = json!({ "service": service, "port": port, "seed": seed });
        let mut command = node("emulate.mjs");
        command.arg(given.to_string());
        Self::start("emulate", command, port, "listening at")
    }

    /// Stripe as `stripe-stateful-mock` plays it: it knows charges, refunds and idempotency keys.
    ///
    /// # Panics
    /// Where it does not come up.
    pub fn stripe_stateful_mock() -> Self {
        let port = free_port();
        let mut command = node("stripe.mjs");
        command.arg(port.to_string());
        Self::start("stripe-stateful-mock", command, port, "listening at")
    }

    /// Stripe as `localstripe` plays it: it knows payment intents, products, subscriptions and invoices, and refuses
    /// parameters that it does not know.
    ///
    /// # Panics
    /// Where it does not come up.
    pub fn localstripe() -> Self {
        let port = free_port();
        // Its own command listens on every interface.
        let program = format!(
            "from aiohttp import web; from localstripe.server import app; web.run_app(app, host='127.0.0.1', port={port})"
        );
        let mut command = Command::new(variable("TENON_PYTHON"));
        command.args(["-u", "-c", &program]);
        Self::start("localstripe", command, port, "Running on")
    }

    fn start(name: &'static str, mut command: Command, port: u16, ready: &str) -> Self {
        let mut process = Process::start(&mut command);
        let what = format!("{name} does not come up");
        process.wait_for(&what, START_LIMIT, |output| {
            output.contains(ready).then_some(())
        });
        Self {
            _process: process,
            base: format!("http://127.0.0.1:{port}"),
            name,
        }
    }
}
