//! `tenon executions`: the journal.

use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};
use tenon_connector::Method;

use crate::arguments::{Global, World};
use crate::failure::Outcome;
use crate::management::{ask, call_in};
use crate::screen;

#[derive(Debug, Subcommand)]
pub(crate) enum ExecutionsCommand {
    /// List what was run, newest first
    List(ListArgs),
    /// Show the record of one execution, with its attempts
    Show {
        /// The execution's id
        id: String,
        #[command(flatten)]
        world: World,
    },
    /// Find out how an execution ended whose outcome is unknown: ask the application, or say what you know
    Resolve {
        /// The execution's id
        id: String,
        /// What you know [default: ask the application by the action's lookup]
        #[arg(long, value_enum, requires = "note")]
        outcome: Option<Known>,
        /// How you know
        #[arg(long, requires = "outcome")]
        note: Option<String>,
        #[command(flatten)]
        world: World,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Known {
    /// The application did it
    Happened,
    /// It did not
    DidNotHappen,
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Only this customer's
    #[arg(long)]
    account: Option<String>,
    /// Only at this application
    #[arg(long)]
    slug: Option<String>,
    /// Only those that ended like this: Success, Failed, Timed_Out or Unknown
    #[arg(long, value_name = "STATUS")]
    node_status: Option<String>,
    /// The page, from 1
    #[arg(long, default_value_t = 1)]
    page: u32,
    /// How many a page holds, at most 100
    #[arg(long, default_value_t = 20)]
    limit: u32,
    #[command(flatten)]
    world: World,
}

const EXECUTIONS: &str = "executions";

/// Carries out one of the commands.
pub(crate) async fn run(global: &Global, command: ExecutionsCommand) -> Outcome {
    match command {
        ExecutionsCommand::List(args) => list(global, args).await,
        ExecutionsCommand::Show { id, world } => {
            let call = call_in(&world, Method::Get, &[EXECUTIONS, &id]);
            screen::print_json(&ask(global, call).await?)?;
            Ok(ExitCode::SUCCESS)
        }
        ExecutionsCommand::Resolve {
            id,
            outcome,
            note,
            world,
        } => {
            let outcome = outcome.map(|known| match known {
                Known::Happened => "happened",
                Known::DidNotHappen => "did_not_happen",
            });
            let call = call_in(&world, Method::Post, &[EXECUTIONS, &id, "resolve"]);
            let call = call.json(json!({ "outcome": outcome, "note": note }));
            let resolved = ask(global, call).await?;
            let word = resolved
                .get("resolution")
                .and_then(Value::as_str)
                .unwrap_or("still_unknown");
            screen::done(global, &resolved, word)
        }
    }
}

async fn list(global: &Global, args: ListArgs) -> Outcome {
    let call = call_in(&args.world, Method::Get, &[EXECUTIONS])
        .query("linked_account_id", args.account)
        .query("slug", args.slug)
        .query("node_status", args.node_status)
        .query("page", Some(args.page))
        .query("limit", Some(args.limit));
    let page = ask(global, call).await?;
    let columns = [
        ("ID", "execution_id"),
        ("ACCOUNT", "linked_account_id"),
        ("APPLICATION", "slug"),
        ("ACTION", "action_id"),
        ("END", "node_status"),
        ("HTTP", "http_status"),
        ("BEGUN", "started_at"),
    ];
    screen::list(global, &page, &columns)
}
