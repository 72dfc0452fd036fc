//! `tenon key`: the ring of keys that seals everything.

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::json;
use tenon_connector::Method;

use crate::arguments::Global;
use crate::failure::Outcome;
use crate::management::{ask, call};
use crate::screen::{self, cell};

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Put a new key in the place of the old one, while everything goes on; asked again, it ends what was cut off
    Rotate {
        /// The tenants' data keys too: every credential is sealed anew
        #[arg(long)]
        data_keys: bool,
    },
    /// Wrap everything under the last key of a ring that TENON_ENCRYPTION_KEY brings
    Rewrap,
}

/// Carries out one of the commands.
pub(crate) async fn run(global: &Global, command: KeyCommand) -> Outcome {
    let call = match command {
        KeyCommand::Rotate { data_keys } => {
            call(Method::Post, &["key-ring", "rotate"]).json(json!({"data_keys": data_keys}))
        }
        KeyCommand::Rewrap => call(Method::Post, &["key-ring", "rewrap"]),
    };
    let done = ask(global, call).await?;
    if global.json {
        screen::print_json(&done)?;
        return Ok(ExitCode::SUCCESS);
    }
    screen::print(&format!(
        "key {} wraps every data key ({} wrapped anew)",
        cell(&done, "primary_id"),
        cell(&done, "rewrapped"),
    ))?;
    screen::note("back the key file up again: what an older copy opens ends here");
    Ok(ExitCode::SUCCESS)
}
