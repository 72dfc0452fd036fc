//! `tenon application`: which applications a tenant's accounts see and use.

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::{Value, json};
use tenon_connector::Method;

use crate::arguments::{Global, World};
use crate::failure::Outcome;
use crate::management::{ask, call_in};
use crate::screen;

#[derive(Debug, Subcommand)]
pub(crate) enum ApplicationCommand {
    /// List the applications, and whether they are switched on
    List {
        #[command(flatten)]
        world: World,
    },
    /// Let the accounts of an environment use an application
    Enable {
        /// The application
        slug: String,
        #[command(flatten)]
        world: World,
    },
    /// Hide an application from the accounts of an environment, and refuse its actions
    Disable {
        /// The application
        slug: String,
        #[command(flatten)]
        world: World,
    },
}

const APPLICATIONS: &str = "applications";

/// Carries out one of the commands.
pub(crate) async fn run(global: &Global, command: ApplicationCommand) -> Outcome {
    match command {
        ApplicationCommand::List { world } => list(global, &world).await,
        ApplicationCommand::Enable { slug, world } => decide(global, &slug, &world, true).await,
        ApplicationCommand::Disable { slug, world } => decide(global, &slug, &world, false).await,
    }
}

async fn list(global: &Global, world: &World) -> Outcome {
    let all = ask(global, call_in(world, Method::Get, &[APPLICATIONS])).await?;
    if global.json {
        screen::print_json(&all)?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<_> = all.as_object().into_iter().flatten().map(row).collect();
    screen::print_table(&["SLUG", "STATE"], &rows)?;
    Ok(ExitCode::SUCCESS)
}

fn row((slug, settings): (&String, &Value)) -> Vec<String> {
    let on = settings.get("enabled").and_then(Value::as_bool) == Some(true);
    vec![slug.clone(), if on { "on" } else { "off" }.to_owned()]
}

async fn decide(global: &Global, slug: &str, world: &World, enabled: bool) -> Outcome {
    let call = call_in(world, Method::Put, &[APPLICATIONS, slug]).json(json!({"enabled": enabled}));
    let decided = ask(global, call).await?;
    let said = if enabled {
        "switched on"
    } else {
        "switched off"
    };
    screen::done(global, &decided, said)
}
