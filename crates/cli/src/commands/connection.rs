//! `tenon connection`: what customers have connected.

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};
use tenon_connector::Method;

use crate::arguments::{Global, World};
use crate::failure::{Failure, Outcome};
use crate::management::{ask, call_in};
use crate::screen::{self, cell};

#[derive(Debug, Subcommand)]
pub(crate) enum ConnectionCommand {
    /// Connect a customer to an application
    Create(CreateArgs),
    /// List what a customer has connected
    List {
        /// The customer
        #[arg(long)]
        account: String,
        #[command(flatten)]
        world: World,
    },
    /// Remove a customer's connections to an application
    Delete {
        /// The application
        slug: String,
        /// The customer
        #[arg(long)]
        account: String,
        /// Only this connection
        #[arg(long, value_name = "ID")]
        connection: Option<String>,
        #[command(flatten)]
        world: World,
    },
    /// Let stored credentials go where a changed connector now sends them. Read the change first
    Approve {
        /// The application
        slug: String,
        #[command(flatten)]
        world: World,
    },
}

#[derive(Debug, Args)]
pub(crate) struct CreateArgs {
    /// The application
    slug: String,
    /// The customer
    #[arg(long)]
    account: String,
    /// Let its calls go to the sandbox; no credential is needed
    #[arg(long, conflicts_with_all = ["fields", "auth", "another", "replace"])]
    sandbox: bool,
    /// The way to authenticate, or its family [default: the connector's first]
    #[arg(long)]
    auth: Option<String>,
    /// A field of the credential, or a fact such as the instance's address. The value `-` is read from standard
    /// input, so that no secret shows in the list of processes
    #[arg(long = "field", value_name = "NAME=VALUE", value_parser = field)]
    fields: Vec<(String, String)>,
    /// A name for people
    #[arg(long)]
    label: Option<String>,
    /// Make another connection even where there is one of this way
    #[arg(long)]
    another: bool,
    /// Give this connection a new credential
    #[arg(long, value_name = "ID")]
    replace: Option<String>,
    #[command(flatten)]
    world: World,
}

fn field(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write NAME=VALUE, or NAME=- to read the value from standard input".to_owned()),
    }
}

/// Carries out one of the commands.
pub(crate) async fn run(global: &Global, command: ConnectionCommand) -> Outcome {
    match command {
        ConnectionCommand::Create(args) => create(global, args).await,
        ConnectionCommand::List { account, world } => list(global, &account, &world).await,
        ConnectionCommand::Delete {
            slug,
            account,
            connection,
            world,
        } => {
            let path = ["linked-accounts", &account, "connections", &slug];
            let call = call_in(&world, Method::Delete, &path).query("connection_id", connection);
            let removed = ask(global, call).await?;
            let said = format!("removed {}", cell(&removed, "removed"));
            screen::done(global, &removed, &said)
        }
        ConnectionCommand::Approve { slug, world } => {
            let path = ["applications", &slug, "approve"];
            let approved = ask(global, call_in(&world, Method::Post, &path)).await?;
            let said = format!("approved {}", cell(&approved, "approved"));
            screen::done(global, &approved, &said)
        }
    }
}

async fn create(global: &Global, args: CreateArgs) -> Outcome {
    let path = ["linked-accounts", &args.account, "connections", &args.slug];
    let call = call_in(&args.world, Method::Post, &path);
    let fields = fields(args.fields)?;
    let body = json!({
        "sandbox": args.sandbox,
        "auth_type": args.auth,
        "fields": fields,
        "label": args.label,
        "another": args.another,
        "connection_id": args.replace,
    });
    let made = ask(global, call.json(body)).await?;
    let said = format!("connected as {}", cell(&made, "connection_id"));
    screen::done(global, &made, &said)
}

/// The fields by name, with the one that is read from standard input.
fn fields(given: Vec<(String, String)>) -> Result<Map<String, Value>, Failure> {
    if given.iter().filter(|(_, value)| value == "-").count() > 1 {
        return Err(Failure::usage(
            "only one field can be read from standard input",
        ));
    }
    let read = |(name, value): (String, String)| {
        let value = if value == "-" {
            screen::from_stdin()?
        } else {
            value
        };
        Ok((name, Value::String(value)))
    };
    given.into_iter().map(read).collect()
}

async fn list(global: &Global, account: &str, world: &World) -> Outcome {
    let path = ["linked-accounts", account, "connections"];
    let all = ask(global, call_in(world, Method::Get, &path)).await?;
    let columns = [
        ("ID", "connection_id"),
        ("APPLICATION", "slug"),
        ("AUTH", "auth_type"),
        ("STATUS", "status"),
        ("SANDBOX", "sandbox"),
        ("LABEL", "label"),
    ];
    screen::list(global, &all, &columns)
}
