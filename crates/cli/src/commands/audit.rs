//! `tenon audit`: who managed what.

use clap::{Args, Subcommand};
use tenon_connector::Method;

use crate::arguments::Global;
use crate::failure::Outcome;
use crate::management::{ask, call};
use crate::screen;

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// List what was managed, newest first
    List(ListArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Only by this one: an id of an API key or a session, or what names an admin key
    #[arg(long, value_name = "ID")]
    actor: Option<String>,
    /// Only this act, such as adminCreateApiKey
    #[arg(long)]
    act: Option<String>,
    /// Only at or after this day or time (ISO 8601)
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only before this time, or on or before this day
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// The page, from 1
    #[arg(long, default_value_t = 1)]
    page: u32,
    /// How many a page holds, at most 100
    #[arg(long, default_value_t = 20)]
    limit: u32,
}

/// Carries out one of the commands.
pub(crate) async fn run(global: &Global, command: AuditCommand) -> Outcome {
    let AuditCommand::List(args) = command;
    let call = call(Method::Get, &["audit"])
        .query("actor", args.actor)
        .query("act", args.act)
        .query("start_date", args.since)
        .query("end_date", args.until)
        .query("page", Some(args.page))
        .query("limit", Some(args.limit));
    let page = ask(global, call).await?;
    let columns = [
        ("WHEN", "at"),
        ("WHO", "actor_kind"),
        ("WHICH", "actor"),
        ("WHAT", "act"),
        ("TO WHAT", "target"),
        ("FROM", "from"),
        ("END", "status"),
    ];
    screen::list(global, &page, &columns)
}
