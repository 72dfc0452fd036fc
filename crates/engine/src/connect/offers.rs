//! What a visitor may connect, and what has to be asked for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};
use tenon_connector::document::{AuthKind, FactDoc, FieldDoc};
use tenon_connector::grant::{ACCESS_TOKEN, REFRESH_TOKEN, TOKEN_SECRET};
use tenon_connector::{Connector, FieldError, Way};
use tenon_vault::digest;

use super::{Stopped, Visit};
use crate::Engine;
use crate::error::{Code, Error, Outcomes};
use crate::model::{ConnectFault, OauthClient};
use crate::oauth::{asked_scopes, needs_client};

/// A way to authenticate that a visitor may take.
#[derive(Debug, Clone)]
pub struct WayOffer {
    /// Its name in the connector.
    pub name: String,
    /// What it asks of a person.
    pub asks: Asks,
}

/// What a way asks of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asks {
    /// Consent at the application, to these scopes.
    Consent(Vec<String>),
    /// The fields of a form.
    Form,
}

impl Engine {
    /// The ways in which a visitor may connect an application.
    ///
    /// # Errors
    /// Where the link does not cover it, or nothing of it is set up.
    pub async fn offers(
        &self,
        visit: &Visit,
        slug: &str,
    ) -> Result<(Arc<Connector>, Vec<WayOffer>), Stopped> {
        let connector = self.registry.connector(slug);
        let connector = connector.map_err(|_unknown| ConnectFault::NotOffered)?;
        let tenant = &visit.link.tenant;
        if !visit.covers(slug) || self.check_offered(tenant, slug).await.is_err() {
            return Err(ConnectFault::NotOffered.into());
        }
        let mut offers = Vec::new();
        for (name, way) in &connector.ways {
            if !visit.wants(&connector, name) {
                continue;
            }
            let client = self.store.oauth_client(tenant, slug, name).await?;
            offers.extend(offer(name, way, client.as_ref()));
        }
        match offers.is_empty() {
            true => Err(ConnectFault::NoClient.into()),
            false => Ok((connector, offers)),
        }
    }
}

impl Engine {
    /// The applications that a visitor may connect, in the order of their names.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn offered(&self, visit: &Visit) -> Outcomes<Vec<Arc<Connector>>> {
        let tenant = &visit.link.tenant;
        let settings = self.application_settings(tenant).await?;
        let clients = self.store.oauth_clients(tenant).await?;
        let client_of = |slug: &str, name: &str| {
            let own = |one: &&OauthClient| one.slug == slug && one.auth == name;
            clients.iter().find(own)
        };
        let offered = |connector: &&Arc<Connector>| {
            let slug = &connector.slug;
            let enabled = settings.get(slug).is_none_or(|decided| decided.enabled);
            let mut ways = connector.ways.iter();
            enabled
                && visit.covers(slug)
                && ways.any(|(name, way)| offer(name, way, client_of(slug, name)).is_some())
        };
        let snapshot = self.registry.snapshot();
        let mut found: Vec<_> = snapshot.connectors().filter(offered).cloned().collect();
        found.sort_by_key(|connector| connector.name.to_lowercase());
        Ok(found)
    }
}

impl Visit {
    /// Whether the link is for this application.
    pub fn covers(&self, slug: &str) -> bool {
        let only = self.link.slug.as_ref().is_none_or(|own| own == slug);
        let apps = self.link.wish.scopes.apps.as_ref();
        only && apps.is_none_or(|apps| apps.iter().any(|app| app == slug))
    }

    /// Whether the link leaves this way to choose.
    fn wants(&self, connector: &Connector, name: &str) -> bool {
        let wish = self.link.wish.auth.as_ref();
        let wished = |auth: &String| {
            let kind = connector.ways.get(name).map(|way| way.kind().as_str());
            auth == name || (!connector.ways.contains_key(auth) && kind == Some(auth.as_str()))
        };
        wish.is_none_or(wished)
    }
}

/// A way without a grant whose tokens nobody types is not for people: such tokens are imported.
fn offer(name: &str, way: &Way, client: Option<&OauthClient>) -> Option<WayOffer> {
    let asks = match &way.grant {
        Some(grant) if grant.flow().needs_browser() => {
            Asks::Consent(asked_scopes(way, Some(&client?.scopes)))
        }
        Some(_mints) if client.is_none() && needs_client(way) => return None,
        Some(_mints) => Asks::Form,
        None if way.kind() == AuthKind::Oauth2 => return None,
        None => Asks::Form,
    };
    Some(WayOffer {
        name: name.to_owned(),
        asks,
    })
}

/// The facts that a person is asked for: all but those that the application tells with its tokens.
pub fn asked_facts<'a>(
    connector: &'a Connector,
    way: &'a Way,
) -> impl Iterator<Item = (&'a String, &'a FactDoc)> {
    let brought = |name: &str| way.grant.as_ref().is_some_and(|grant| grant.brings(name));
    let facts = connector.facts.iter();
    facts.filter(move |(name, _)| !brought(name))
}

/// The fields that a person types: all but those that the application tells with its tokens.
pub fn asked_fields(way: &Way) -> impl Iterator<Item = (&String, &FieldDoc)> {
    let grant = way.grant.as_ref();
    let told = move |name: &str| {
        let tokens = [ACCESS_TOKEN, REFRESH_TOKEN, TOKEN_SECRET];
        grant.is_some_and(|grant| {
            tokens.contains(&name) || grant.doc.answer.fields.contains_key(name)
        })
    };
    let fields = way.doc.fields.iter();
    fields.filter(move |(name, _)| !told(name))
}

/// Facts that are given before anybody is asked. Those that are missing can still be asked for.
pub(super) fn known_facts(
    connector: &Connector,
    given: &Map<String, Value>,
) -> Outcomes<BTreeMap<String, String>> {
    let (facts, mut errors) = texts(given);
    let wrong = connector.check_facts(&facts).err().unwrap_or_default();
    errors.extend(wrong.into_iter().filter(|error| error.code != "required"));
    match errors.is_empty() {
        true => Ok(facts),
        false => Err(Error::validation(errors)),
    }
}

/// The facts with which a person is sent to the application: what was known, and what was typed over it.
pub(super) fn consent_facts(
    known: &BTreeMap<String, String>,
    given: &Map<String, Value>,
) -> Outcomes<BTreeMap<String, String>> {
    let (typed, errors) = texts(given);
    match errors.is_empty() {
        true => Ok(known.clone().into_iter().chain(typed).collect()),
        false => Err(Error::validation(errors)),
    }
}

/// The texts that are not empty: an empty input of a form says nothing.
fn texts(given: &Map<String, Value>) -> (BTreeMap<String, String>, Vec<FieldError>) {
    let (mut texts, mut errors) = (BTreeMap::new(), Vec::new());
    for (name, value) in given {
        match value {
            Value::String(text) if text.trim().is_empty() => {}
            Value::String(text) => {
                texts.insert(name.clone(), text.trim().to_owned());
            }
            Value::Number(number) => {
                texts.insert(name.clone(), number.to_string());
            }
            _ => {
                let message = format!("'{name}' must be a text");
                errors.push(FieldError::new(name, "type", message));
            }
        }
    }
    (texts, errors)
}

/// What an attempt relies on: the connector's way, the hosts behind it, and the tenant's client. Where any of them is
/// another when the browser comes back, the attempt ends.
pub(super) fn ground(
    connector: &Connector,
    name: &str,
    client: Option<&OauthClient>,
) -> Outcomes<String> {
    let (_, way) = connector
        .way(name)
        .ok_or_else(|| Error::of(Code::ApplicationNotFound))?;
    let hosts = connector.host_set(&connector.example_facts())?.canonical();
    let client = client.map(|client| (client.client_id.as_str(), client.version));
    let ground = serde_json::json!([
        connector.slug,
        name,
        way.doc,
        connector.facts,
        hosts,
        client
    ]);
    Ok(digest::hex(&digest::sha256(&[ground
        .to_string()
        .as_bytes()])))
}
