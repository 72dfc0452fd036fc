//! Logs, on stderr. A level without a name means Tenon's own crates: what libraries say at their loudest may hold
//! what nobody should read.

use std::io::stderr;

use clap::{Args, ValueEnum};
use tracing_subscriber::EnvFilter;

/// How much is logged, and how.
#[derive(Debug, Args)]
pub(crate) struct LogArgs {
    /// What is logged: error, warn, info, debug, trace, or a filter such as `tenon_engine=debug` [default: info when serving, else error]
    #[arg(
        long = "log",
        env = "TENON_LOG",
        global = true,
        value_name = "LEVEL",
        help_heading = "Logs"
    )]
    filter: Option<String>,
    /// How a line looks [default: json when serving, else text]
    #[arg(
        long = "log-format",
        env = "TENON_LOG_FORMAT",
        global = true,
        help_heading = "Logs"
    )]
    format: Option<Format>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

/// Starts logging. `serves` says whether this process is the server.
pub(crate) fn start(args: &LogArgs, serves: bool) {
    let (level, format) = match serves {
        true => ("info", Format::Json),
        false => ("error", Format::Text),
    };
    let filter = filter(args.filter.as_deref().unwrap_or(level));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(stderr)
        .with_ansi(false);
    match args.format.unwrap_or(format) {
        Format::Json => builder.json().flatten_event(true).init(),
        Format::Text => builder.init(),
    }
}

const OWN: [&str; 8] = [
    "tenon",
    "tenon_connector",
    "tenon_egress",
    "tenon_engine",
    "tenon_sandbox",
    "tenon_server",
    "tenon_store",
    "tenon_vault",
];

fn filter(text: &str) -> EnvFilter {
    let word = !text.contains(['=', ',', '[']);
    let directives = match word {
        true => OWN.map(|name| format!("{name}={text}")).join(","),
        false => text.to_owned(),
    };
    EnvFilter::new(format!("warn,{directives}"))
}
