//! `tenon organization`: the tenants of this installation.

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::{Value, json};
use tenon_connector::Method;

use crate::arguments::Global;
use crate::failure::Outcome;
use crate::management::{ask, call};
use crate::screen;

#[derive(Debug, Subcommand)]
pub(crate) enum OrganizationCommand {
    /// List the organizations; the first start made one
    List,
    /// Add an organization
    Create {
        /// A name for people
        name: String,
    },
    /// Change an organization's name
    Rename {
        /// The organization's id, as `list` shows it
        id: String,
        /// The new name
        name: String,
    },
}

const ORGANIZATIONS: &str = "organizations";

/// Carries out one of the commands.
pub(crate) async fn run(global: &Global, command: OrganizationCommand) -> Outcome {
    let call = match command {
        OrganizationCommand::List => call(Method::Get, &[ORGANIZATIONS]),
        OrganizationCommand::Create { name } => {
            call(Method::Post, &[ORGANIZATIONS]).json(json!({"name": name}))
        }
        OrganizationCommand::Rename { id, name } => {
            call(Method::Put, &[ORGANIZATIONS, &id]).json(json!({"name": name}))
        }
    };
    let answer = ask(global, call).await?;
    if global.json {
        screen::print_json(&answer)?;
        return Ok(ExitCode::SUCCESS);
    }
    // One organization is shown as a list of one.
    let list = if answer.is_array() {
        answer
    } else {
        Value::Array(vec![answer])
    };
    let rows = screen::rows(&list, &["organization_id", "name", "created_at"]);
    screen::print_table(&["ID", "NAME", "MADE"], &rows)?;
    Ok(ExitCode::SUCCESS)
}
