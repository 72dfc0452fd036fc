//! `tenon journal`: the journal as evidence.

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::Value;
use tenon_connector::Method;

use crate::arguments::Global;
use crate::failure::Outcome;
use crate::management::{ask, call};
use crate::screen;

#[derive(Debug, Subcommand)]
pub(crate) enum JournalCommand {
    /// Look for rows that were deleted, edited, reordered or added behind Tenon's back; exits with 1 if there are any
    Verify,
}

/// Carries out one of the commands.
pub(crate) async fn run(global: &Global, command: JournalCommand) -> Outcome {
    let JournalCommand::Verify = command;
    let seen = ask(global, call(Method::Get, &["journal", "verify"])).await?;
    let clean = seen.get("clean").and_then(Value::as_bool) == Some(true);
    if global.json {
        screen::print_json(&seen)?;
    } else {
        show(&seen, clean)?;
    }
    Ok(match clean {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

fn show(seen: &Value, clean: bool) -> std::io::Result<()> {
    let count = |name| screen::cell(seen, name);
    let (rows, links, chains) = (count("rows"), count("links"), count("chains"));
    if clean {
        let said =
            format!("{rows} rows are as Tenon wrote them, by {links} links of {chains} chains");
        screen::print(&said)?;
        let heads = seen.get("heads").cloned().unwrap_or_default();
        let heads = screen::rows(&heads, &["boot", "seq", "mac"]);
        return screen::print_table(&["CHAIN", "LINKS", "LAST HASH"], &heads);
    }
    if let Some(findings) = seen.get("findings") {
        let rows = screen::rows(findings, &["subject", "suspicion", "place"]);
        screen::print_table(&["SUBJECT", "SUSPICION", "PLACE"], &rows)?;
    }
    let suspicious = count("suspicious");
    screen::note(&format!(
        "not as Tenon left it: {suspicious} of {rows} rows and {links} links of {chains} chains"
    ));
    Ok(())
}
