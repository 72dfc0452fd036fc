//! What can be typed.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use ipnet::IpNet;
use tenon_server::config::{Caps, Connections, Environment, FileLimits, ServeConfig};

use crate::commands::{
    api_key, application, audit, backup, connection, connector, demo, environment, execute,
    executions, journal, key, linked_account, oauth_client, organization, sandbox, serve, webhook,
};
use crate::failure::CODES;
use crate::logs::LogArgs;
use crate::secrets;

const START: &str = "\
Start here:
  tenon demo                                   everything on this machine, with one executed action
  tenon serve                                  the gateway, with everything in ./data
  tenon linked-account create ada@example.com  a customer of yours
  tenon connector list                         the applications that Tenon knows
  tenon connection create SLUG --account ada@example.com --sandbox
  tenon execute SLUG ACTION --account ada@example.com --data '{}' --dry-run
  tenon api-key create my-backend              a key for your backend

Commands talk to the server of the data directory; where none runs, they open the directory themselves.";

/// A self-hosted gateway: runs any action in a third-party application on behalf of your customers.
#[derive(Debug, Parser)]
#[command(name = "tenon", version, max_term_width = 110, after_help = START, after_long_help = format!("{START}\n\n{CODES}"))]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(flatten)]
    pub(crate) logs: LogArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Print JSON, for scripts
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Where everything is kept
    #[arg(
        long,
        env = "TENON_DATA_DIR",
        default_value = "data",
        global = true,
        value_name = "DIR",
        help_heading = "Installation"
    )]
    data_dir: PathBuf,
    /// The key ring [default: tenon.key in the data directory]
    #[arg(
        long,
        env = "TENON_KEY_FILE",
        global = true,
        value_name = "FILE",
        help_heading = "Installation"
    )]
    key_file: Option<PathBuf>,
    /// A folder of your own connectors, over the shipped ones
    #[arg(
        long,
        env = "TENON_CONNECTORS",
        global = true,
        value_name = "DIR",
        help_heading = "Installation"
    )]
    pub(crate) connectors: Option<PathBuf>,
    /// Private networks that connectors may reach, and by plain http
    #[arg(
        long,
        env = "TENON_DANGEROUSLY_ALLOW_PRIVATE_NETWORKS",
        global = true,
        value_name = "CIDR,…",
        value_delimiter = ',',
        help_heading = "Installation"
    )]
    dangerously_allow_private_networks: Vec<IpNet>,
    /// Further root certificates (PEM) for applications behind a private CA
    #[arg(
        long,
        env = "TENON_EXTRA_CA_FILE",
        global = true,
        value_name = "FILE",
        help_heading = "Installation"
    )]
    extra_ca_file: Option<PathBuf>,
}

impl Global {
    /// The configuration of a process that does not listen.
    pub(crate) fn config(&self) -> ServeConfig {
        ServeConfig {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            data_dir: self.data_dir.clone(),
            key_file: self.key_file.clone(),
            connectors: self.connectors.clone(),
            public_url: None,
            dangerously_allow_private_networks: self.dangerously_allow_private_networks.clone(),
            mirror_status: false,
            caps: Caps::default(),
            rate: None,
            files: FileLimits::default(),
            connections: Connections::default(),
            extra_ca_file: self.extra_ca_file.clone(),
            environment: Environment::from_variables(secrets::variable),
        }
    }
}

/// Which world a command is about.
#[derive(Debug, Clone, Args)]
pub(crate) struct World {
    /// Which of the two worlds
    #[arg(long, value_enum, default_value_t = WorldName::Test)]
    pub(crate) environment: WorldName,
    /// The organization's id [default: the first one]
    #[arg(long, value_name = "ID")]
    pub(crate) organization: Option<String>,
}

/// The two worlds of an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum WorldName {
    /// For trying things out.
    Test,
    /// For real.
    Production,
}

impl WorldName {
    /// The word on the wire.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Production => "production",
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the gateway
    Serve(serve::ServeArgs),
    /// Run the gateway and show one action in the sandbox
    Demo(demo::DemoArgs),
    /// Keys for your backend
    #[command(subcommand)]
    ApiKey(api_key::ApiKeyCommand),
    /// The tenants of this installation
    #[command(subcommand)]
    Organization(organization::OrganizationCommand),
    /// What is decided about one of the two worlds
    #[command(subcommand)]
    Environment(environment::EnvironmentCommand),
    /// Which applications your customers may use
    #[command(subcommand)]
    Application(application::ApplicationCommand),
    /// The OAuth clients that you registered at applications
    #[command(subcommand)]
    OauthClient(oauth_client::OauthClientCommand),
    /// Your customers
    #[command(subcommand)]
    LinkedAccount(linked_account::LinkedAccountCommand),
    /// What customers have connected
    #[command(subcommand)]
    Connection(connection::ConnectionCommand),
    /// Endpoints of yours that are told what happens to connections
    #[command(subcommand)]
    Webhook(webhook::WebhookCommand),
    /// Run an action
    Execute(execute::ExecuteArgs),
    /// What was run
    #[command(subcommand)]
    Executions(executions::ExecutionsCommand),
    /// Who managed what
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// The keys that seal everything
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Whether the record of what was run is as Tenon wrote it
    #[command(subcommand)]
    Journal(journal::JournalCommand),
    /// The emulated applications
    #[command(subcommand)]
    Sandbox(sandbox::SandboxCommand),
    /// What Tenon knows of applications
    #[command(subcommand)]
    Connector(connector::ConnectorCommand),
    /// Copy the database into a new file, while it is in use
    Backup(backup::CopyArgs),
    /// Put a copy back where there is no database
    Restore(backup::CopyArgs),
    /// Bring the database to this program's schema; a start does so by itself
    Migrate(backup::MigrateArgs),
    /// Look for what is wrong with this installation
    Doctor,
    /// Print the API's OpenAPI 3.1 document, or that of an application's actions
    Openapi {
        /// The slug of an application
        application: Option<String>,
    },
    /// Print what this binary was built from, as a CycloneDX bill of materials
    Sbom,
}

impl Command {
    /// Whether the process serves: its logs are then an operator's.
    pub(crate) fn serves(&self) -> bool {
        matches!(self, Self::Serve(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_arguments_fit_together() {
        Arguments::command().debug_assert();
    }
}
