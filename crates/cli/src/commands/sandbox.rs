//! `tenon sandbox`: the emulated applications, and how they misbehave on purpose.

use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};
use tenon_connector::Method;

use crate::arguments::Global;
use crate::failure::Outcome;
use crate::management::{ask_server, call};
use crate::screen::{self, cell};

#[derive(Debug, Subcommand)]
pub(crate) enum SandboxCommand {
    /// Make an emulated application misbehave
    #[command(subcommand)]
    Fault(FaultCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum FaultCommand {
    /// Switch a fault on, in the place of the one that is on
    Set(SetArgs),
    /// List the faults that are on
    List,
    /// Switch an application's fault off
    Clear {
        /// The application
        slug: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct SetArgs {
    /// The application
    slug: String,
    /// What goes wrong
    kind: Kind,
    /// rate-limited: the seconds that `Retry-After` says
    #[arg(long, default_value_t = 1, value_name = "SECONDS")]
    retry_after: u64,
    /// server-error: the HTTP status
    #[arg(long, default_value_t = 500)]
    status: u16,
    /// slow: how long an answer takes
    #[arg(long, default_value_t = 5000)]
    milliseconds: u64,
    /// For so many requests; without it for all, until it is cleared
    #[arg(long)]
    times: Option<u32>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    /// Every credential is refused
    Unauthorized,
    /// Too many requests
    RateLimited,
    /// The application fails
    ServerError,
    /// The application takes its time
    Slow,
    /// The request is read and the connection closed without an answer
    Drop,
}

const FAULTS: [&str; 2] = ["sandbox", "faults"];

/// Carries out one of the commands.
pub(crate) async fn run(global: &Global, command: SandboxCommand) -> Outcome {
    let SandboxCommand::Fault(command) = command;
    let [sandbox, faults] = FAULTS;
    let call = match command {
        FaultCommand::Set(args) => {
            call(Method::Put, &[sandbox, faults, &args.slug]).json(args.switch())
        }
        FaultCommand::Clear { slug } => call(Method::Delete, &[sandbox, faults, &slug]),
        FaultCommand::List => call(Method::Get, &FAULTS),
    };
    let on = ask_server(global, call).await?;
    if global.json {
        screen::print_json(&on)?;
    } else {
        show(&on)?;
    }
    Ok(ExitCode::SUCCESS)
}

impl SetArgs {
    /// The switch as the API takes it.
    fn switch(&self) -> Value {
        let mut switch = match self.kind {
            Kind::Unauthorized => json!({"kind": "unauthorized"}),
            Kind::RateLimited => {
                json!({"kind": "rate_limited", "retry_after_seconds": self.retry_after})
            }
            Kind::ServerError => json!({"kind": "server_error", "status": self.status}),
            Kind::Slow => json!({"kind": "slow", "milliseconds": self.milliseconds}),
            Kind::Drop => json!({"kind": "drop"}),
        };
        if let (Some(map), Some(times)) = (switch.as_object_mut(), self.times) {
            map.insert("times".to_owned(), times.into());
        }
        switch
    }
}

fn show(on: &Value) -> std::io::Result<()> {
    let faults = on.as_object().into_iter().flatten();
    let rows: Vec<_> = faults
        .map(|(slug, fault)| vec![slug.clone(), cell(fault, "kind"), cell(fault, "times")])
        .collect();
    if rows.is_empty() {
        screen::note("no fault is on");
        return Ok(());
    }
    screen::print_table(&["APPLICATION", "FAULT", "TIMES LEFT"], &rows)
}
