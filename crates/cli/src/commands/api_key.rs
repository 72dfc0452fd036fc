//! `tenon api-key`: keys for the tenant's backend.

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::json;
use tenon_connector::Method;

use crate::arguments::{Global, World};
use crate::failure::Outcome;
use crate::management::{ask, call_in};
use crate::screen::{self, cell};

#[derive(Debug, Subcommand)]
pub(crate) enum ApiKeyCommand {
    /// Make a key; it is shown this once
    Create {
        /// What you call it
        #[arg(default_value = "API key")]
        name: String,
        #[command(flatten)]
        world: World,
    },
    /// List the keys, without what opens anything
    List {
        #[command(flatten)]
        world: World,
    },
    /// Make a key useless, at once
    Revoke {
        /// The key's id, as `list` shows it
        id: String,
        #[command(flatten)]
        world: World,
    },
}

const KEYS: &str = "api-keys";

/// Carries out one of the commands.
pub(crate) async fn run(global: &Global, command: ApiKeyCommand) -> Outcome {
    match command {
        ApiKeyCommand::Create { name, world } => create(global, &name, &world).await,
        ApiKeyCommand::List { world } => list(global, &world).await,
        ApiKeyCommand::Revoke { id, world } => revoke(global, &id, &world).await,
    }
}

async fn create(global: &Global, name: &str, world: &World) -> Outcome {
    let call = call_in(world, Method::Post, &[KEYS]).json(json!({"name": name}));
    let made = ask(global, call).await?;
    if global.json {
        screen::print_json(&made)?;
    } else {
        screen::print(&cell(&made, "api_key"))?;
        screen::note("send it as `x-api-key`, with `linked_account_id`; it is not shown again");
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(global: &Global, world: &World) -> Outcome {
    let keys = ask(global, call_in(world, Method::Get, &[KEYS])).await?;
    let columns = [
        ("ID", "api_key_id"),
        ("NAME", "name"),
        ("BEGINS WITH", "hint"),
        ("MADE", "created_at"),
        ("REVOKED", "revoked_at"),
    ];
    screen::list(global, &keys, &columns)
}

async fn revoke(global: &Global, id: &str, world: &World) -> Outcome {
    let revoked = ask(global, call_in(world, Method::Delete, &[KEYS, id])).await?;
    screen::done(global, &revoked, "revoked")
}
