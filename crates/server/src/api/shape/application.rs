//! An application as one linked account sees it.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Serialize;
use tenon_connector::document::{AuthKind, Flow};
use tenon_connector::{Connector, Way};
use tenon_engine::connect::{asked_facts, asked_fields};
use tenon_engine::model::{Connection, ConnectionStatus};

/// An application, and whether the account is connected to it.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::api) struct Application {
    name: String,
    icon: String,
    description: String,
    slug: String,
    app_id: String,
    #[serde(rename = "type")]
    kind_of_slug: String,
    /// `native`
    kind: &'static str,
    tags: Vec<String>,
    version: Version,
    /// The family of the way to authenticate that is taken where nobody chooses: `oauth2` or `keybased`.
    auth_type: &'static str,
    /// How the default way's tokens are granted: `authorization_code_pkce`, `authorization_code` or `client_credentials`.
    #[serde(skip_serializing_if = "Option::is_none")]
    grant_type: Option<&'static str>,
    /// What to ask the end user for, by way to authenticate.
    auth_type_options: IndexMap<String, Vec<InputField>>,
    /// The same for the first way that is `keybased`.
    auth_input_map: Vec<InputField>,
    connected: bool,
    connected_accounts: Vec<ConnectedAccount>,
    /// Whether every connection has to be authorized again.
    reauth_required: bool,
}

/// The version of the connector.
#[derive(Debug, Serialize, JsonSchema)]
struct Version {
    #[serde(rename = "_v")]
    number: u32,
    description: &'static str,
}

/// One input of a form.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct InputField {
    name: String,
    label: String,
    placeholder: String,
    required: bool,
    /// `password` for secrets, `select` where there are choices, else `text`.
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    help_text: Option<String>,
    /// What a `select` offers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    options: Vec<InputOption>,
}

/// One choice of a `select`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
struct InputOption {
    name: String,
    value: String,
}

impl From<&String> for InputOption {
    fn from(choice: &String) -> Self {
        Self {
            name: choice.clone(),
            value: choice.clone(),
        }
    }
}

/// One connection, as SDKs read it.
#[derive(Debug, Serialize, JsonSchema)]
struct ConnectedAccount {
    /// The application's own id of the account; `NA` where it is not known.
    identifier: String,
    #[serde(rename = "connectedAt")]
    connected_at: String,
    /// `active` or `expired`
    status: &'static str,
    auth_type: String,
    connection_id: String,
    /// What a person calls the account at the application.
    #[serde(skip_serializing_if = "Option::is_none")]
    account_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    /// Whether it is meant where a call names none.
    is_default: bool,
    /// Whether its calls go to the sandbox.
    sandbox: bool,
}

impl Application {
    /// The application with those of the connections that are its own.
    pub(in crate::api) fn new(connector: &Connector, all: &[Connection]) -> Self {
        let own = all.iter().filter(|one| one.slug == connector.slug);
        let active = |one: &&Connection| one.status == ConnectionStatus::Active;
        let connected = own.clone().next().is_some();
        let options: IndexMap<_, _> = ways_by_type(connector)
            .into_iter()
            .map(|(name, way)| (name, inputs(connector, way)))
            .collect();
        let keybased = AuthKind::Keybased.as_str();
        let default = connector.default_way();
        Self {
            name: connector.name.clone(),
            icon: connector.icon.clone().unwrap_or_default(),
            description: connector.description.clone(),
            slug: connector.slug.clone(),
            app_id: connector.slug.clone(),
            kind_of_slug: connector.slug.clone(),
            kind: "native",
            tags: connector.tags.clone(),
            version: Version {
                number: connector.version,
                description: "",
            },
            auth_type: default.map_or(keybased, |(_, way)| way.kind().as_str()),
            grant_type: default.and_then(|(_, way)| grant_type(way)),
            auth_input_map: options.get(keybased).cloned().unwrap_or_default(),
            auth_type_options: options,
            connected,
            reauth_required: connected && !own.clone().any(|one| active(&one)),
            connected_accounts: own.map(|one| connected_account(connector, one)).collect(),
        }
    }
}

/// The ways to authenticate by the words that clients know: the family's where a way is its first, else the way's own.
pub(in crate::api) fn ways_by_type(connector: &Connector) -> IndexMap<String, &Way> {
    let mut ways = IndexMap::new();
    for (name, way) in &connector.ways {
        let family = way.kind().as_str();
        let key = if ways.contains_key(family) {
            name.as_str()
        } else {
            family
        };
        ways.insert(key.to_owned(), way);
    }
    ways
}

/// What a person is asked for: tokens of a grant are not, nor facts that come with them.
fn inputs(connector: &Connector, way: &Way) -> Vec<InputField> {
    let secrets = asked_fields(way).map(|(name, field)| InputField {
        name: name.clone(),
        label: field.label.clone(),
        placeholder: field.placeholder.clone().unwrap_or_default(),
        required: !field.optional,
        kind: "password",
        help_text: field.help.clone(),
        options: Vec::new(),
    });
    let facts = asked_facts(connector, way).map(|(name, fact)| InputField {
        name: name.clone(),
        label: fact.label.clone(),
        placeholder: fact.default.clone().unwrap_or_else(|| fact.example.clone()),
        required: !fact.optional && fact.default.is_none(),
        kind: if fact.choices.is_empty() {
            "text"
        } else {
            "select"
        },
        help_text: fact.help.clone(),
        options: fact.choices.iter().map(InputOption::from).collect(),
    });
    let mints = way.grant.as_ref().is_some_and(|grant| grant.flow().mints());
    let typed = mints || way.kind() == AuthKind::Keybased;
    match typed {
        true => secrets.chain(facts).collect(),
        false => facts.collect(),
    }
}

/// The word that SDKs know. A signed assertion needs no browser either.
fn grant_type(way: &Way) -> Option<&'static str> {
    let grant = way.grant.as_ref()?;
    Some(match grant.flow() {
        Flow::AuthorizationCode if grant.doc.pkce => "authorization_code_pkce",
        Flow::AuthorizationCode | Flow::Oauth1 => "authorization_code",
        Flow::ClientCredentials | Flow::JwtBearer => "client_credentials",
    })
}

fn connected_account(connector: &Connector, connection: &Connection) -> ConnectedAccount {
    let family = connector
        .way(&connection.auth)
        .map(|(_, way)| way.kind().as_str().to_owned());
    ConnectedAccount {
        identifier: connection
            .identifier
            .clone()
            .unwrap_or_else(|| "NA".to_owned()),
        connected_at: connection.connected_at.to_iso(),
        status: match connection.status {
            ConnectionStatus::Active => "active",
            ConnectionStatus::ReauthRequired | ConnectionStatus::Revoking => "expired",
        },
        auth_type: family.unwrap_or_else(|| connection.auth.clone()),
        connection_id: connection.id.to_string(),
        account_name: connection.account_name.clone(),
        is_default: connection.is_default,
        label: connection.label.clone(),
        sandbox: connection.sandbox,
    }
}
