//! `tenon linked-account`: the tenant's customers.

use clap::Subcommand;
use serde_json::json;
use tenon_connector::Method;

use crate::arguments::{Global, World};
use crate::failure::Outcome;
use crate::management::{ask, call_in};
use crate::screen;

#[derive(Debug, Subcommand)]
pub(crate) enum LinkedAccountCommand {
    /// Add a customer
    Create {
        /// Your own id of the customer, such as an e-mail address or a primary key
        id: String,
        /// A name for people
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        world: World,
    },
    /// List customers, newest first
    List {
        /// Only those whose id or name has this in it
        #[arg(long)]
        search: Option<String>,
        /// The page, from 1
        #[arg(long, default_value_t = 1)]
        page: u32,
        /// How many a page holds, at most 100
        #[arg(long, default_value_t = 50)]
        limit: u32,
        #[command(flatten)]
        world: World,
    },
    /// Remove a customer with everything that belongs to it; executions stay on record unless told otherwise
    Delete {
        /// The customer's id
        id: String,
        /// Remove its finished executions too
        #[arg(long)]
        history: bool,
        #[command(flatten)]
        world: World,
    },
}

const ACCOUNTS: &str = "linked-accounts";

/// Carries out one of the commands.
pub(crate) async fn run(global: &Global, command: LinkedAccountCommand) -> Outcome {
    let (call, said) = match command {
        LinkedAccountCommand::Create { id, name, world } => {
            let body = json!({"linked_account_id": id, "name": name});
            let call = call_in(&world, Method::Post, &[ACCOUNTS]).json(body);
            (call, format!("added {id}"))
        }
        LinkedAccountCommand::Delete { id, history, world } => {
            let call =
                call_in(&world, Method::Delete, &[ACCOUNTS, &id]).query("history", Some(history));
            let removed = ask(global, call).await?;
            return screen::done(global, &removed, &receipt(&id, &removed));
        }
        LinkedAccountCommand::List {
            search,
            page,
            limit,
            world,
        } => {
            let call = call_in(&world, Method::Get, &[ACCOUNTS])
                .query("search", search)
                .query("page", Some(page))
                .query("limit", Some(limit));
            return list(global, ask(global, call).await?);
        }
    };
    screen::done(global, &ask(global, call).await?, &said)
}

fn receipt(id: &str, removed: &serde_json::Value) -> String {
    let count = |name| screen::cell(removed, name);
    format!(
        "removed {id}: {} connections, {} sessions, {} idempotency keys, {} kept answers, {} executions",
        count("connections"),
        count("sessions"),
        count("idempotency_keys"),
        count("results"),
        count("executions"),
    )
}

fn list(global: &Global, page: serde_json::Value) -> Outcome {
    let columns = [
        ("ID", "account_id"),
        ("NAME", "name"),
        ("MADE", "createdAt"),
    ];
    screen::list(global, &page, &columns)
}
