//! From documents to a [`Connector`]: every check that can be made before a request is.

mod action;
mod auth;
mod grant;
mod sources;

pub(crate) use self::action::action;

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use crate::action::Action;
use crate::actions::Actions;
use crate::answer::{ErrorRule, answer_names};
use crate::bundle::{Bundle, CONNECTOR_FILE};
use crate::connector::{Connector, HTTP_REQUEST, Identity};
use crate::document::{ConnectorDoc, Effect};
use crate::grant::Grant;
use crate::hosts::HostPattern;
use crate::page::Paging;
use crate::problem::{Fault, Problem};
use crate::rate::Window;
use crate::request::Request;
use crate::template::Text;
use crate::yaml;

const HTTP_REQUEST_DOC: &str = include_str!("httprequest.yaml");

/// Compiles a bundle. Where `connector.yaml` is broken, action files are only read: what they refer to is not known.
pub(crate) fn connector(bundle: &Bundle) -> Result<Connector, Vec<Problem>> {
    let mut problems = Vec::new();
    check_slug(&bundle.slug, &mut problems);
    match identity_file(bundle) {
        Ok((connector, schemas)) => with_actions(connector, schemas, bundle, problems),
        Err(problem) => {
            problems.push(problem);
            problems.extend(action::unreadable(bundle));
            Err(problems)
        }
    }
}

/// Reads `connector.yaml`, and leaves the actions to be compiled when they are asked for.
pub(crate) fn opened(bundle: &Arc<Bundle>) -> Result<Connector, Vec<Problem>> {
    let mut problems = Vec::new();
    check_slug(&bundle.slug, &mut problems);
    let identity = identity_file(bundle).map_err(|problem| problems.push(problem));
    let Ok((mut connector, schemas)) = identity else {
        return Err(problems);
    };
    let context = Context::of(&connector, schemas);
    let request = action(HTTP_REQUEST, HTTP_REQUEST, HTTP_REQUEST_DOC, &context);
    let request = request.map_err(|problem| vec![problem])?;
    connector.actions = Actions::unread(Arc::clone(bundle), context, request);
    connector.aliases = aliases(bundle, &connector.actions);
    match problems.is_empty() {
        true => Ok(connector),
        false => Err(problems),
    }
}

/// Earlier ids: as a rule on one line, where they are read without compiling the action.
fn aliases(bundle: &Bundle, actions: &Actions) -> HashMap<String, String> {
    let mut aliases = HashMap::new();
    for (id, _, text) in bundle.actions() {
        let line = text.lines().find_map(|line| line.strip_prefix("aliases:"));
        let Some(line) = line else {
            continue;
        };
        let listed = line.trim().strip_prefix('[');
        let listed = listed.and_then(|rest| rest.strip_suffix(']'));
        let names: Vec<String> = match listed.filter(|names| !names.contains(['"', '\'', '#'])) {
            Some(names) => names
                .split(',')
                .map(|name| name.trim().to_owned())
                .collect(),
            None => actions
                .get(id)
                .map(|action| action.aliases.clone())
                .unwrap_or_default(),
        };
        aliases.extend(names.into_iter().map(|name| (name, id.to_owned())));
    }
    aliases
}

fn with_actions(
    mut connector: Connector,
    schemas: IndexMap<String, Value>,
    bundle: &Bundle,
    mut problems: Vec<Problem>,
) -> Result<Connector, Vec<Problem>> {
    let context = Context::of(&connector, schemas);
    let mut actions = action::actions(bundle, &context, &mut problems);
    actions.extend(
        action(HTTP_REQUEST, HTTP_REQUEST, HTTP_REQUEST_DOC, &context)
            .map_err(|problem| problems.push(problem)),
    );
    install(&mut connector, actions, &mut problems);
    if problems.is_empty() {
        Ok(connector)
    } else {
        Err(problems)
    }
}

/// What actions need to know of their connector while they are compiled.
pub(crate) struct Context {
    facts: Vec<String>,
    schemas: IndexMap<String, Value>,
    paging: Option<Arc<Paging>>,
}

impl Context {
    fn of(connector: &Connector, schemas: IndexMap<String, Value>) -> Self {
        Self {
            facts: connector.facts.keys().cloned().collect(),
            schemas,
            paging: connector.paging.clone(),
        }
    }
}

fn check_slug(slug: &str, problems: &mut Vec<Problem>) {
    if !is_id(slug) {
        let message = format!(
            "the folder `{slug}` cannot be a slug: use lower-case letters, digits, `_` and `-`, at most 64"
        );
        problems.push(Problem::of_file(CONNECTOR_FILE, message));
    }
}

fn is_id(text: &str) -> bool {
    let plain = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'-'
    };
    (1..=64).contains(&text.len()) && text.bytes().all(plain)
}

fn identity_file(bundle: &Bundle) -> Result<(Connector, IndexMap<String, Value>), Problem> {
    let missing = || Problem::of_file(CONNECTOR_FILE, "the file is missing");
    let text = bundle.files.get(CONNECTOR_FILE).ok_or_else(missing)?;
    let doc: ConnectorDoc = yaml::read(CONNECTOR_FILE, text)?;
    let schemas = doc.schemas.clone();
    let connector =
        from_doc(&bundle.slug, doc).map_err(|fault| yaml::locate(CONNECTOR_FILE, text, fault))?;
    Ok((connector, schemas))
}

fn from_doc(slug: &str, doc: ConnectorDoc) -> Result<Connector, Fault> {
    let names: Vec<String> = doc.connection.keys().cloned().collect();
    let known = |name: &str| name == "connection";
    let base = Text::compile(&doc.base_url, &known)
        .and_then(|base| check_members(base, &names))
        .map_err(|fault| fault.under("base_url"))?;
    let ways = auth::ways(&doc.auth, &|text| check_members(text, &names))?;
    let grants = ways.values().filter_map(|way| way.grant.as_deref());
    let addresses = grants.flat_map(Grant::addresses).chain([&base]);
    let fact_hosts = fact_hosts(&doc, &addresses.collect::<Vec<_>>())?;
    let identity = doc.identity.as_ref().map(|identity| {
        let request =
            Request::compile(&identity.request, &known).map_err(|fault| fault.under("request"))?;
        let identifier = Text::compile(&identity.identifier, &answer_names)
            .map_err(|fault| fault.under("identifier"))?;
        let name = identity
            .name
            .as_ref()
            .map(|name| Text::compile(name, &answer_names));
        let name = name.transpose().map_err(|fault| fault.under("name"))?;
        Ok(Identity {
            request,
            identifier,
            name,
        })
    });
    let rules = doc.errors.iter().enumerate().map(|(index, rule)| {
        ErrorRule::compile(rule).map_err(|fault| fault.under(index.to_string()).under("errors"))
    });
    let windows = doc.rate.iter().enumerate().map(|(index, window)| {
        Window::compile(window).map_err(|fault| fault.under(index.to_string()).under("rate"))
    });
    Ok(Connector {
        slug: slug.to_owned(),
        ways,
        identity: identity
            .transpose()
            .map_err(|fault: Fault| fault.under("identity"))?,
        errors: rules.collect::<Result<_, _>>()?,
        rate: windows.collect::<Result<_, _>>()?,
        paging: doc
            .paging
            .as_ref()
            .map(|paging| Paging::compile(paging).map(Arc::new))
            .transpose()
            .map_err(|fault| fault.under("paging"))?,
        hosts: hosts(&doc.hosts).map_err(|fault| fault.under("hosts"))?,
        fact_hosts,
        base,
        name: doc.name,
        description: doc.description,
        icon: doc.icon,
        tags: doc.tags,
        version: doc.version,
        facts: doc.connection,
        headers: doc.headers,
        sandbox: doc.sandbox.unwrap_or_default(),
        actions: Actions::default(),
        aliases: HashMap::new(),
    })
}

fn check_members(text: Text, facts: &[String]) -> Result<Text, Fault> {
    let unknown = text
        .exprs()
        .filter(|expr| expr.root() == Some("connection"))
        .find_map(|expr| {
            expr.member()
                .filter(|member| !facts.iter().any(|fact| fact == member))
                .map(str::to_owned)
        });
    match unknown {
        Some(name) => Err(Fault::here(format!(
            "`connection.{name}` is not declared under `connection`"
        ))),
        None => Ok(text),
    }
}

fn hosts(patterns: &[String]) -> Result<Vec<HostPattern>, Fault> {
    let parse = |(index, text): (usize, &String)| {
        HostPattern::parse(text).map_err(|message| Fault::here(message).under(index.to_string()))
    };
    patterns.iter().enumerate().map(parse).collect()
}

/// The host patterns of facts; a fact that makes part of the address must have some, or a caller could send the credential anywhere.
fn fact_hosts(
    doc: &ConnectorDoc,
    addresses: &[&Text],
) -> Result<HashMap<String, Vec<HostPattern>>, Fault> {
    let mut found = HashMap::new();
    for (name, fact) in &doc.connection {
        let under = |fault: Fault| fault.under("hosts").under(name).under("connection");
        let used = addresses.iter().flat_map(|text| text.exprs()).any(|expr| {
            expr.mentions("connection") && expr.member().is_none_or(|member| member == name)
        });
        let bounded = !fact.hosts.is_empty() || fact.subdomain || !fact.choices.is_empty();
        if used && !bounded {
            return Err(under(Fault::here(
                "a fact that `base_url` or a grant's address uses must say which `hosts` it may name, or be a `subdomain` or one of `choices`",
            )));
        }
        if !fact.hosts.is_empty() {
            found.insert(name.clone(), hosts(&fact.hosts).map_err(under)?);
        }
    }
    Ok(found)
}

fn install(connector: &mut Connector, actions: Vec<Action>, problems: &mut Vec<Problem>) {
    for action in &actions {
        for alias in &action.aliases {
            if actions.iter().any(|other| other.id == *alias)
                || connector.aliases.contains_key(alias)
            {
                let message = format!("aliases: `{alias}` is another action's id or alias");
                problems.push(of_action(action, message));
            }
            connector.aliases.insert(alias.clone(), action.id.clone());
        }
        sources::check(&actions, action, problems);
        check_lookup(&actions, action, problems);
    }
    connector.actions = Actions::ready(actions);
}

/// A lookup that changed something, or asked more than once, would not be a question.
fn check_lookup(actions: &[Action], action: &Action, problems: &mut Vec<Problem>) {
    let Some(lookup) = action.lookup() else {
        return;
    };
    let message = match actions.iter().find(|other| other.id == lookup.action) {
        None => format!("lookup.action: there is no action `{}`", lookup.action),
        Some(asked) if asked.step_count() != 1 || asked.effect(&Map::new()) != Effect::Read => {
            format!(
                "lookup.action: `{}` must read, by one request",
                lookup.action
            )
        }
        Some(_) => return,
    };
    problems.push(of_action(action, message));
}

fn of_action(action: &Action, message: String) -> Problem {
    Problem::of_file(format!("actions/{}.yaml", action.id), message)
}
