//! `tenon doctor`: looks for what is wrong, and says how to mend it.

use std::process::ExitCode;

use serde_json::json;
use tenon_server::doctor::{self, Check, State};

use crate::arguments::Global;
use crate::failure::Outcome;
use crate::screen;

/// Looks at everything, and fails if something has to be mended.
pub(crate) async fn run(global: &Global) -> Outcome {
    let checks = Box::pin(doctor::examine(&global.config())).await;
    if global.json {
        let shown = checks.iter().map(|check| {
            json!({
                "name": check.name,
                "state": word(check.state),
                "message": check.message,
                "remedy": check.remedy,
            })
        });
        screen::print_json(&shown.collect())?;
    } else {
        checks.iter().try_for_each(show)?;
    }
    let broken = checks.iter().any(|check| check.state == State::Broken);
    Ok(if broken {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn show(check: &Check) -> std::io::Result<()> {
    let Check { name, message, .. } = check;
    screen::print(&format!("{:6} {name}: {message}", word(check.state)))?;
    match &check.remedy {
        Some(remedy) => screen::print(&format!("       → {remedy}")),
        None => Ok(()),
    }
}

fn word(state: State) -> &'static str {
    match state {
        State::Good => "ok",
        State::Doubtful => "warn",
        State::Broken => "broken",
    }
}
