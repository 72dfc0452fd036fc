//! The binary `tenon`: the gateway and the commands that manage it.
//!
//! Data goes to stdout and everything else to stderr, so that any command can stand in a pipe.

mod arguments;
mod commands;
mod failure;
mod harden;
mod logs;
mod management;
mod screen;
mod secrets;

use std::process::ExitCode;

use clap::Parser as _;

use crate::arguments::{Arguments, Command};
use crate::failure::Outcome;

fn main() -> ExitCode {
    secrets::take_over();
    harden::harden();
    let arguments = Arguments::parse();
    logs::start(&arguments.logs, arguments.command.serves());
    let outcome = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime.block_on(run(arguments)),
        Err(error) => Err(error.into()),
    };
    match outcome {
        Ok(code) => code,
        Err(failure) => {
            screen::fail(&failure);
            failure.code
        }
    }
}

async fn run(arguments: Arguments) -> Outcome {
    let Arguments {
        global, command, ..
    } = arguments;
    match command {
        Command::Serve(args) => Box::pin(commands::serve::run(global, args)).await,
        Command::Demo(args) => Box::pin(commands::demo::run(global, args)).await,
        Command::ApiKey(command) => commands::api_key::run(&global, command).await,
        Command::Organization(command) => commands::organization::run(&global, command).await,
        Command::Environment(command) => commands::environment::run(&global, command).await,
        Command::Application(command) => commands::application::run(&global, command).await,
        Command::LinkedAccount(command) => commands::linked_account::run(&global, command).await,
        Command::OauthClient(command) => commands::oauth_client::run(&global, command).await,
        Command::Connection(command) => commands::connection::run(&global, command).await,
        Command::Webhook(command) => commands::webhook::run(&global, command).await,
        Command::Execute(args) => commands::execute::run(&global, args).await,
        Command::Executions(command) => commands::executions::run(&global, command).await,
        Command::Audit(command) => commands::audit::run(&global, command).await,
        Command::Key(command) => commands::key::run(&global, command).await,
        Command::Journal(command) => commands::journal::run(&global, command).await,
        Command::Sandbox(command) => commands::sandbox::run(&global, command).await,
        Command::Connector(command) => commands::connector::run(&global, command).await,
        Command::Backup(args) => commands::backup::back_up(&global, args).await,
        Command::Restore(args) => commands::backup::restore(&global, args).await,
        Command::Migrate(args) => commands::backup::migrate(&global, &args).await,
        Command::Doctor => commands::doctor::run(&global).await,
        Command::Openapi { application } => commands::openapi::run(&global, application.as_deref()),
        Command::Sbom => commands::sbom::run(),
    }
}
