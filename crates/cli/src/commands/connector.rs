//! `tenon connector`: what Tenon knows of applications, and the author's tools.
//!
//! The author's tools read files, or a description from the web, and nothing else: no data directory, no server.

mod check;
mod import;
mod source;
mod verify;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Subcommand, ValueEnum};
use serde_json::Value;
use tenon_connector::{Method, document};

use crate::arguments::Global;
use crate::failure::Outcome;
use crate::management::{ask, call};
use crate::screen::{self, cell};

#[derive(Debug, Subcommand)]
pub(crate) enum ConnectorCommand {
    /// List the applications that Tenon knows
    List,
    /// Show an application: ways to authenticate, actions, and what is wrong with its files
    Show {
        /// The application
        slug: String,
    },
    /// Say what is wrong with connectors, by file, line and column
    Lint {
        /// A folder of connectors, one connector's folder, or a shipped one's slug [default: the shipped catalogue]
        what: Option<String>,
    },
    /// Run the examples of connectors: the exact request of each input, and the data of each answer
    Test {
        /// A folder of connectors, one connector's folder, or a shipped one's slug [default: the shipped catalogue]
        what: Option<String>,
    },
    /// Say where actions and the vendor's own API description do not agree
    Verify {
        /// A folder of connectors, one connector's folder, or a shipped one's slug
        what: String,
        /// The description: OpenAPI, Swagger, Google Discovery or a GraphQL schema; a folder stands for all in it
        #[arg(long = "spec", value_name = "FILE", required = true)]
        specs: Vec<PathBuf>,
    },
    /// Make a connector of a vendor's description of its API
    Import(Box<import::ImportArgs>),
    /// Print the JSON Schema of connector documents, for editors
    Schema {
        /// Of which file
        #[arg(value_enum, default_value_t = Document::Action)]
        of: Document,
    },
}

/// The two kinds of files that an author writes.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Document {
    /// connector.yaml
    Connector,
    /// actions/*.yaml
    Action,
}

/// Carries out one of the commands.
pub(crate) async fn run(global: &Global, command: ConnectorCommand) -> Outcome {
    match command {
        ConnectorCommand::List => list(global).await,
        ConnectorCommand::Show { slug } => show(global, &slug).await,
        ConnectorCommand::Lint { what } => check::lint(global, what.as_deref()),
        ConnectorCommand::Test { what } => check::test(global, what.as_deref()),
        ConnectorCommand::Verify { what, specs } => verify::verify(global, &what, &specs),
        ConnectorCommand::Import(args) => import::run(global, *args).await,
        ConnectorCommand::Schema { of } => {
            screen::print_json(&match of {
                Document::Connector => document::connector_schema(),
                Document::Action => document::action_schema(),
            })?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

const CONNECTORS: &str = "connectors";

async fn list(global: &Global) -> Outcome {
    let all = ask(global, call(Method::Get, &[CONNECTORS])).await?;
    let columns = [
        ("SLUG", "slug"),
        ("NAME", "name"),
        ("VERSION", "version"),
        ("ACTIONS", "actions"),
        ("PROBLEMS", "problems"),
    ];
    screen::list(global, &all, &columns)
}

async fn show(global: &Global, slug: &str) -> Outcome {
    let one = ask(global, call(Method::Get, &[CONNECTORS, slug])).await?;
    if global.json {
        screen::print_json(&one)?;
        return Ok(ExitCode::SUCCESS);
    }
    let list = |name: &str| {
        let items = one.get(name).and_then(Value::as_array);
        let texts: Vec<&str> = items
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        texts.join("\n  ")
    };
    let (name, version) = (cell(&one, "name"), cell(&one, "version"));
    screen::print(&format!(
        "{name} ({slug}), version {version}\nways to authenticate:\n  {}\nactions:\n  {}",
        list("auth_types"),
        list("actions")
    ))?;
    if cell(&one, "problems") != "0" {
        screen::note(&format!("problems:\n  {}", list("problems")));
    }
    Ok(ExitCode::SUCCESS)
}
