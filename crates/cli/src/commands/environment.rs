//! `tenon environment`: what is decided about one of the two worlds.

use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, Value, json};
use tenon_connector::Method;

use crate::arguments::{Global, World};
use crate::failure::Outcome;
use crate::management::{ask, call_in};
use crate::screen;

#[derive(Debug, Subcommand)]
pub(crate) enum EnvironmentCommand {
    /// Show what is decided
    Show {
        #[command(flatten)]
        world: World,
    },
    /// Decide; what is not named stays as it is
    Set {
        #[command(flatten)]
        decision: Decision,
        #[command(flatten)]
        world: World,
    },
}

/// What is decided anew.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub(crate) struct Decision {
    /// Remove finished executions after so many days
    #[arg(long, value_name = "N", conflicts_with = "keep")]
    retention_days: Option<u32>,
    /// Keep them for ever
    #[arg(long)]
    keep: bool,
    /// Whether your application has to confirm, as the account's own user, what is connected
    #[arg(long, value_enum, value_name = "on|off")]
    confirm: Option<Confirm>,
    /// An address that browsers may return to from the connect pages; give it again for several
    #[arg(long = "redirect-url", value_name = "URL")]
    redirect_urls: Vec<String>,
    /// An origin whose pages may open the connect pages and confirm; give it again for several
    #[arg(long = "origin", value_name = "ORIGIN")]
    origins: Vec<String>,
    /// Forget the addresses and origins that were given before
    #[arg(long)]
    clear_origins: bool,
    /// How the connect pages look, such as name=Acme or color=#2563eb; give it again for several
    #[arg(long = "property", value_name = "NAME=VALUE", value_parser = property)]
    properties: Vec<(String, String)>,
}

/// Whether the account's own user confirms.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Confirm {
    /// By a credential of the same account
    On,
    /// Whoever completes the pages is taken for the account's user
    Off,
}

fn property(text: &str) -> Result<(String, String), &'static str> {
    let pair = text.split_once('=').filter(|(name, _)| !name.is_empty());
    let pair = pair.map(|(name, value)| (name.to_owned(), value.to_owned()));
    pair.ok_or("a property is NAME=VALUE")
}

/// Carries out one of the commands.
pub(crate) async fn run(global: &Global, command: EnvironmentCommand) -> Outcome {
    let call = match command {
        EnvironmentCommand::Show { world } => call_in(&world, Method::Get, &["environment"]),
        EnvironmentCommand::Set { decision, world } => {
            let before = ask(global, call_in(&world, Method::Get, &["environment"])).await?;
            let body = decision.over(&before);
            call_in(&world, Method::Put, &["environment"]).json(body)
        }
    };
    let settings = ask(global, call).await?;
    if global.json {
        screen::print_json(&settings)?;
    } else {
        screen::print(&sentence(&settings))?;
    }
    Ok(ExitCode::SUCCESS)
}

impl Decision {
    /// What was decided before, with what is decided now.
    fn over(self, before: &Value) -> Value {
        let days = match self.keep || self.retention_days.is_some() {
            true => json!(self.retention_days),
            false => of(before, "retention_days"),
        };
        let connect = of(before, "connect");
        let confirm = match self.confirm {
            Some(Confirm::On) => json!("on"),
            Some(Confirm::Off) => json!("off"),
            None => of(&connect, "confirm"),
        };
        let added = |name: &str, more: Vec<String>| {
            let mut all = match self.clear_origins {
                true => Vec::new(),
                false => texts(&connect, name),
            };
            let new = more.into_iter().filter(|one| !all.contains(one));
            let new: Vec<_> = new.collect();
            all.extend(new);
            all
        };
        let mut properties = match of(&connect, "properties") {
            Value::Object(properties) => properties,
            _ => Map::new(),
        };
        let said = self.properties.into_iter();
        properties.extend(said.map(|(name, value)| (name, value.into())));
        json!({"retention_days": days, "connect": {
            "confirm": confirm, "properties": properties,
            "redirect_urls": added("redirect_urls", self.redirect_urls),
            "origins": added("origins", self.origins),
        }})
    }
}

fn of(settings: &Value, name: &str) -> Value {
    settings.get(name).cloned().unwrap_or_default()
}

fn texts(settings: &Value, name: &str) -> Vec<String> {
    let listed = settings.get(name).and_then(Value::as_array);
    let texts = listed.into_iter().flatten().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}

fn sentence(settings: &Value) -> String {
    let kept = match settings.get("retention_days").and_then(Value::as_u64) {
        Some(days) => format!("finished executions are kept for {days} days"),
        None => "finished executions are kept for ever".to_owned(),
    };
    let connect = of(settings, "connect");
    let confirmed = match of(&connect, "confirm").as_str() {
        Some("off") => "nobody confirms what is connected",
        _ => "your application confirms what is connected",
    };
    let places = [texts(&connect, "origins"), texts(&connect, "redirect_urls")].concat();
    let places = match places.as_slice() {
        [] => "nowhere yet (tenon environment set --origin ORIGIN)".to_owned(),
        some => some.join(", "),
    };
    format!("{kept}\n{confirmed}\naccounts connect from: {places}")
}
