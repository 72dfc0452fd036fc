//! `tenon oauth-client`: the OAuth clients that you registered at applications.

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use tenon_connector::Method;

use crate::arguments::{Global, World};
use crate::failure::{Failure, Outcome};
use crate::management::{ask, call_in};
use crate::screen::{self, cell};

#[derive(Debug, Subcommand)]
pub(crate) enum OauthClientCommand {
    /// Set the client of an application
    Set(SetArgs),
    /// List the clients. Secrets are never shown
    List {
        #[command(flatten)]
        world: World,
    },
    /// Remove the client of an application
    Delete {
        /// The application
        slug: String,
        /// Of this way to authenticate [default: the connector's first with a grant]
        #[arg(long)]
        auth: Option<String>,
        #[command(flatten)]
        world: World,
    },
}

#[derive(Debug, Args)]
pub(crate) struct SetArgs {
    /// The application
    slug: String,
    /// What the application calls the client
    #[arg(long, value_name = "ID")]
    client_id: String,
    /// Keep the secret that is set, or have none. Without this it is read from standard input, so that it shows in no list of processes
    #[arg(long)]
    no_secret: bool,
    /// Ask accounts for this scope; may be given several times [default: the connector's scopes]
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,
    /// The way to authenticate [default: the connector's first with a grant]
    #[arg(long)]
    auth: Option<String>,
    #[command(flatten)]
    world: World,
}

/// Carries out one of the commands.
pub(crate) async fn run(global: &Global, command: OauthClientCommand) -> Outcome {
    match command {
        OauthClientCommand::Set(args) => set(global, args).await,
        OauthClientCommand::List { world } => {
            let all = ask(global, call_in(&world, Method::Get, &["oauth-clients"])).await?;
            let columns = [
                ("APPLICATION", "slug"),
                ("AUTH", "auth_type"),
                ("CLIENT ID", "client_id"),
                ("SECRET", "has_secret"),
                ("CALLBACK", "redirect_uri"),
            ];
            screen::list(global, &all, &columns)
        }
        OauthClientCommand::Delete { slug, auth, world } => {
            let path = ["oauth-clients", &slug];
            let call = call_in(&world, Method::Delete, &path).query("auth_type", auth);
            let removed = ask(global, call).await?;
            screen::done(global, &removed, &format!("removed the client of {slug}"))
        }
    }
}

async fn set(global: &Global, args: SetArgs) -> Outcome {
    let secret = match args.no_secret {
        true => None,
        false => Some(secret()?),
    };
    let body = json!({
        "auth_type": args.auth,
        "client_id": args.client_id,
        "client_secret": secret,
        "scopes": args.scopes,
    });
    let path = ["oauth-clients", &args.slug];
    let call = call_in(&args.world, Method::Put, &path).json(body);
    let client = ask(global, call).await?;
    screen::done(global, &client, &said(&client))
}

fn said(client: &Value) -> String {
    let slug = cell(client, "slug");
    match client.get("redirect_uri").and_then(Value::as_str) {
        Some(uri) => format!("set the client of {slug}; register {uri} there as its callback"),
        None => format!(
            "set the client of {slug}; start the server with --public-url to get the callback to register"
        ),
    }
}

fn secret() -> Result<String, Failure> {
    let text = screen::from_stdin()?;
    match text.is_empty() {
        true => Err(Failure::usage(
            "give the client's secret on standard input, or --no-secret",
        )),
        false => Ok(text),
    }
}
