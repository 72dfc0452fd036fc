//! `tenon execute`: runs an action, or shows what it would send.

use std::io::Read as _;
use std::process::ExitCode;

use clap::Args;
use serde_json::Value;
use tenon_connector::Method;

use crate::arguments::{Global, World};
use crate::failure::{Failure, Outcome, refused_by_application};
use crate::management::{answer, call_in, success};
use crate::screen::{self, cell};

/// What is run, and how.
#[derive(Debug, Args)]
pub(crate) struct ExecuteArgs {
    /// The application
    slug: String,
    /// The action
    action: String,
    /// The customer
    #[arg(long)]
    account: String,
    /// The parameters as JSON; `@FILE` reads a file, `-` standard input
    #[arg(long, default_value = "{}", value_name = "JSON")]
    data: String,
    /// Show the exact requests, secrets masked; nothing is sent and nothing is recorded
    #[arg(long)]
    dry_run: bool,
    /// Which connection, where the customer has several
    #[arg(long, value_name = "ID")]
    connection: Option<String>,
    /// A key of yours: the same key runs once, and later calls get the first one's answer
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
    /// The deadline of the whole execution
    #[arg(long, value_name = "N")]
    timeout_ms: Option<u64>,
    #[command(flatten)]
    world: World,
}

/// Runs the action. The exit code says how it ended.
pub(crate) async fn run(global: &Global, args: ExecuteArgs) -> Outcome {
    let body = data(&args.data)?;
    let path = [
        "linked-accounts",
        &args.account,
        "actions",
        &args.slug,
        &args.action,
        "execute",
    ];
    let call = call_in(&args.world, Method::Post, &path)
        .query("dry_run", args.dry_run.then_some(true))
        .query("timeout_ms", args.timeout_ms)
        .query("connection_id", args.connection)
        .header("idempotency-key", args.idempotency_key)
        .json(body);
    let (status, body) = answer(global, call).await?;
    if global.json {
        // A script wants the error's document too; what is wrong goes to stderr as well.
        screen::print_json(&body)?;
    }
    let body = success(status, body)?;
    show(global, &body, args.dry_run)
}

fn data(text: &str) -> Result<Value, Failure> {
    let text = match text.strip_prefix('@') {
        Some(file) => std::fs::read_to_string(file)
            .map_err(|error| Failure::new(format!("{file} cannot be read: {error}")))?,
        None if text == "-" => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text)?;
            text
        }
        None => text.to_owned(),
    };
    serde_json::from_str(&text).map_err(|error| {
        Failure::usage(format!("--data is not JSON: {error}"))
            .hint("quote it for the shell: --data '{\"name\": \"Ada\"}'")
    })
}

fn show(global: &Global, body: &Value, dry_run: bool) -> Outcome {
    if !global.json {
        let shown = if dry_run {
            body
        } else {
            body.get("data").unwrap_or(body)
        };
        screen::print_json(shown)?;
    }
    let end = body.get("node_status").and_then(Value::as_str);
    if dry_run || end == Some("Success") {
        note(global, body, dry_run);
        return Ok(ExitCode::SUCCESS);
    }
    let error = body.get("error").unwrap_or(body);
    let said = format!(
        "the application answered {}: {}",
        cell(body, "http_status"),
        cell(error, "message")
    );
    let failure = Failure {
        code: refused_by_application(),
        ..Failure::new(said)
    };
    Err(failure.hint(format!(
        "tenon executions show {} has the attempts",
        cell(body, "execution_id")
    )))
}

fn note(global: &Global, body: &Value, dry_run: bool) {
    match (global.json, dry_run) {
        (true, _) => {}
        (false, true) => screen::note("nothing was sent"),
        (false, false) => {
            let (id, status) = (cell(body, "execution_id"), cell(body, "http_status"));
            screen::note(&format!("{id}: the application answered {status}"));
        }
    }
}
