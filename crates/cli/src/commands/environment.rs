//! `tenon environment`: what is decided about one of the two worlds.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use tenon_connector::Method;

use crate::arguments::{Global, World};
use crate::failure::Outcome;
use crate::management::{ask, call_in};
use crate::screen;

#[derive(Debug, Subcommand)]
pub(crate) enum EnvironmentCommand {
    /// Show what is decided
    Show {
        #[command(flatten)]
        world: World,
    },
    /// Decide
    Set {
        #[command(flatten)]
        retention: RetentionArgs,
        #[command(flatten)]
        world: World,
    },
}

/// How long finished executions are kept.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct RetentionArgs {
    /// Remove finished executions after so many days
    #[arg(long, value_name = "N")]
    retention_days: Option<u32>,
    /// Keep them for ever
    #[arg(long)]
    keep: bool,
}

/// Carries out one of the commands.
pub(crate) async fn run(global: &Global, command: EnvironmentCommand) -> Outcome {
    let call = match command {
        EnvironmentCommand::Show { world } => call_in(&world, Method::Get, &["environment"]),
        EnvironmentCommand::Set { retention, world } => {
            let body = json!({"retention_days": retention.retention_days});
            call_in(&world, Method::Put, &["environment"]).json(body)
        }
    };
    let settings = ask(global, call).await?;
    if global.json {
        screen::print_json(&settings)?;
    } else {
        screen::print(&sentence(&settings))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn sentence(settings: &Value) -> String {
    match settings.get("retention_days").and_then(Value::as_u64) {
        Some(days) => format!("finished executions are kept for {days} days"),
        None => "finished executions are kept for ever".to_owned(),
    }
}
