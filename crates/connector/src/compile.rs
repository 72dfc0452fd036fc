//! From documents to a [`Connector`]: every check that can be made before a request is.

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Value, json};

use crate::answer::{ErrorRule, answer_names};
use crate::auth::{Placement, Slot, SlotPart, SlotText};
use crate::bundle::Bundle;
use crate::connector::{Action, Connector, HTTP_REQUEST, Identity, Step, Way};
use crate::document::{
    ActionDoc, AuthDoc, ConnectorDoc, OutputDoc, ParamType, RequestDoc, SendDoc,
};
use crate::expr::Expr;
use crate::hosts::HostPattern;
use crate::page::Paging;
use crate::problem::{Fault, Problem};
use crate::request::Request;
use crate::schema;
use crate::template::{Template, Text};
use crate::yaml;

const CONNECTOR_FILE: &str = "connector.yaml";
const HTTP_REQUEST_DOC: &str = include_str!("httprequest.yaml");
const MOST_STEPS: usize = 8;

/// Names that parameters cannot have: they mean something else in a request.
const RESERVED: &[&str] = &[
    "connection",
    "idempotency_key",
    "steps",
    "true",
    "false",
    "none",
];

/// Compiles a bundle.
pub(crate) fn connector(bundle: &Bundle) -> Result<Connector, Vec<Problem>> {
    let mut problems = Vec::new();
    check_slug(&bundle.slug, &mut problems);
    let compiled = identity_file(bundle)
        .map_err(|problem| problems.push(problem))
        .ok();
    let facts: Vec<String> = compiled
        .iter()
        .flat_map(|(connector, _)| connector.facts.keys().cloned())
        .collect();
    let schemas = compiled.as_ref().map(|(_, schemas)| schemas);
    let empty = IndexMap::new();
    let context = Context {
        facts: &facts,
        schemas: schemas.unwrap_or(&empty),
    };
    let mut actions = actions(bundle, &context, &mut problems);
    actions.extend(
        action(HTTP_REQUEST, HTTP_REQUEST, HTTP_REQUEST_DOC, &context)
            .map_err(|problem| problems.push(problem)),
    );
    let Some((mut connector, _)) = compiled.filter(|_| problems.is_empty()) else {
        return Err(problems);
    };
    install(&mut connector, actions, &mut problems);
    if problems.is_empty() {
        Ok(connector)
    } else {
        Err(problems)
    }
}

/// What actions need to know of their connector while they are compiled.
struct Context<'a> {
    facts: &'a [String],
    schemas: &'a IndexMap<String, Value>,
}

fn check_slug(slug: &str, problems: &mut Vec<Problem>) {
    if !is_id(slug) {
        let message = format!(
            "the folder `{slug}` cannot be a slug: use lower-case letters, digits, `_` and `-`, at most 64"
        );
        problems.push(Problem {
            file: CONNECTOR_FILE.to_owned(),
            position: None,
            message,
        });
    }
}

fn is_id(text: &str) -> bool {
    let plain = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'-'
    };
    (1..=64).contains(&text.len()) && text.bytes().all(plain)
}

fn identity_file(bundle: &Bundle) -> Result<(Connector, IndexMap<String, Value>), Problem> {
    let missing = || Problem {
        file: CONNECTOR_FILE.to_owned(),
        position: None,
        message: "the file is missing".to_owned(),
    };
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
    let fact_hosts = fact_hosts(&doc, &base)?;
    let identity = doc.identity.as_ref().map(|identity| {
        let request =
            Request::compile(&identity.request, &known).map_err(|fault| fault.under("request"))?;
        let identifier = Text::compile(&identity.identifier, &answer_names)
            .map_err(|fault| fault.under("identifier"))?;
        Ok(Identity {
            request,
            identifier,
        })
    });
    let rules = doc.errors.iter().enumerate().map(|(index, rule)| {
        ErrorRule::compile(rule).map_err(|fault| fault.under(index.to_string()).under("errors"))
    });
    Ok(Connector {
        slug: slug.to_owned(),
        ways: ways(&doc.auth)?,
        identity: identity
            .transpose()
            .map_err(|fault: Fault| fault.under("identity"))?,
        errors: rules.collect::<Result<_, _>>()?,
        paging: doc
            .paging
            .as_ref()
            .map(Paging::compile)
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
        actions: IndexMap::new(),
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
fn fact_hosts(doc: &ConnectorDoc, base: &Text) -> Result<HashMap<String, Vec<HostPattern>>, Fault> {
    let mut found = HashMap::new();
    for (name, fact) in &doc.connection {
        let under = |fault: Fault| fault.under("hosts").under(name).under("connection");
        let used = base.exprs().any(|expr| {
            expr.mentions("connection") && expr.member().is_none_or(|member| member == name)
        });
        if used && fact.hosts.is_empty() {
            return Err(under(Fault::here(
                "a fact that `base_url` uses must say which `hosts` it may name",
            )));
        }
        if !fact.hosts.is_empty() {
            found.insert(name.clone(), hosts(&fact.hosts).map_err(under)?);
        }
    }
    Ok(found)
}

fn ways(docs: &IndexMap<String, AuthDoc>) -> Result<IndexMap<String, Way>, Fault> {
    if docs.is_empty() {
        return Err(Fault::here("name at least one way to authenticate").under("auth"));
    }
    let compile = |(name, doc): (&String, &AuthDoc)| {
        let slots =
            slots(&doc.send, doc).map_err(|fault| fault.under("send").under(name).under("auth"))?;
        let placement = Placement {
            name: name.clone(),
            kind: doc.kind,
            slots,
        };
        Ok((
            name.clone(),
            Way {
                doc: doc.clone(),
                placement: Arc::new(placement),
            },
        ))
    };
    docs.iter().map(compile).collect()
}

fn slots(send: &SendDoc, doc: &AuthDoc) -> Result<Vec<Slot>, Fault> {
    let text = |key: &str, source: &str| slot_text(source, doc).map_err(|fault| fault.under(key));
    let mut slots = Vec::new();
    if let Some(bearer) = &send.bearer {
        slots.push(Slot::Bearer(text("bearer", bearer)?));
    }
    if let Some(basic) = &send.basic {
        slots.push(Slot::Basic {
            username: text("basic", &basic.username)?,
            password: text("basic", &basic.password)?,
        });
    }
    for (name, source) in &send.headers {
        slots.push(Slot::Header(
            name.to_ascii_lowercase(),
            text("headers", source)?,
        ));
    }
    for (name, source) in &send.query {
        slots.push(Slot::Query(name.clone(), text("query", source)?));
    }
    Ok(slots)
}

/// Slots are filled by plain substitution: what touches secrets must not be a language.
fn slot_text(source: &str, doc: &AuthDoc) -> Result<SlotText, Fault> {
    let mut parts = Vec::new();
    let mut rest = source;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, behind) = after
            .split_once("}}")
            .ok_or_else(|| Fault::here("`{{` without `}}`"))?;
        let name = name.trim();
        if !doc.fields.contains_key(name) {
            return Err(Fault::here(format!(
                "`{name}` is not a field of this credential; expressions cannot stand here"
            )));
        }
        parts.extend((!before.is_empty()).then(|| SlotPart::Literal(before.to_owned())));
        parts.push(SlotPart::Field(name.to_owned()));
        rest = behind;
    }
    parts.extend((!rest.is_empty()).then(|| SlotPart::Literal(rest.to_owned())));
    Ok(SlotText(parts))
}

fn actions(bundle: &Bundle, context: &Context<'_>, problems: &mut Vec<Problem>) -> Vec<Action> {
    let compile = |(id, file, text)| {
        action(id, file, text, context)
            .map_err(|problem| problems.push(problem))
            .ok()
    };
    bundle.actions().filter_map(compile).collect()
}

fn action(id: &str, file: &str, text: &str, context: &Context<'_>) -> Result<Action, Problem> {
    let doc: ActionDoc = yaml::read(file, text)?;
    action_from_doc(id, doc, context).map_err(|fault| yaml::locate(file, text, fault))
}

fn action_from_doc(id: &str, doc: ActionDoc, context: &Context<'_>) -> Result<Action, Fault> {
    check_ids(id, &doc)?;
    let input_schema = schema::of_params(&doc.params);
    let validator =
        schema::validator(&input_schema).map_err(|message| Fault::here(message).under("params"))?;
    let known = |name: &str| {
        doc.params.contains_key(name)
            || name == "connection"
            || name == "idempotency_key"
            || name == "steps"
    };
    let steps = steps(&doc, &known, context)?;
    let seen = |name: &str| known(name) || answer_names(name);
    let result = doc
        .result
        .as_ref()
        .map(|result| Template::compile(result, &seen))
        .transpose();
    Ok(Action {
        id: id.to_owned(),
        input_schema,
        validator,
        steps,
        result: result.map_err(|fault| fault.under("result"))?,
        output_schema: output(doc.output.as_ref(), context)
            .map_err(|fault| fault.under("output"))?,
        name: doc.name,
        description: doc.description,
        aliases: doc.aliases,
        scopes: doc.scopes,
        params: doc.params,
        examples: doc.examples,
        effect: doc.effect,
        idempotent: doc.idempotent,
        paged: doc.paged,
    })
}

fn check_ids(id: &str, doc: &ActionDoc) -> Result<(), Fault> {
    if !id
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        || id.is_empty()
        || id.len() > 128
    {
        return Err(Fault::here(format!(
            "the file name `{id}` cannot be an action's id: use letters, digits and `_`"
        )));
    }
    for (name, param) in &doc.params {
        let under = |message: String| Fault::here(message).under(name).under("params");
        if RESERVED.contains(&name.as_str()) {
            return Err(under(format!("`{name}` is a reserved name")));
        }
        if param.items.is_some() && param.kind != Some(ParamType::Array) {
            return Err(under("`items` goes with `type: array`".to_owned()));
        }
    }
    Ok(())
}

fn steps(
    doc: &ActionDoc,
    known: &dyn Fn(&str) -> bool,
    context: &Context<'_>,
) -> Result<Vec<Step>, Fault> {
    match (&doc.request, doc.steps.as_slice()) {
        (Some(request), []) => {
            let request = request_with_facts(request, known, context)
                .map_err(|fault| fault.under("request"))?;
            Ok(vec![Step {
                name: "request".to_owned(),
                when: None,
                effect: None,
                request,
            }])
        }
        (None, docs @ [_, ..]) if docs.len() <= MOST_STEPS => docs
            .iter()
            .enumerate()
            .map(|(index, step)| {
                let under = |fault: Fault| fault.under(index.to_string()).under("steps");
                let request = request_with_facts(&step.request, known, context)
                    .map_err(|fault| under(fault.under("request")))?;
                let when = step
                    .when
                    .as_ref()
                    .map(|when| Expr::compile(when, known))
                    .transpose();
                let when = when.map_err(|fault| under(fault.under("when")))?;
                Ok(Step {
                    name: step.name.clone(),
                    when,
                    effect: step.effect,
                    request,
                })
            })
            .collect(),
        (None, [_, ..]) => Err(Fault::here(format!("at most {MOST_STEPS} steps")).under("steps")),
        _ => Err(Fault::here("an action needs either `request` or `steps`")),
    }
}

/// Facts are few and written by the same author: a misspelt one would silently leave its key out.
fn request_with_facts(
    doc: &RequestDoc,
    known: &dyn Fn(&str) -> bool,
    context: &Context<'_>,
) -> Result<Request, Fault> {
    let request = Request::compile(doc, known)?;
    let misspelt = request
        .exprs()
        .into_iter()
        .filter(|expr| expr.root() == Some("connection"))
        .find_map(|expr| {
            expr.member()
                .filter(|member| !context.facts.iter().any(|fact| fact == member))
        });
    match misspelt {
        Some(name) => Err(Fault::here(format!(
            "`connection.{name}` is not declared under `connection` in {CONNECTOR_FILE}"
        ))),
        None => Ok(request),
    }
}

fn output(doc: Option<&OutputDoc>, context: &Context<'_>) -> Result<Option<Value>, Fault> {
    let schema = match doc {
        None => return Ok(None),
        Some(OutputDoc::Object(name)) => context.schemas.get(name).cloned().ok_or_else(|| {
            Fault::here(format!(
                "`{name}` is not declared under `schemas` in {CONNECTOR_FILE}"
            ))
        })?,
        Some(OutputDoc::Schema(schema)) => schema.clone(),
        Some(OutputDoc::Nothing(_)) => json!({"type": "null"}),
    };
    let schema = with_definitions(schema, context.schemas);
    schema::validator(&schema).map_err(Fault::here)?;
    Ok(Some(schema))
}

/// Schemas may refer to each other as `#/$defs/name`.
fn with_definitions(mut schema: Value, schemas: &IndexMap<String, Value>) -> Value {
    if schema.to_string().contains("#/$defs/")
        && let Some(map) = schema.as_object_mut()
    {
        map.insert("$defs".to_owned(), json!(schemas));
    }
    schema
}

fn install(connector: &mut Connector, actions: Vec<Action>, problems: &mut Vec<Problem>) {
    for action in &actions {
        for alias in &action.aliases {
            if actions.iter().any(|other| other.id == *alias)
                || connector.aliases.contains_key(alias)
            {
                let message = format!("aliases: `{alias}` is another action's id or alias");
                problems.push(Problem {
                    file: format!("actions/{}.yaml", action.id),
                    position: None,
                    message,
                });
            }
            connector.aliases.insert(alias.clone(), action.id.clone());
        }
        if action.paged {
            check_paged(connector, action, problems);
        }
        check_options(&actions, action, problems);
    }
    connector.actions = actions
        .into_iter()
        .map(|action| (action.id.clone(), Arc::new(action)))
        .collect();
    connector.actions.sort_keys();
}

fn check_paged(connector: &Connector, action: &Action, problems: &mut Vec<Problem>) {
    let param = connector.paging.as_ref().map(Paging::param);
    if param.is_none_or(|param| !action.params.contains_key(param)) {
        let wanted = param.unwrap_or("(the connector has no `paging`)");
        let message = format!("paged: the list cannot go on without the parameter `{wanted}`");
        problems.push(Problem {
            file: format!("actions/{}.yaml", action.id),
            position: None,
            message,
        });
    }
}

fn check_options(actions: &[Action], action: &Action, problems: &mut Vec<Problem>) {
    for (name, param) in &action.params {
        if let Some(source) = &param.options
            && !actions.iter().any(|other| other.id == *source)
        {
            let message = format!("params.{name}.options: there is no action `{source}`");
            problems.push(Problem {
                file: format!("actions/{}.yaml", action.id),
                position: None,
                message,
            });
        }
    }
}
