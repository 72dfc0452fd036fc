//! `tenon webhook`: endpoints that are told what happens to connections.

use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, Value, json};
use tenon_connector::Method;

use crate::arguments::{Global, World};
use crate::failure::{Failure, Outcome};
use crate::management::{ask, call_in};
use crate::screen::{self, cell};

const WEBHOOKS: &str = "webhooks";

/// What an endpoint is told where nobody says.
const EVERYTHING: [&str; 3] = [
    "connection-created",
    "connection-deleted",
    "connection-expired",
];

#[derive(Debug, Subcommand)]
pub(crate) enum WebhookCommand {
    /// Register an endpoint. Its secret is shown this once
    Create(CreateArgs),
    /// List the endpoints
    List {
        #[command(flatten)]
        world: World,
    },
    /// Remove an endpoint; what was not delivered yet never is
    Delete(Which),
    /// Tell an endpoint of new events again, and of those that wait
    Enable(Which),
    /// Tell an endpoint nothing until it is enabled
    Disable(Which),
    /// List what an endpoint was told, newest first
    Deliveries(DeliveriesArgs),
    /// Send a delivery again, now
    Redeliver {
        #[command(flatten)]
        which: Which,
        /// The delivery's id
        delivery: String,
    },
    /// Replace an endpoint's secret. The new one is shown this once; the old one signs too for 24 hours
    RotateSecret(Which),
    /// Send a made-up event, once
    Test {
        #[command(flatten)]
        which: Which,
        /// The event [default: the first that the endpoint wants]
        #[arg(long)]
        event: Option<String>,
    },
}

/// One endpoint.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// The endpoint's id
    id: String,
    #[command(flatten)]
    world: World,
}

#[derive(Debug, Args)]
pub(crate) struct CreateArgs {
    /// Where it is, such as https://example.com/webhooks
    url: String,
    /// What it is told; may be given several times [default: connection-created, connection-deleted, connection-expired]
    #[arg(long = "event", value_name = "EVENT")]
    events: Vec<String>,
    /// Only events at this application
    #[arg(long)]
    slug: Option<String>,
    /// The body: JSON with {{event}}, {{event.<member>}} and {{linked_account_name}} [default: {{event}}]
    #[arg(long, value_name = "JSON")]
    body: Option<String>,
    /// A body for a channel of Slack
    #[arg(long, conflicts_with = "body")]
    slack: bool,
    /// A further header. The value `-` is read from standard input, so that no secret shows in the list of processes
    #[arg(long = "header", value_name = "NAME=VALUE", value_parser = header)]
    headers: Vec<(String, String)>,
    /// For people
    #[arg(long)]
    description: Option<String>,
    #[command(flatten)]
    world: World,
}

#[derive(Debug, Args)]
pub(crate) struct DeliveriesArgs {
    #[command(flatten)]
    which: Which,
    /// Only these
    #[arg(long, value_enum)]
    status: Option<Status>,
    /// The page, from 1
    #[arg(long, default_value_t = 1)]
    page: u32,
    /// How many a page holds, at most 100
    #[arg(long, default_value_t = 20)]
    limit: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Status {
    /// Tried, or tried again
    Pending,
    /// Taken by the endpoint
    Delivered,
    /// Given up
    Failed,
}

impl Status {
    fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }
}

fn header(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write NAME=VALUE, or NAME=- to read the value from standard input".to_owned()),
    }
}

/// Carries out one of the commands.
pub(crate) async fn run(global: &Global, command: WebhookCommand) -> Outcome {
    match command {
        WebhookCommand::Create(args) => create(global, args).await,
        WebhookCommand::List { world } => list(global, &world).await,
        WebhookCommand::Delete(which) => {
            let call = call_in(&which.world, Method::Delete, &[WEBHOOKS, &which.id]);
            let remaining = ask(global, call).await?;
            screen::done(global, &remaining, &format!("deleted {}", which.id))
        }
        WebhookCommand::Enable(which) => switch(global, &which, true).await,
        WebhookCommand::Disable(which) => switch(global, &which, false).await,
        WebhookCommand::Deliveries(args) => deliveries(global, args).await,
        WebhookCommand::Redeliver { which, delivery } => {
            let path = [WEBHOOKS, &which.id, "deliveries", &delivery, "redeliver"];
            send(global, &which.world, &path, &json!({})).await
        }
        WebhookCommand::RotateSecret(which) => rotate(global, &which).await,
        WebhookCommand::Test { which, event } => {
            let path = [WEBHOOKS, &which.id, "test"];
            send(global, &which.world, &path, &json!({ "event": event })).await
        }
    }
}

async fn create(global: &Global, args: CreateArgs) -> Outcome {
    let events = match args.events.is_empty() {
        true => EVERYTHING.map(str::to_owned).to_vec(),
        false => args.events,
    };
    let body = json!({
        "webhook_url": args.url,
        "webhook_events": events,
        "webhook_body": args.body,
        "webhook_type": args.slack.then_some("slack"),
        "webhook_headers": headers(args.headers)?,
        "slug": args.slug,
        "description": args.description,
    });
    let call = call_in(&args.world, Method::Post, &[WEBHOOKS]).json(body);
    let made = ask(global, call).await?;
    issued(
        global,
        &made,
        "it signs every message and is not shown again",
    )
}

/// Shows a secret that was just made: it alone is data.
fn issued(global: &Global, made: &Value, note: &str) -> Outcome {
    if global.json {
        screen::print_json(made)?;
    } else {
        screen::print(&cell(made, "secret"))?;
        screen::note(&format!(
            "the secret of {}: {note}",
            cell(made, "webhook_id")
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// The headers by name, with the one that is read from standard input.
fn headers(given: Vec<(String, String)>) -> Result<Map<String, Value>, Failure> {
    if given.iter().filter(|(_, value)| value == "-").count() > 1 {
        let message = "only one header can be read from standard input";
        return Err(Failure::usage(message));
    }
    let read = |(name, value): (String, String)| {
        let value = match value.as_str() {
            "-" => screen::from_stdin()?,
            _ => value,
        };
        Ok((name, Value::String(value)))
    };
    given.into_iter().map(read).collect()
}

async fn list(global: &Global, world: &World) -> Outcome {
    let all = ask(global, call_in(world, Method::Get, &[WEBHOOKS])).await?;
    let columns = [
        ("ID", "webhook_id"),
        ("URL", "webhook_url"),
        ("EVENTS", "webhook_events"),
        ("BODY", "webhook_type"),
        ("ENABLED", "is_enabled"),
        ("DISABLED BECAUSE", "disabled_because"),
    ];
    screen::list(global, &all, &columns)
}

async fn switch(global: &Global, which: &Which, enabled: bool) -> Outcome {
    let call = call_in(&which.world, Method::Put, &[WEBHOOKS, &which.id]);
    let changed = ask(global, call.json(json!({ "is_enabled": enabled }))).await?;
    let word = if enabled { "enabled" } else { "disabled" };
    screen::done(global, &changed, word)
}

async fn deliveries(global: &Global, args: DeliveriesArgs) -> Outcome {
    let path = [WEBHOOKS, &args.which.id, "deliveries"];
    let call = call_in(&args.which.world, Method::Get, &path)
        .query("status", args.status.map(Status::as_str))
        .query("page", Some(args.page))
        .query("limit", Some(args.limit));
    let page = ask(global, call).await?;
    let columns = [
        ("ID", "delivery_id"),
        ("EVENT", "event"),
        ("STATUS", "status"),
        ("ATTEMPTS", "attempts"),
        ("NEXT", "next_attempt_at"),
        ("MADE", "created_at"),
    ];
    screen::list(global, &page, &columns)
}

/// Has something sent, and says whether the endpoint took it.
async fn send(global: &Global, world: &World, path: &[&str], body: &Value) -> Outcome {
    let call = call_in(world, Method::Post, path).json(body.clone());
    let sent = ask(global, call).await?;
    let attempts = sent.get("attempts").and_then(Value::as_array);
    let nothing = Value::Null;
    let last = attempts
        .and_then(|attempts| attempts.last())
        .unwrap_or(&nothing);
    let what = match last.get("error") {
        Some(Value::String(error)) => error.clone(),
        _ => format!("the endpoint answered {}", cell(last, "http_status")),
    };
    screen::done(global, &sent, &format!("{}: {what}", cell(&sent, "status")))
}

async fn rotate(global: &Global, which: &Which) -> Outcome {
    let path = [WEBHOOKS, &which.id, "secret", "rotate"];
    let rotated = ask(global, call_in(&which.world, Method::Post, &path)).await?;
    let until = cell(&rotated, "old_secret_valid_until");
    let note = format!("it is not shown again; the old one signs too until {until}");
    issued(global, &rotated, &note)
}
